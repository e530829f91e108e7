#!/bin/bash
# make-license.sh CUSTOMER MAJOR OUT [USERS] [EXPIRES]: writes a licence for exactly this customer name and major version.
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: make-license.sh CUSTOMER MAJOR OUT [USERS] [EXPIRES]" >&2; exit 2; }
customer=$1 major=$2 out=$3 users=${4:-500} expires=${5:-2099-12-31}
[[ $major =~ ^[0-9]+$ && $users =~ ^[0-9]+$ ]] || { echo "make-license.sh: MAJOR and USERS are numbers" >&2; exit 2; }
# The key is the sample's own (see Licence.java); it protects nothing.
signature=$(printf '%s\n%s\n%s\n%s\n' "$customer" "$major" "$users" "$expires" |
  openssl dgst -sha256 -hmac sample-oa-licence-key -r | cut -d' ' -f1)
mkdir -p "$(dirname "$out")"
printf 'customer=%s\nmajor=%s\nusers=%s\nexpires=%s\nsignature=%s\n' "$customer" "$major" "$users" "$expires" "$signature" >"$out"
