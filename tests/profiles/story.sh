# The whole way of one application (test.sh): old version at work, survey, packages, decisions, backup, clone, rehearsal
# with the way back, gate, cutover, checks; back, checks, and everything is as it was.

say "$product $old -> $new: the old version, people's data, the customer's changes"
old_tree=$(get_old)
new_tree=$(get_new)
cp -a "$old_tree" "$place/vendor/old"
cp -a "$old_tree" "$root"
configure "$root" "$port"
customise "$root"
project_file
environment_file production production "$root" "$port"
environment_file test clone "$clone" "$clone_port"
ferry profile check "$profile"
ferry project create project.yaml
ferry environment add production.yaml
ferry environment add test.yaml
ferry baseline make vendor/old --output vendor/old.mtree
ferry service start production
fill "$url"
ferry service stop production
cp -a "$root" "$place/by-hand"
ferry service start production
is_old "$url"

say "survey, package, decisions"
timed "survey" ferry survey run production --as admin
json survey show production >survey.json
check "version found" "$old" "$(jq -r .version survey.json)"
survey_says survey.json
ferry key new --output vendor-key
ferry key add vendor-key.pub --holder vendor --as pm
first_delivery
ferry recipe compose --as engineer || [ $? -eq 8 ]
decide
timed "comparing three ways, composing" ferry recipe compose --as engineer

say "backup, clone behind its fence, rehearsal with the way back in between"
timed "backup" ferry backup create production --as admin
timed "backup restored and compared" ferry backup verify --as admin
timed "clone" ferry clone create test --as admin
after_the_clone
timed "rehearsal, back, rehearsal again" ferry rehearsal start test --drill --as engineer
for issue in $(json issue list | jq -r '.[] | select(.open) | .id'); do ferry issue close "$issue" --as pm; done
ferry acceptance sign users --comment accepted --as users

say "cutover of production"
ferry plan make production --as engineer
ferry plan approve production --yes --as approver
ferry gate show
old_files=$(tree "$root" "${moving[@]}")
old_state=$(state "$url")
timed "staging, users at work" ferry cutover prepare production --as deployer
timed "cutover, users out" ferry cutover start production --yes --as deployer
check "users while it waits for the opening" 503 "$(curl -s -o /dev/null -w '%{http_code}' "$url/")"
new_files=$(tree "$root" "${moving[@]}")
[ "$new_files" != "$old_files" ] || fail "nothing was changed"
kept_by_the_customer "$root"

say "back before the opening: nothing is lost"
timed "way back" ferry run rollback production --yes --as deployer
is_old "$url"
check "people's data after the way back" "$old_state" "$(state "$url")"
check "files after the way back" "" "$(diff <(echo "$old_files") <(tree "$root" "${moving[@]}") | head -20)"
ferry check run production "${repeatable[@]/#/--only=}" --as admin

say "once more, opened this time"
ferry plan make production --as engineer
ferry plan approve production --yes --as approver
ferry cutover start production --yes --as deployer
ferry run open production --yes --as pm
is_new "$url"
check "people's data in the new version" "$old_state" "$(state "$url")"
check "the same files as the first time" "" "$(diff <(echo "$new_files") <(tree "$root" "${moving[@]}") | head -20)"
json run show production >run.json
downtime run.json
ferry run commit production --yes --as pm
ferry audit verify
ferry service stop production
further

say "by hand, as the product documents it, on a copy"
by_hand
say "$passed checks passed. $product $old -> $new, $(wc -l <"$source/profiles/$product/profile.yaml") lines of profile, $(find "$new_tree" -type f | wc -l) files"
cat "$place/figures"
