#!/usr/bin/env bash
# world.sh SOURCE BUILD PLACE PRODUCTION_PORT TEST_PORT
# Makes in PLACE what the tests of the whole program need, with the real program: the customer's 7.4 as production, a
# project with survey, packages (the patch too), decisions and recipe, a verified backup, and a proved clone that runs.
set -euo pipefail
source=$1 build=$2 place=$3
PRODUCTION_PORT=$4 TEST_PORT=$5
PROFILES=$place/profiles DEMO=$place
export FERRY_HOME=$place/home PATH=$build:$PATH LC_ALL=C.UTF-8

# What ./run has built is used when it fits the sources; otherwise a copy of our own.
sum=$(cd "$source/sample" && find . -type f | LC_ALL=C sort | LC_ALL=C xargs -d '\n' sha256sum | sha256sum)
sample=$source/build/sample-oa
if [ "$(cat "$sample/sources" 2>/dev/null)" != "$sum" ]; then
  sample=$build/sample-oa
  if [ "$(cat "$sample/sources" 2>/dev/null)" != "$sum" ]; then
    rm -rf "$sample"
    mkdir -p "$sample"
    "$source/sample/build.sh" "$sample"
    "$source/sample/packages/make.sh" "$sample"
    echo "$sum" >"$sample/sources"
  fi
fi

mkdir -p "$place"/{home,production,test,vendor,delivery,licences,secrets}
cp -a "$source/profiles" "$PROFILES"
# The queues of the sample are flushed every five seconds; the story waits for two flushes, a test needs one.
sed -i 's/^  wait: 12s/  wait: 6s/' "$PROFILES/sample-oa/profile.yaml"

TODAY=$(date -u +%F) NOW=$(date -u +%FT%TZ) START=$(date -u -d '-42 days' +%F) GO_LIVE=$(date -u -d '+1 day' +%F)
EXPIRES=$(date -u -d '+3 days' +%FT%TZ) WINDOW_START=$NOW WINDOW_END=$(date -u -d '+30 hours' +%FT%TZ)
for file in project production test; do
  text=$(cat "$source/sample/demo/$file.yaml.in")
  for name in PROFILES DEMO PRODUCTION_PORT TEST_PORT START GO_LIVE TODAY NOW EXPIRES WINDOW_START WINDOW_END; do
    text=${text//@$name@/${!name}}
  done
  printf '%s\n' "$text" >"$place/$file.yaml"
done
printf 'Tester#2024\n' >"$place/secrets/tester"
printf 'Manager#2024\n' >"$place/secrets/manager"
printf 'Admin#2024\n' >"$place/secrets/admin"

"$source/sample/install.sh" "$sample" "$place/production/oa" "$PRODUCTION_PORT" &
install=$!
for name in production test; do
  "$source/sample/make-license.sh" 示例集团有限公司 8 "$place/licences/$name-8.0.license"
done
mkdir "$place/vendor/sample-oa-7.4"
cp -a "$sample/vendor/7.4/." "$sample/packages/feature-seal-7.4/files/." "$place/vendor/sample-oa-7.4/"
cp -a "$sample/ferry/." "$place/delivery/"
cp "$source/sample/demo/merged/todo.jsp" "$place/delivery/todo.jsp"

cd "$place"
ferry project create project.yaml
ferry environment add production.yaml
ferry environment add test.yaml
ferry baseline make vendor/sample-oa-7.4 --output vendor/sample-oa-7.4.mtree
ferry key new --output delivery/vendor
ferry key add delivery/vendor.pub --holder vendor --as pm
for id in upgrade-8.0 feature-seal-8.0 customer-fixes-8.0; do
  ferry package build "delivery/$id" --output "delivery/$id.ferry"
  ferry package sign "delivery/$id.ferry" --key delivery/vendor.key
done
ferry package import delivery/patch-8.0-P1.zip --meta delivery/patch-8.0-P1.yaml --strip oa --names GBK \
  --script sqlupgrade/SQLite=sqlite --output delivery/patch-8.0-P1.ferry --as engineer
ferry package add delivery/{upgrade-8.0,feature-seal-8.0,customer-fixes-8.0,patch-8.0-P1}.ferry --as engineer
wait "$install"
# At work, as a customer's is: the server makes folders of its own at its first start.
ferry service start production
ferry survey run production
# The first composing finds what is to be decided and is refused for that.
ferry recipe compose --as engineer || [ $? -eq 8 ]
decide() { ferry decision set "$1" "$2" --reason "for the test" "${@:3}" --as engineer; }
decide webapp/portal.jsp merge
decide webapp/css/oa.css merge
decide webapp/WEB-INF/prop/oa.properties merge
decide webapp/todo.jsp merge --file delivery/todo.jsp
decide webapp/images/logo.png keep
decide webapp/custom/phonebook.jsp take
decide webapp/WEB-INF/lib/customer-ext.jar take
ferry recipe compose --as engineer
ferry backup create production --as admin
ferry backup verify --as admin
ferry clone create test --as admin
