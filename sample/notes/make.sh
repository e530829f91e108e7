#!/usr/bin/env bash
# make.sh FOLDER: what the guide (docs/guide.md) begins with, in a new folder.
#   vendor/notes-1.0, vendor/notes-2.0   Notes as its vendor ships it
#   notes                                1.0 as installed by a customer: settings, data, own pages and colours
#   ports                                ports that are free on this machine, for the shell
# Needs Node.js 18 or newer and the program sqlite3.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: make.sh FOLDER" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ ! -e "$1" ] || { echo "make.sh: $1 is there already" >&2; exit 2; }
for program in node sqlite3; do
  command -v "$program" >/dev/null || { echo "make.sh: the program $program is missing" >&2; exit 3; }
done
mkdir -p "$1/vendor"
folder=$(cd "$1" && pwd)

in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
# Several of these may be made at the same time: nobody takes the usual ports, and each port has a free one behind it for
# the clone.
free_port() {
  local port=0
  while [ "$port" = 0 ] || in_use "$port" || in_use $((port + 1)); do port=$((20000 + RANDOM % 10000)); done
  echo "$port"
}
PORT=$(free_port) PARTNER_PORT=$(free_port)
while [ "$PARTNER_PORT" -ge "$PORT" ] && [ "$PARTNER_PORT" -le $((PORT + 1)) ]; do PARTNER_PORT=$(free_port); done
printf 'export PORT=%s PARTNER_PORT=%s\n' "$PORT" "$PARTNER_PORT" >"$folder/ports"

# 2.0 is 1.0 with what changed.
cp -r "$here/1.0" "$folder/vendor/notes-1.0"
cp -r "$here/1.0" "$folder/vendor/notes-2.0"
cp -r "$here/2.0/." "$folder/vendor/notes-2.0/"

cp -r "$here/1.0" "$folder/notes"
cp -r "$here/customer/." "$folder/notes/"
printf 'PORT=%s\nHOST=127.0.0.1\nBASE_URL=http://127.0.0.1:%s\nNOTES_DATABASE=data/notes.db\nNOTES_SECRET=%s\n' \
  "$PORT" "$PORT" "$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \n')" >"$folder/notes/notes.env"
node "$here/seed.js" "$folder/notes" "http://127.0.0.1:$PARTNER_PORT/hook"
cp "$here/partner.js" "$folder/"
