#!/usr/bin/env bash
# test.sh BUILD APPLICATION: a real application, installed from the registries in its old version, with people's data and
# the customer's changes, is brought to its new version by Ferry, and back. The application's folder beside this file
# holds application.sh, which defines:
#   product, old, new, from        name, versions, range of versions the package fits
#   variables, secrets             of the environment, YAML in one line
#   moving                         paths that an installation writes to while it runs
#   repeatable                     checks that compare with nothing: asked again after the way back
#   get_old, get_new               print the pristine trees' folders (kept between runs)
#   configure ROOT PORT            what an administrator does after installing
#   fill URL, customise ROOT       people's data; the customer's changes
#   survey_says, decide            what must be found; what is decided about conflicts
#   kept_by_the_customer ROOT      his changes, in the new version
#   state URL                      everything people have entered, as text
#   is_old URL, is_new URL         what the version at that address must say and do
#   first_delivery, after_the_clone, further   may be left out: what is delivered, what happens to the clone first, more
#   by_hand                        the upgrade as the product documents it, on a copy, for the figures
# A file profile.yaml there is one customer's profile that extends the product's.
set -euo pipefail
export LC_ALL=C.UTF-8
[ $# -eq 2 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/ferry-profile-XXXXXX")
mkdir -p "$place"/{home,production,test,vendor,delivery,secrets,profiles/customer}
cp -r "$source/profiles/." "$place/profiles/"
profile=$place/profiles/$2/profile.yaml
[ ! -f "$here/$2/profile.yaml" ] || { cp "$here/$2/profile.yaml" "$place/profiles/customer/" && profile=$place/profiles/customer/profile.yaml; }
"$source/tools/install-packages" "$source/tools/packages-demo.txt" "$source/tools/packages-test.txt" "$here/packages.txt" "$here/$2/packages.txt"

. "$here/lib.sh"
. "$here/$2/application.sh"
export FERRY_HOME=$place/home
root=$place/production/app clone=$place/test/app
cd "$place"
port=$(free_port)
clone_port=$(free_port)
url=http://127.0.0.1:$port

cleanup() {
  local status=$?
  cd /
  "$build/ferry" --quiet clone stop test >"$place/stop.log" 2>&1 || true
  "$build/ferry" --quiet door open production >>"$place/stop.log" 2>&1 || true
  "$build/ferry" --quiet service stop production >>"$place/stop.log" 2>&1 || true
  if [ $status -eq 0 ]; then rm -rf "$place"; else echo "what stands: $place" >&2; fi
}
trap cleanup EXIT

. "$here/story.sh"
