# MediaWiki: PHP, four SQLite files, migrated by a command. Both versions are Debian's; only their files are taken, nothing
# of the machine's own packages changes: Debian 12 has the old one, the next release the new one.
product=mediawiki old=1.39.17 new=1.43.12 from=">=1.39 <1.43"
variables=", admin: Admin, reader: Reader"
secrets='admin_password: {file: secrets/admin}, reader_password: {file: secrets/reader}'
moving=(data w/images logs)
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
release() { # SUITE VERSION
  local deb
  debs "$1"
  mkdir all
  for deb in mediawiki_*.deb mediawiki-classes_*.deb; do dpkg-deb -x "$deb" all; done
  mv all/usr/share/mediawiki w
  find w -maxdepth 1 -type l -delete
  mv w/extensions-core w/extensions
  grep -q "'MW_VERSION', '$2'" w/includes/Defines.php || { echo "$1 has another version than $2"; return 1; }
  rm -rf all apt ./*.deb
}
get_old() { kept "mediawiki-$old" release bookworm "$old" >&2 && echo "$cache/mediawiki-$old"; }
get_new() { kept "mediawiki-$new" release trixie "$new" >&2 && echo "$cache/mediawiki-$new"; }
