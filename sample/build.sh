#!/bin/bash
# build.sh OUT: compiles the sample and lays out what a vendor ships and what one customer has added.
#   OUT/vendor/{7.4,8.0}     pristine program trees       OUT/packages/...   upgrade, feature packs, patch
#   OUT/customer             the customer's own files     OUT/seed, OUT/db   for install.sh
# The same sources give the same bytes and times.
set -euo pipefail
# JVMs that run for a second only: the cheapest settings. UTF-8 so that Chinese file names survive any locale.
export LC_ALL=C.UTF-8 JAVA_TOOL_OPTIONS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8"
fail() { echo "build.sh: $*" >&2; exit 1; }
[ $# -eq 1 ] || { echo "usage: build.sh OUT" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
servlet=${CATALINA_HOME:-/usr/share/tomcat10}/lib/servlet-api.jar
sqlite=/usr/share/java/sqlite-jdbc.jar
command -v javac >/dev/null || fail "javac is missing (default-jdk-headless)"
[ -r "$servlet" ] || fail "$servlet is missing (tomcat10-user)"
[ -r "$sqlite" ] || fail "$sqlite is missing (libxerial-sqlite-jdbc-java)"
mkdir -p "$1"
out=$(cd "$1" && pwd)
stage=$out/stage
rm -rf "$out"/{vendor,packages,customer,seed,db,stage}
mkdir -p "$out"/{vendor,packages,customer/webapp/WEB-INF/lib,seed,db} "$stage"

# Messages of the JVM about JAVA_TOOL_OPTIONS are no errors.
quiet() { "$@" 2> >(grep -v '^Picked up JAVA_TOOL_OPTIONS' >&2); }

# compile CLASSES CLASSPATH SOURCE...
compile() {
  mkdir -p "$1"
  quiet javac -g --release 17 -encoding UTF-8 -implicit:none -Xlint:all,-path,-deprecation,-processing -proc:none -d "$1" -cp "$2" "${@:3}"
}

# The build id is a digest of the sources: it tells which program runs, and changes with every change.
build_class() { # VERSION MAJOR FOLDER SUFFIX
  local id
  id=$(cd "$3" && find . -type f | sort | xargs sha256sum | sha256sum | cut -c1-12)
  sed "s/@VERSION@/$1/; s/@MAJOR@/$2/; s/@BUILD@/$1$4-$id/" "$here/7.4/Build.java.in" >"$3/src/oa/Build.java"
}

vendor() { # VERSION MAJOR TIME: the tree of $stage/VERSION compiled and laid out
  local source=$stage/$1 tree=$out/vendor/$1
  build_class "$1.0" "$2" "$source" ""
  mkdir -p "$tree/webapp/WEB-INF/lib"
  cp -r "$source/bin" "$source/conf" "$source/webapp" "$tree/"
  compile "$tree/webapp/WEB-INF/classes" "$servlet:$sqlite" $(find "$source/src" -name '*.java')
  cp -L "$sqlite" "$tree/webapp/WEB-INF/lib/sqlite-jdbc.jar"
  find "$tree" -exec touch -h -d "$3" {} +
}

changed() { # OLD NEW FILES: copies what is new or different in NEW
  (cd "$2" && find . -type f | sort) | while read -r file; do
    cmp -s "$1/$file" "$2/$file" && { touch -r "$1/$file" "$2/$file"; continue; }
    mkdir -p "$3/$(dirname "$file")"
    cp -p "$2/$file" "$3/$file"
  done
}

addition() { # SOURCE PACKAGE VERSION-IT-IS-FOR TIME: a package of classes, pages and scripts beside a version
  local package=$out/packages/$2 classes=$out/vendor/$3/webapp/WEB-INF/classes
  mkdir -p "$package/files/webapp/WEB-INF"
  cp -r "$1/webapp/." "$package/files/webapp/"
  cp -r "$1/sql" "$package/sql"
  compile "$package/files/webapp/WEB-INF/classes" "$servlet:$classes" $(find "$1/src" -name '*.java')
  : >"$package/removed.txt"
  find "$package" -exec touch -h -d "$4" {} +
}

# 7.4
mkdir "$stage/7.4"
cp -r "$here"/7.4/{bin,conf,src,webapp} "$stage/7.4/"
vendor 7.4 7 2023-05-08T08:00:00Z

# 8.0 = 7.4 - removed + overlay
mkdir "$stage/8.0"
cp -r "$here"/7.4/{bin,conf,src,webapp} "$stage/8.0/"
while read -r file; do rm "$stage/8.0/$file"; done <"$here/8.0/removed.txt"
cp -r "$here"/8.0/{src,webapp} "$stage/8.0/"
vendor 8.0 8 2024-11-18T08:00:00Z

# upgrade package
upgrade=$out/packages/upgrade-8.0
mkdir -p "$upgrade/files"
changed "$out/vendor/7.4" "$out/vendor/8.0" "$upgrade/files"
cp -r "$here/8.0/sql" "$upgrade/sql"
(cd "$out/vendor/7.4" && find . -type f | sort) | while read -r file; do [ -e "$out/vendor/8.0/$file" ] || echo "${file#./}"; done >"$upgrade/removed.txt"
find "$upgrade" -exec touch -h -d 2024-11-18T08:00:00Z {} +

# feature packs
addition "$here/feature-seal/7.4" feature-seal-7.4 7.4 2023-06-05T08:00:00Z
addition "$here/feature-seal/8.0" feature-seal-8.0 8.0 2024-12-02T08:00:00Z

# patch: its build id differs, so that health tells whether the patched program runs
cp -r "$here/patch-8.0-P1" "$stage/patch"
build_class 8.0.0 8 "$stage/patch" -P1
addition "$stage/patch" patch-8.0-P1 8.0 2025-03-01T08:00:00Z
# The zip is laid out as such vendors do: all in one folder, scripts in a folder of their own.
mkdir -p "$stage/zip/oa/sqlupgrade"
cp -a "$out/packages/patch-8.0-P1/files/." "$stage/zip/oa/"
cp -a "$out/packages/patch-8.0-P1/sql/sqlite" "$stage/zip/oa/sqlupgrade/SQLite"
quiet java "$here/tools/GbkZip.java" "$stage/zip" "$out/packages/patch-8.0-P1.zip"

# the customer's own
cp -r "$here/customer/webapp/." "$out/customer/webapp/"
compile "$stage/customer" "$out/vendor/7.4/webapp/WEB-INF/classes" $(find "$here/customer/src" -name '*.java')
quiet jar --create --date=2023-09-01T08:00:00Z --no-manifest --file "$out/customer/webapp/WEB-INF/lib/customer-ext.jar" -C "$stage/customer" .
find "$out/customer" -exec touch -h -d 2023-09-01T08:00:00Z {} +

# what install.sh needs
compile "$out/seed" "$out/vendor/7.4/webapp/WEB-INF/classes" "$here"/seed/*.java
cp -r "$here/seed/templates" "$out/seed/templates"
cp "$here"/7.4/db/*.sql "$here"/customer/db/*.sql "$out/db/"
rm -rf "$stage"
