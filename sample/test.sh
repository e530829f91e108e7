#!/bin/bash
# test.sh OUT: the customer's 7.4 at work, then the upgrade to 8.0 by hand, without and with the patch.
set -euo pipefail
export LC_ALL=C.UTF-8
[ $# -eq 1 ] || { echo "usage: test.sh OUT" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for tool in curl jq sqlite3 java openssl; do command -v $tool >/dev/null || { echo "test.sh: $tool is missing" >&2; exit 1; }; done
[ -d "$1/vendor/8.0" ] || { echo "test.sh: $1 holds no build (run build.sh first)" >&2; exit 1; }
out=$(cd "$1" && pwd)
home=$(mktemp -d)
root=$home/oa db=$home/oa/data/oa.db pid='' sink='' passed=0 failed=0

cleanup() {
  for process in $pid $sink; do kill "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$home"
}
trap cleanup EXIT

check() { # NAME WANTED GOT
  if [ "$2" = "$3" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $1: wanted '$2', got '$3'"; fi
}
sql() { sqlite3 -cmd '.timeout 5000' "$db" "$1"; }
busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
wait_for() { # SECONDS COMMAND...: true as soon as the command is
  local i
  for ((i = $1 * 10; i > 0; i--)); do "${@:2}" && return 0; sleep 0.1; done
  return 1
}
answers() { curl -s -o /dev/null "$url/api/health"; }

start() {
  "$root/bin/oa.sh" >"$home/console.log" 2>&1 &
  pid=$!
  wait_for 30 answers || { cat "$home/console.log"; echo "test.sh: the server does not answer" >&2; exit 1; }
}
stop() {
  kill -TERM "$pid"
  wait "$pid" || true
  pid=''
}

# call WHO METHOD PATH [BODY]: the answer's body; the status is in $home/status
call() {
  curl -s -b "$home/$1.jar" -c "$home/$1.jar" -X "$2" -o "$home/body" -w '%{http_code}' ${4:+--data-binary "$4"} "$url$3" >"$home/status"
  cat "$home/body"
}
status() { call "$@" >/dev/null; cat "$home/status"; }
login() { status "$1" POST /api/login "{\"user\":\"$1\",\"password\":\"$2\"}"; }
login_all() {
  check "login $1 tester" 200 "$(login tester Tester#2024)"
  check "login $1 tester_manager" 200 "$(login tester_manager Manager#2024)"
  check "login $1 admin" 200 "$(login admin Admin#2024)"
}
file_leave() { # files and hands in a leave request, gives its id
  local id
  id=$(call tester POST /api/requests '{"workflow":"leave","title":"测试请假","fields":{"leave_type":"年假","start_date":"2026-01-05","end_date":"2026-01-06","days":"2"},"detail":[{"day":"2026-01-05","part":"全天","hours":"8"}]}' | jq -r .id)
  call tester POST "/api/requests/$id/attachment?name=a.txt" hello >/dev/null
  call tester POST "/api/requests/$id/submit" '{"remark":"请批"}' >/dev/null
  echo "$id"
}
approve() { call tester_manager POST "/api/requests/$1/submit" '{"remark":"同意"}' | jq -r '.node + " " + .state'; }
shape() { # the detail table of a form: number of header cells, number of cells
  call tester GET "/form.jsp?workflow=$1" >/dev/null
  sed -n '/form-detail/,/<\/table>/p' "$home/body" | tr '\n' ' ' | sed 's/<tr class="detail-row">/\n/' | { read -r head; read -r row; echo "$(grep -o '<th>' <<<"$head" | wc -l) $(grep -o '<td>' <<<"$row" | wc -l)"; }
}
linked() { call tester GET "/api/forms/purchase/linkage?field=item&value=P02" | jq -c .filled; }
run_scripts() { for script in "$1"/sql/sqlite/*.sql; do { echo "BEGIN;"; cat "$script"; echo "COMMIT;"; } | sqlite3 -bail "$db"; done; }

# --- the customer's 7.4 ---

port=$((20000 + RANDOM % 10000))
while busy "$port"; do port=$((port + 1)); done
url=http://127.0.0.1:$port
"$here/install.sh" "$out" "$root" "$port"
java -XX:TieredStopAtLevel=1 "$here/tools/Sink.java" "$home/sink.txt" &
sink=$!
wait_for 15 test -s "$home/sink.txt"
read -r _ mail_port http_port <"$home/sink.txt"
sql "UPDATE sys_setting SET value='$mail_port' WHERE name='mail.port'; UPDATE sys_setting SET value='http://127.0.0.1:$http_port/hook' WHERE name='interface.url'; UPDATE sys_setting SET value='0' WHERE name IN ('mail.enabled','interface.enabled')"

start
check "7.4 health" '"ok" "7.4.0" "ok"' "$(call x GET /api/health | jq -r '@json "\(.status) \(.version) \(.database)"')"
check "7.4 version" 7.4.0 "$(call x GET /api/version | jq -r .version)"
check "wrong password" 401 "$(login tester wrong)"
check "no session" 401 "$(status nobody GET /api/todo)"
login_all 7.4
check "bad JSON" 400 "$(status tester POST /api/requests '{"workflow":')"
check "not an administrator" 403 "$(status tester GET /api/admin/operators)"

id=$(file_leave)
check "operators of the request" tester_manager "$(call tester GET "/api/requests/$id/operators" | jq -r '.operators[].user')"
check "not the operator" 403 "$(status tester POST "/api/requests/$id/submit" '{}')"
check "to-do list" "$id" "$(call tester_manager GET /api/todo | jq -r '.requests[0].id')"
check "approve 1" "部门负责人 running" "$(approve "$id")"
check "approve 2" "人事备案 running" "$(approve "$id")"
check "approve 3" "归档 archived" "$(approve "$id")"
check "closed" 409 "$(status tester_manager POST "/api/requests/$id/submit" '{}')"
check "attachment" hello "$(curl -s -b "$home/tester.jar" "$url/download?id=$(call tester GET "/api/requests/$id" | jq '.attachments[0].id')")"
flight=$(file_leave)
back=$(file_leave)
check "reject" "发起 rejected" "$(call tester_manager POST "/api/requests/$back/reject" '{"remark":"补充"}' | jq -r '.node + " " + .state')"
check "remove own returned request" 200 "$(status tester DELETE "/api/requests/$back")"
check "its mails went with it" 0 "$(sql "SELECT count(*) FROM mail_outbox WHERE body LIKE '%request.jsp?id=$back'")"

check "mail waits while off" 0 "$(grep -c '^mail' "$home/sink.txt" || true)"
check "interface waits" waiting "$(sql "SELECT state FROM interface_outbox WHERE request_id = $id")"
sql "UPDATE sys_setting SET value='1' WHERE name IN ('mail.enabled','interface.enabled')"
check "mail is sent when on" yes "$(wait_for 20 grep -q '^mail <tester_manager@' "$home/sink.txt" && echo yes)"
check "interface is called when on" yes "$(wait_for 20 grep -q "^http .*\"id\":$id,\"workflow\":\"leave\"" "$home/sink.txt" && echo yes)"

check "fetch" 13800000202 "$(call tester GET '/api/forms/leave/fetch?field=phone' | jq -r .value)"
check "customer's fetch" "测试员 13800000202" "$(call tester GET '/api/forms/trip/fetch?field=contact' | jq -r .value)"
check "linkage" '{"unit_price":"980","supplier":"供应商P02"}' "$(linked)"
check "linkage with columns of one name" '{"cost_center_name":"成本中心3","cost_owner":"财务部"}' "$(call tester GET '/api/forms/expense/linkage?field=cost_center&value=C03' | jq -c .filled)"
check "early form's detail" "4 4" "$(shape leave)"
check "new form's detail" "3 3" "$(shape expense)"
for page in portal start todo documents meeting org org.jsp?department=5 report seal/index custom/phonebook custom/balance request.jsp?id=$id; do
  [[ $page == *.jsp* ]] || page=$page.jsp
  check "page $page" "200 0" "$(status tester GET "/$page") $(grep -c NULL "$home/body" || true)"
done
check "charset of org.jsp" GBK "$(curl -s -b "$home/tester.jar" -o /dev/null -w '%{content_type}' "$url/org.jsp" | sed 's/.*=//')"

sql "INSERT INTO sys_label VALUES ('portal.extra', 'zh', '新标签'); UPDATE portal_element SET label = 'portal.extra' WHERE code = 'links'"
check "a label by script shows NULL" 1 "$(call tester GET /portal.jsp | grep -c '<h2>NULL</h2>')"
sql "DELETE FROM sys_label WHERE code = 'portal.extra'; UPDATE portal_element SET label = 'portal.links' WHERE code = 'links'"

check "to test state" test "$(call admin POST /api/admin/workflows/6/state '{"state":"test"}' | jq -r .state)"
check "to valid state" valid "$(call admin POST /api/admin/workflows/6/state '{"state":"valid"}' | jq -r .state)"
new=$(call admin POST /api/admin/workflows/6/new-version '{}' | jq -r .id)
check "new version in use" "$new" "$(call tester GET '/api/workflows?startable=1' | jq -r '.workflows[] | select(.code == "contract") | .id')"
check "remove new version" 200 "$(status admin DELETE "/api/admin/workflows/$new")"
check "old version back" 6 "$(call tester GET '/api/workflows?startable=1' | jq -r '.workflows[] | select(.code == "contract") | .id')"
made=$(call admin POST /api/admin/workflows '{"code":"visit","name":"来访登记","fields":[{"name":"visitor","label":"来访人","required":true},{"name":"thing","label":"物品","detail":true}],"nodes":[{"name":"审批","operators":[{"kind":"manager"}]}]}' | jq -r .id)
visit=$(call tester POST /api/requests '{"workflow":"visit","fields":{"visitor":"甲"},"detail":[{"thing":"乙"}]}' | jq -r .id)
check "defined workflow runs" "审批" "$(call tester POST "/api/requests/$visit/submit" '{}' | jq -r .node)"
check "defined workflow ends" "归档 archived" "$(approve "$visit")"
check "clean up request" 200 "$(status admin DELETE "/api/requests/$visit")"
check "clean up workflow" 200 "$(status admin DELETE "/api/admin/workflows/$made")"

call admin GET /api/admin/operators >"$home/operators.7"
call admin GET /api/admin/startable >"$home/startable.7"
check "every node with every department" yes "$(jq '.items | length > 1000' "$home/operators.7" | sed 's/true/yes/')"
check "via" department_field "$(call admin GET '/api/admin/operators?node=3&department=5' | jq -r .via)"
check "department without operators" '[]' "$(call admin GET '/api/admin/operators?node=3&department=40' | jq -c .operators)"
stop
check "stopped clean" "" "$(ls "$root"/data/oa.db-wal 2>/dev/null || true)"

# --- 8.0 by hand, still without the patch ---

lay() { cp -a "$out/packages/$1/files/." "$root/"; }
cp "$root/webapp/WEB-INF/prop/oa.properties" "$home/oa.properties"
lay upgrade-8.0
lay feature-seal-8.0
while read -r gone; do rm "$root/$gone"; done <"$out/packages/upgrade-8.0/removed.txt"
rm -rf "$root"/work/*
cp "$home/oa.properties" "$root/webapp/WEB-INF/prop/oa.properties"
run_scripts "$out/packages/upgrade-8.0"
run_scripts "$out/packages/feature-seal-8.0"
check "view survives" "$(sql "SELECT count(*) FROM hrm_person WHERE status = 'active'")" "$(sql 'SELECT count(phone) FROM cus_v_phonebook')"

start
check "8.0 without its setting" "503 oa.properties: setting oa.timezone is missing" "$(status x GET /api/health) $(jq -r .problem "$home/body")"
check "8.0 without its setting serves nobody" 503 "$(status x GET /login.jsp)"
stop
check "nothing converted yet" 0 "$(sql 'SELECT count(*) FROM sys_migration')"

echo 'oa.timezone=Asia/Shanghai' >>"$root/webapp/WEB-INF/prop/oa.properties"
start
check "8.0 health" "ok 8.0.0" "$(call x GET /api/health | jq -r '.status + " " + .version')"
check "8.0 version" 8.0.0 "$(call x GET /api/version | jq -r .version)"
check "licence of 7 refused" "403 licence" "$(login tester Tester#2024) $(jq -r .code "$home/body")"
check "login page tells" 1 "$(call x GET '/login.jsp?error=licence' | grep -c 授权文件不适用于本版本)"
"$here/make-license.sh" 示例集团 8 "$root/license/oa.license"
check "licence of another name refused" 403 "$(login tester Tester#2024)"
"$here/make-license.sh" 示例集团有限公司 8 "$root/license/oa.license"
sed -i 's/^users=.*/users=9999/' "$root/license/oa.license"
check "licence changed by hand refused" 403 "$(login tester Tester#2024)"
"$here/make-license.sh" 示例集团有限公司 8 "$root/license/oa.license"
check "licence valid" true "$(call x GET /api/licence | jq .valid)"
login_all 8.0

check "converted once" 1 "$(sql "SELECT count(*) FROM sys_migration WHERE name = 'fields_to_matrix'")"
check "no operator left behind" 0 "$(sql "SELECT count(*) FROM wf_operator WHERE kind IN ('department_field', 'branch_field')")"
check "matrices" "department 40 branch 6" "$(call admin GET /api/admin/matrices | jq -r '[.matrices[] | .code, (.rows | length)] | join(" ")')"
check "values of departments" "$(sql "SELECT group_concat(replace(v, ' ', ''), ';') FROM (SELECT coalesce(finance_contact, '') AS v FROM hrm_department_defined ORDER BY department_id)")" \
  "$(sql "SELECT group_concat(v, ';') FROM (SELECT (SELECT coalesce(group_concat(person_id, ','), '') FROM (SELECT person_id FROM matrix_value v JOIN matrix_field f ON f.id = v.field_id WHERE v.row_id = r.id AND f.name = 'finance_contact' ORDER BY v.position)) AS v FROM matrix_row r JOIN matrix_info i ON i.id = r.matrix_id WHERE i.code = 'department' ORDER BY key_id)")"
call admin GET /api/admin/operators >"$home/operators.8"
call admin GET /api/admin/startable >"$home/startable.8"
check "same operators everywhere" same "$(cmp -s "$home/operators.7" "$home/operators.8" && echo same)"
check "same workflows for everybody" same "$(cmp -s "$home/startable.7" "$home/startable.8" && echo same)"
check "via matrix" matrix "$(call admin GET '/api/admin/operators?node=3&department=5' | jq -r .via)"
check "in flight 1" "部门负责人 running" "$(approve "$flight")"
check "in flight 2" "人事备案 running" "$(approve "$flight")"
check "in flight 3" "归档 archived" "$(approve "$flight")"
new=$(call admin POST /api/admin/workflows/5/new-version '{}' | jq -r .id)
check "new version keeps the matrix" matrix "$(call admin GET /api/admin/workflows | jq -r ".workflows[] | select(.id == $new) | .nodes[1].via")"
check "remove new version in 8.0" 200 "$(status admin DELETE "/api/admin/workflows/$new")"

for page in portal start todo org report seal/index; do check "8.0 page $page" "200 0" "$(status tester GET "/$page.jsp") $(grep -c NULL "$home/body" || true)"; done
check "8.0 matrix page" 200 "$(status admin GET /matrix.jsp)"
check "charset of org.jsp in 8.0" UTF-8 "$(curl -s -b "$home/tester.jar" -o /dev/null -w '%{content_type}' "$url/org.jsp" | sed 's/.*=//')"
check "vendor's stored SQL follows" 13800000202 "$(call tester GET '/api/forms/leave/fetch?field=phone' | jq -r .value)"
check "customer's stored SQL breaks" "500 form_sql" "$(status tester GET '/api/forms/trip/fetch?field=contact') $(jq -r .code "$home/body")"
check "customer's other SQL works" 200 "$(status tester GET '/api/forms/leave/fetch?field=balance')"
check "customer's page breaks" 500 "$(status tester GET /custom/phonebook.jsp)"
check "customer's jar breaks" 500 "$(status tester GET /custom/balance.jsp)"
check "early template calls what is gone" "yes 0" "$(call tester GET '/form.jsp?workflow=leave' | grep -q oaCalcDays && echo yes) $(call tester GET /js/oa.js | grep -c 'function oaCalcDays' || true)"
check "removed file" 404 "$(status tester GET /js/ie.js)"
check "the defect" '{"unit_price":"980"}' "$(linked)"
stop

# --- with the patch ---

lay patch-8.0-P1
run_scripts "$out/packages/patch-8.0-P1"
start
login_all P1
check "build of the patch" 1 "$(call x GET /api/health | jq -r .build | grep -c '^8.0.0-P1-')"
check "the defect is gone" '{"unit_price":"980","supplier":"供应商P02"}' "$(linked)"
check "not converted twice" 1 "$(sql 'SELECT count(*) FROM sys_migration')"
check "label of the patch" "1 0" "$(call tester GET '/form.jsp?workflow=purchase' | grep -c 联动字段已填充) $(grep -c NULL "$home/body" || true)"
check "page of the patch" 200 "$(status tester GET /help/%E8%A1%A5%E4%B8%81%E8%AF%B4%E6%98%8E.html)"
check "packages" "base-7.4 feature-seal-7.4 feature-seal-8.0 patch-8.0-P1 upgrade-8.0" "$(call x GET /api/version | jq -r '[.packages[].id] | sort | join(" ")')"
stop

# --- the installation moves: absolute paths are where README.md says ---

moved=$home/elsewhere/oa
mkdir "$home/elsewhere"
mv "$root" "$moved"
sqlite3 "$moved/data/oa.db" "UPDATE sys_setting SET value = replace(value, '$root', '$moved') WHERE name = 'filesystem.path';
  UPDATE form SET template_path = replace(template_path, '$root', '$moved'); UPDATE wf_attachment SET path = replace(path, '$root', '$moved')"
sed -i "s|$root|$moved|" "$moved/webapp/WEB-INF/prop/oa.properties"
root=$moved db=$moved/data/oa.db
check "no path left behind" 0 "$(sqlite3 "$db" .dump | grep -c "$home/oa/" || true)"
start
login_all moved
check "early form after the move" "4 4" "$(shape leave)"
id=$(file_leave)
check "attachment after the move" hello "$(curl -s -b "$home/tester.jar" "$url/download?id=$(call tester GET "/api/requests/$id" | jq '.attachments[0].id')")"
stop

# --- what the vendor hands over, and how it meets the customer's changes ---

merge() { diff3 -m "$1" "$out/vendor/7.4/webapp/$2" "$out/vendor/8.0/webapp/$2" >"$home/merged" && echo clean || echo conflict; }
check "portal.jsp merges" clean "$(merge "$out/customer/webapp/portal.jsp" portal.jsp)"
check "oa.css merges" clean "$(merge "$out/customer/webapp/css/oa.css" css/oa.css)"
check "todo.jsp does not" conflict "$(merge "$out/customer/webapp/todo.jsp" todo.jsp)"
check "oa.properties merges" "clean 1" "$(merge "$home/oa.properties" WEB-INF/prop/oa.properties) $(grep -c '^oa.timezone=' "$home/merged")"
check "report.jsp is the customer's alone" same "$(cmp -s "$out/vendor/7.4/webapp/report.jsp" "$out/vendor/8.0/webapp/report.jsp" && echo same)"

name=$(printf '补丁说明' | iconv -f UTF-8 -t GBK)
check "zip with a GBK name" "yes no" "$(LC_ALL=C grep -aqF "$name" "$out/packages/patch-8.0-P1.zip" && echo yes) $(LC_ALL=C grep -aqF 补丁说明 "$out/packages/patch-8.0-P1.zip" && echo yes || echo no)"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
