#!/bin/bash
# Runs the OA in the foreground. The shell is replaced by java, so that the pid a service manager sees
# is the server itself and SIGTERM stops it gracefully. Works wherever the folder stands.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
home=${CATALINA_HOME:-/usr/share/tomcat10}

# Defaults first; conf/oa.env belongs to the customer and may change any of them.
OA_PORT=8080
OA_ADDRESS=127.0.0.1
OA_JAVA_OPTS="-Xmx256m"
. "$root/conf/oa.env"

[ -r "$home/bin/bootstrap.jar" ] || { echo "oa.sh: no Tomcat 10 in $home" >&2; exit 1; }
# Names of files may be Chinese: without a UTF-8 locale java could not open them.
export LC_ALL=${OA_LOCALE:-C.UTF-8}
mkdir -p "$root/logs" "$root/work" "$root/temp"
cd "$root"
# shellcheck disable=SC2086  # OA_JAVA_OPTS is a list of words on purpose
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" \
  -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto -Dfile.encoding=UTF-8 \
  -Djava.security.egd=file:/dev/urandom -Djava.awt.headless=true $OA_JAVA_OPTS \
  -Djava.util.logging.config.file="$root/conf/logging.properties" \
  -Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager \
  -Dcatalina.home="$home" -Dcatalina.base="$root" -Djava.io.tmpdir="$root/temp" \
  -Doa.port="$OA_PORT" -Doa.address="$OA_ADDRESS" \
  -cp "$home/bin/bootstrap.jar:$home/bin/tomcat-juli.jar" \
  org.apache.catalina.startup.Bootstrap start
