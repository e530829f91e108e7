#!/bin/sh
# Starts Notes as its administrator does: settings from notes.env, output to logs/.
cd "$(dirname "$0")" || exit 1
mkdir -p logs
set -a
. ./notes.env
exec node server.js >>logs/notes.log 2>&1
