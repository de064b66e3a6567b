#!/bin/sh
# Makes samples/ anew: all cases, or those named.   scripts/samples/make.sh [case ...]
# Needs: node >= 18 with npm, openssl, python3, unshare and ip (root); nginx, squid and chromium for some cases.
# Every case runs in its own network namespace that has nothing but a loopback device.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here"
[ -d node_modules/node12 ] || npm ci --ignore-scripts --no-audit --no-fund
mkdir -p work
[ -f work/certs/done ] || sh lib/certs.sh work/certs
if [ $# -eq 0 ]; then set -- $(node lib/list.js); fi
for c in "$@"; do
  echo "== $c"
  rm -rf "work/$c"
  mkdir -p "work/$c/out"
  unshare -n -m sh lib/enter.sh "$c"
done
node lib/table.js
