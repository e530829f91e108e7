# MediaWiki: PHP, four SQLite files, migrated by a command. Both versions are Debian's; only their files are taken, nothing
# of the machine's own packages changes: Debian 12 has the old one, the next release the new one.
product=mediawiki from=">=1.39 <1.43"
variables=", admin: Admin, reader: Reader"
secrets='admin_password: {file: secrets/admin}, reader_password: {file: secrets/reader}'
moving=(data w/images logs cache)
repeatable=(service version login reader refused)
printf 'Admin-of-2026-wiki\n' >"$place/secrets/admin"
printf 'Reader-of-2026-wiki\n' >"$place/secrets/reader"

# debs SUITE: mediawiki and its classes of that suite, by an apt of its own with the machine's mirrors and keys.
debs() {
  mkdir -p apt/{lists/partial,cache/archives/partial}
  local sources=(/etc/apt/sources.list.d/*.sources) options
  sed "s/\bbookworm\b/$1/g; s/^Suites:.*-security.*/Suites: $1-security/" "${sources[@]}" 2>/dev/null >apt/of.sources || true
  sed "s/\bbookworm\b/$1/g" /etc/apt/sources.list 2>/dev/null >apt/of.list || true
  options=(-o "Dir::Etc::sourcelist=$PWD/apt/of.$([ -s apt/of.sources ] && echo sources || echo list)" -o Dir::Etc::sourceparts=-
    -o "Dir::State::Lists=$PWD/apt/lists" -o "Dir::Cache=$PWD/apt/cache" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root)
  apt-get -q "${options[@]}" update
  apt-get -q "${options[@]}" download mediawiki mediawiki-classes
}
# The tree as one unpacks it beside a web server: one folder `w` with everything in it.
release() { # SUITE
  local deb
  debs "$1"
  mkdir all
  for deb in mediawiki_*.deb mediawiki-classes_*.deb; do dpkg-deb -x "$deb" all; done
  mv all/usr/share/mediawiki w
  find w -maxdepth 1 -type l -delete
  mv w/extensions-core w/extensions
  rm -rf all apt ./*.deb
}
get_old() { kept mediawiki-bookworm release bookworm >&2 && echo "$cache/mediawiki-bookworm"; }
get_new() { kept mediawiki-trixie release trixie >&2 && echo "$cache/mediawiki-trixie"; }
# Debian's security team changes the last number.
version_of() { sed -n "s/.*'MW_VERSION', '\([0-9.]*\)'.*/\1/p" "$1/w/includes/Defines.php"; }
old=$(version_of "$(get_old)")
new=$(version_of "$(get_new)")

configure() {
  mkdir -p "$1"/{data,logs,w/images}
  php8.2 "$1/w/maintenance/install.php" --dbtype sqlite --dbpath "$1/data" --dbname wiki --server "http://127.0.0.1:$2" --scriptpath "" \
    --lang zh-hans --pass 'Admin-of-2026-wiki' '公司 Wiki' Admin >install.log 2>&1
  # What an administrator writes behind the installer's lines.
  mkdir -p "$1/cache"
  printf '\n$wgGroupPermissions["*"]["edit"] = false;\n$wgDefaultSkin = "monobook";\n$wgCacheDirectory = "%s/cache";\n' "$1" >>"$1/w/LocalSettings.php"
}

# A session: its cookies stand in $place/NAME.jar.
api() { # NAME URL [FIELD=VALUE...]
  local fields=() field
  for field in "${@:3}"; do fields+=(--data-urlencode "$field"); done
  curl -sSf -b "$place/$1.jar" -c "$place/$1.jar" --data-urlencode format=json "${fields[@]}" "$2/api.php"
}
token() { api "$1" "$2" action=query meta=tokens "type=$3" | jq -r ".query.tokens.$3token"; }
log_in() { # NAME URL PASSWORD
  rm -f "$place/$1.jar"
  check "log-in of $1" PASS "$(api "$1" "$2" action=clientlogin "username=$1" "password=$3" "loginreturnurl=$2/" "logintoken=$(token "$1" "$2" login)" | jq -r .clientlogin.status)"
}
fill() {
  local edit number
  log_in Admin "$1" 'Admin-of-2026-wiki'
  edit=$(token Admin "$1" csrf)
  for number in 1 2 3; do
    check "page $number" Success "$(api Admin "$1" action=edit "title=制度 $number" "text=第 $number 条。见 [[制度 $((number % 3 + 1))]]。[[Category:制度]]" "token=$edit" | jq -r .edit.result)"
  done
  check "an account" PASS "$(api Admin "$1" action=createaccount username=Reader password=Reader-of-2026-wiki retype=Reader-of-2026-wiki "createreturnurl=$1/" "createtoken=$(token Admin "$1" createaccount)" | jq -r .createaccount.status)"
  api Admin "$1" action=createaccount username=Left password=Left-of-2026-wiki retype=Left-of-2026-wiki "createreturnurl=$1/" "createtoken=$(token Admin "$1" createaccount)" >/dev/null
  api Admin "$1" action=protect 'title=制度 1' 'protections=edit=sysop' "token=$edit" >/dev/null
  check "a block" Left "$(api Admin "$1" action=block user=Left expiry=infinite "token=$edit" | jq -r .block.user)"
}
customise() {
  # An extension of his own, his logo, and a word of the interface in a file that the new version changes as well.
  mkdir -p "$1/w/extensions/Signature"
  printf '{"name": "Signature", "version": "1.0", "manifest_version": 2, "type": "other"}\n' >"$1/w/extensions/Signature/extension.json"
  printf '\nwfLoadExtension( "Signature" );\n' >>"$1/w/LocalSettings.php"
  sed -i 's/#[0-9a-fA-F]\{6\}/#a93226/' "$1/w/resources/assets/change-your-logo.svg"
  sed -i 's/^\(\s*"tagline": "\)[^"]*/\1公司内部资料/' "$1/w/languages/i18n/zh-hans.json"
}
kept_by_the_customer() {
  check "his extension" 1.0 "$(jq -r .version "$1/w/extensions/Signature/extension.json")"
  check "his logo" yes "$(grep -q a93226 "$1/w/resources/assets/change-your-logo.svg" && echo yes)"
  check "his word" 1 "$(grep -c '"tagline": "公司内部资料"' "$1/w/languages/i18n/zh-hans.json" || true)"
}
survey_says() {
  local path
  for path in w/extensions/Signature w/resources/assets/change-your-logo.svg w/languages/i18n/zh-hans.json; do
    check "the survey finds $path" yes "$(found "$path")"
  done
}
decide() {
  ferry decision set w/resources/assets/change-your-logo.svg keep --reason "the customer's logo" --as engineer
  merge_all
}

state() {
  local number
  log_in Admin "$1" 'Admin-of-2026-wiki' >&2
  for number in 1 2 3; do api Admin "$1" action=parse "page=制度 $number" prop=wikitext\|links\|categories | jq -S '[.parse.title, .parse.wikitext, .parse.links, .parse.categories]'; done
  api Admin "$1" action=query list=allusers auprop=groups\|blockinfo | jq -S '[.query.allusers[] | [.name, .groups, .blockedby]]'
  api Admin "$1" action=query list=logevents letype=protect | jq -S '[.query.logevents[] | [.title, .action]]'
}
serves() { # URL VERSION
  check "version served" "MediaWiki $2" "$(api nobody "$1" action=query meta=siteinfo | jq -r .query.general.generator)"
  check "who is not logged in can't edit" permissiondenied "$(api nobody "$1" action=edit title=x text=x 'token=+\' | jq -r .error.code)"
  check "his extension is loaded" 1 "$(api nobody "$1" action=query meta=siteinfo siprop=extensions | jq '[.query.extensions[] | select(.name == "Signature")] | length')"
  check "his word is shown" yes "$(grep -q 公司内部资料 <<<"$(curl -sSf -G --data-urlencode 'title=制度_1' "$1/index.php")" && echo yes)"
  log_in Reader "$1" 'Reader-of-2026-wiki'
  check "a protected page" protectedpage "$(api Reader "$1" action=edit 'title=制度 1' text=x "token=$(token Reader "$1" csrf)" | jq -r .error.code)"
}
tables() { sqlite3 "$root/data/wiki.sqlite" "select count(*) from sqlite_master where name in ('ipblocks', 'block_target')" "select name from sqlite_master where name in ('ipblocks', 'block_target')" | tr '\n' ' '; }
is_old() { serves "$1" "$old" && check "tables" "1 ipblocks " "$(tables)"; }
is_new() { serves "$1" "$new" && check "tables" "1 block_target " "$(tables)"; }

# The product's way: stop, unpack the new files in the place of the old, copy LocalSettings.php, images and extensions, update.
by_hand() {
  cd "$place/by-hand"
  local began
  began=$(now)
  mv w w.old
  cp -a "$new_tree/w" w
  cp -a w.old/LocalSettings.php w.old/images w/
  cp -a w.old/extensions/Signature w/extensions/
  sed -i "s|$root|$place/by-hand|" w/LocalSettings.php
  php8.2 w/maintenance/run.php update --quick >update.log 2>&1
  php8.2 -S "127.0.0.1:$port" -t w >logs/console.log 2>&1 &
  wait_for 30 answers "$url/api.php?action=query&meta=siteinfo"
  figure "by hand: files over it, update, start: users out" $(($(now) - began))
  kill $!
  wait $! || true
  check "by hand his word is lost" 0 "$(grep -c 公司内部资料 w/languages/i18n/zh-hans.json || true)"
}
