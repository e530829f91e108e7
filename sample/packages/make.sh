#!/bin/bash
# make.sh OUT: joins what build.sh has made in OUT with what packages say about themselves (package.yaml here), ready for
# `ferry package build` and, for the patch, `ferry package import`:
#   OUT/ferry/{upgrade-8.0,feature-seal-8.0,customer-fixes-8.0}/{package.yaml,files,sql}
#   OUT/ferry/patch-8.0-P1.{yaml,zip}
# The same sources give the same bytes.
set -euo pipefail
export LC_ALL=C.UTF-8 JAVA_TOOL_OPTIONS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8"
fail() { echo "make.sh: $*" >&2; exit 1; }
[ $# -eq 1 ] || { echo "usage: make.sh OUT" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ -d "$1/vendor/8.0" ] || fail "$1 holds no build (run build.sh first)"
out=$(cd "$1" && pwd)
made=$out/ferry.making
rm -rf "$made" "$out/ferry"
mkdir "$made"
quiet() { "$@" 2> >(grep -v '^Picked up JAVA_TOOL_OPTIONS' >&2); }

# What the vendor lists as removed stands in package.yaml.
describe() { # ID
  cp "$here/$1/package.yaml" "$made/$1/package.yaml"
  [ -s "$out/packages/$1/removed.txt" ] || return 0
  { echo "removes:"; sed 's/^/  - /' "$out/packages/$1/removed.txt"; } >>"$made/$1/package.yaml"
}

for id in upgrade-8.0 feature-seal-8.0; do
  mkdir "$made/$id"
  cp -a "$out/packages/$id/files" "$out/packages/$id/sql" "$made/$id/"
  describe "$id"
done

# The customer's additions, adapted: classes are compiled against 8.0.
fixes=$made/customer-fixes-8.0 source=$here/customer-fixes-8.0
mkdir -p "$fixes/files/webapp/WEB-INF/lib" "$made/classes"
cp -r "$source/webapp/." "$fixes/files/webapp/"
cp -r "$source/sql" "$fixes/sql"
quiet javac -g --release 17 -encoding UTF-8 -Xlint:all,-path -d "$made/classes" -cp "$out/vendor/8.0/webapp/WEB-INF/classes" $(find "$source/src" -name '*.java')
quiet jar --create --date=2025-02-10T08:00:00Z --no-manifest --file "$fixes/files/webapp/WEB-INF/lib/customer-ext.jar" -C "$made/classes" .
rm -r "$made/classes"
describe customer-fixes-8.0

cp "$here/patch-8.0-P1/package.yaml" "$made/patch-8.0-P1.yaml"
cp "$out/packages/patch-8.0-P1.zip" "$made/patch-8.0-P1.zip"
mv "$made" "$out/ferry"
