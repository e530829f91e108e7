#!/usr/bin/env bash
# Makes of the tiny product's world (make.sh) one with three versions and a required stop: 1.0 -> 2.0 -> 3.0. Each
# version brings its runtime (bin/runtime), has a script and a migration by a command; 2.0 works on in the background
# after its start; 3.0 has another main file.
#   jumps.sh FOLDER
# TINY_MIGRATE (data/tiny.env): fail | hang | slow, TINY_MIGRATE_AT: of this version only.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1

runtime() { # TREE VERSION
  printf '#!/bin/sh\n[ "$1" = --version ] && { echo "tiny runtime %s"; exit 0; }\nTINY_RUNTIME=%s exec "$@"\n' "$2" "$2" >"$1/bin/runtime"
  chmod 755 "$1/bin/runtime"
}
for tree in "$folder/vendor/1.0" "$folder/installed"; do
  runtime "$tree" 1.4
  printf 'extra\nof the vendor\n' >"$tree/webapp/extra.html"
done
# The customer's second change: 2.0 does not touch it, 3.0 does.
printf 'extra\nof the customer\n' >"$folder/installed/webapp/extra.html"

migration() { # TREE VERSION: what it does twice can be seen
  cat >"$1/bin/migrate.sh" <<END
#!/bin/sh
# migrate.sh ROOT
what=\${TINY_MIGRATE:-}
[ -z "\${TINY_MIGRATE_AT:-}" ] || [ "\$TINY_MIGRATE_AT" = $2 ] || what=
echo "migrating to $2 with runtime \$TINY_RUNTIME"
db="\$1/data/tiny.db"
sqlite3 "\$db" "create table if not exists schema_history (version text); update orders set state = coalesce(state, '') || '$2;'"
[ "\$what" = fail ] && { echo "no room for the index" >&2; exit 1; }
[ "\$what" = hang ] && exec sleep 31717
if [ "\$what" = slow ]; then : >"\$1/data/half"; exec sleep 31717; fi
sqlite3 "\$db" "insert into schema_history values ('$2'); create table if not exists job (id integer primary key, done integer)"
[ $2 = 3.0 ] || sqlite3 "\$db" "insert into job (done) values (0)"
echo done
END
  chmod 755 "$1/bin/migrate.sh"
}

package() { # ID FROM TO
  local at=$folder/packages/$1
  mkdir -p "$at/files/bin" "$at/sql/sqlite"
  printf 'format: 1\nid: %s\nkind: upgrade\nproduct: tiny\nfrom: "%s"\nto: "%s"\ntitle: Tiny %s\nruntime: tiny >=%s\n' \
    "$1" "$2" "$3" "$3" "${3%%.*}" >"$at/package.yaml"
}
package upgrade-2.0 ">=1 <2" 2.0
runtime "$folder/packages/upgrade-2.0/files" 2.1
migration "$folder/packages/upgrade-2.0/files" 2.0

package upgrade-3.0 ">=2 <3" 3.0
three=$folder/packages/upgrade-3.0
printf 'removes: [bin/tiny.pl]\n' >>"$three/package.yaml"
mkdir -p "$three/files/webapp/new"
cp "$here/tiny.pl" "$three/files/bin/tiny3.pl"
sed 's/2\.0/3.0/' "$folder/packages/upgrade-2.0/files/webapp/index.html" >"$three/files/webapp/index.html"
printf 'page of 3.0\n' >"$three/files/webapp/page.html"
printf 'colour=blue\nversion=3.0\n' >"$three/files/webapp/tiny.properties"
printf 'extra\nof 3.0\n' >"$three/files/webapp/extra.html"
printf 'new\n' >"$three/files/webapp/new/first.html"
runtime "$three/files" 3.2
migration "$three/files" 3.0
printf "update sys set version = '3.0';\n" >"$three/sql/sqlite/002_version.sql"

python3 - "$folder/profile.yaml" <<'END'
import sys
path = sys.argv[1]
text = open(path).read()
begin, end = text.index("services:"), text.index("clone:")
service = """  - id: web
    version: "{version}"
    title: {{en: Tiny service, zh: 微型服务}}
    runtime: {{tiny: "{runtime}"}}
    run: ["${{environment.root}}/bin/runtime", "${{environment.root}}/bin/{main}", "${{environment.root}}", "${{environment.port}}"]
    environment: data/tiny.env
    log: data/web.log
    port: "${{environment.port}}"
    ready: {{http: /health, json: {{/status: ok}}, within: 20s}}
    stop: {{signal: TERM, grace: 500ms}}
"""
services = "runtimes:\n  - {id: tiny, run: [\"${environment.root}/bin/runtime\", --version]}\nservices:\n"
services += service.format(version="<3", runtime=">=1 <3", main="tiny.pl")
services += service.format(version=">=3", runtime=">=3", main="tiny3.pl")
services += """migrate:
  - version: "<3"
    command: "bin/runtime ${environment.root}/bin/migrate.sh ${environment.root}"
    log: data/migrate.log
    done: {sql: "select count(*) from schema_history", grows: true}
    within: 4s
  - version: ">=3"
    command: ["${environment.root}/bin/runtime", "${environment.root}/bin/migrate.sh", "${environment.root}"]
    log: data/migrate.log
    done: {sql: "select max(version) from schema_history", equals: "${recipe.to}"}
    within: 4s
settled: {version: "2.*", sql: "select count(*) from job where done = 0", equals: "0", within: 4s}
"""
text = text[:begin] + services + text[end:]
text = text.replace("invariants:", """  - {id: page-of-2, version: "2.*", covers: [B7], steps: [{get: /page.html, contains: "page of 2.0"}]}
  - {id: page-of-3, version: ">=3", covers: [B7], steps: [{get: /page.html, contains: "page of 3.0"}]}
invariants:""")
open(path, "w").write(text)
END
