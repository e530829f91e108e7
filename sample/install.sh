#!/bin/bash
# install.sh OUT ROOT PORT: makes the customer's installation of 7.4 at ROOT from what build.sh has made.
# SAMPLE_TODAY=YYYY-MM-DD fixes the day the data end with (default: today); the same day gives the same data.
set -euo pipefail
export LC_ALL=C.UTF-8
fail() { echo "install.sh: $*" >&2; exit 1; }
[ $# -eq 3 ] || { echo "usage: install.sh OUT ROOT PORT" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1 port=$3 today=${SAMPLE_TODAY:-$(date +%F)}
[ -d "$out/vendor/7.4" ] || fail "$out holds no build (run build.sh first)"
[[ $port =~ ^[0-9]+$ ]] || fail "PORT must be a number"
command -v sqlite3 >/dev/null || fail "sqlite3 is missing"
[ ! -e "$2" ] || [ -z "$(ls -A "$2")" ] || fail "$2 is not empty"
mkdir -p "$2"
root=$(cd "$2" && pwd)

# program: vendor's, then the feature pack, then the customer's changes over both
cp -a "$out/vendor/7.4/." "$root/"
cp -a "$out/packages/feature-seal-7.4/files/." "$root/"
cp -a "$out/customer/." "$root/"
mkdir -p "$root"/{logs,work,temp,license,data/filesystem,data/templates}
sed -i "s|^database.path=.*|database.path=$root/data/oa.db|; s|^base.url=.*|base.url=http://127.0.0.1:$port|; s|^page.rows=.*|page.rows=50|" "$root/webapp/WEB-INF/prop/oa.properties"
printf '\n# time clock of the customer\ncustomer.clock.host=127.0.0.1\n' >>"$root/webapp/WEB-INF/prop/oa.properties"
sed -i "s|^OA_PORT=.*|OA_PORT=$port|" "$root/conf/oa.env"

# data
cp "$out"/seed/templates/*.html "$root/data/templates/"
cat "$out/db/schema.sql" "$out/db/base.sql" "$out/packages/feature-seal-7.4"/sql/sqlite/*.sql | { echo "BEGIN;"; cat; echo "COMMIT;"; } | sqlite3 -bail "$root/data/oa.db"
java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx128m -Dfile.encoding=UTF-8 \
  -cp "$out/seed:$root/webapp/WEB-INF/classes:$root/webapp/WEB-INF/lib/sqlite-jdbc.jar" Seed "$root" "$today"
{ echo "BEGIN;"; cat "$out/db/customer.sql"; echo "COMMIT;"; } | sqlite3 -bail "$root/data/oa.db"
"$here/make-license.sh" 示例集团有限公司 7 "$root/license/oa.license"
