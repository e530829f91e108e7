#!/usr/bin/env bash
# Makes the tiny product's world in a folder: an installation of 1.0 that the customer has changed, environments,
# project file, the vendor's tree, folders of packages.
#   make.sh FOLDER PORT CLONE_PORT
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1 port=$2 clone_port=$3
mkdir -p "$folder"/{home,vendor,packages}
cp "$here/profile.yaml" "$here/project.yaml" "$folder/"

tree() { # FOLDER VERSION
  mkdir -p "$1"/{bin,webapp}
  cp "$here/tiny.pl" "$1/bin/tiny.pl"
  printf '<title>tiny %s</title>\n<p>one</p>\n<p>two</p>\n<p>three</p>\n' "$2" >"$1/webapp/index.html"
  printf 'page of %s\n' "$2" >"$1/webapp/page.html"
  printf 'colour=blue\nversion=%s\n' "$2" >"$1/webapp/tiny.properties"
}
tree "$folder/vendor/1.0" 1.0
tree "$folder/installed" 1.0
# The customer's change: the lines that 2.0 changes as well.
sed -i 's/tiny 1.0/tiny of the customer/' "$folder/installed/webapp/index.html"
mkdir "$folder/installed/data"
printf 'TINY_MISBEHAVE=\n' >"$folder/installed/data/tiny.env"
sqlite3 "$folder/installed/data/tiny.db" "create table sys (version text, mail text); insert into sys values ('1.0', 'mail.example.invalid');
  create table orders (id integer primary key, text text); insert into orders (text) values ('first'), ('second');
  create table flow (id integer primary key, name text, operator text, password text);
  insert into flow values (1, 'leave', 'manager', 'p'), (2, 'trip', 'finance', 'q')"

environment() { # NAME KIND ROOT PORT
  cat >"$folder/$1.yaml" <<END
name: $1
kind: $2
profile: profile.yaml
root: $3
url: http://127.0.0.1:$4
variables: {port: "$4"}
baseline: vendor/1.0.mtree
END
}
environment production production "$folder/installed" "$port"
environment test clone "$folder/clone/installed" "$clone_port"

package() { # ID KIND FROM LINE...: a folder with its package.yaml
  local at=$folder/packages/$1
  mkdir -p "$at"
  printf 'format: 1\nid: %s\nkind: %s\nproduct: tiny\nfrom: "%s"\n' "$1" "$2" "$3" >"$at/package.yaml"
  shift 3
  [ $# -eq 0 ] || printf '%s\n' "$@" >>"$at/package.yaml"
}
package upgrade-2.0 upgrade ">=1 <2" "title: Tiny 2.0" 'to: "2.0"'
tree "$folder/packages/upgrade-2.0/files" 2.0
mkdir -p "$folder/packages/upgrade-2.0/sql/sqlite"
printf "update sys set version = '2.0';\nalter table orders add column state text;\n" >"$folder/packages/upgrade-2.0/sql/sqlite/001_version.sql"
