#!/bin/sh
# Inside the case's own network and mount namespace: loopback only, own host names, own resolver.
set -eu
c=$1
ip link set lo up
for a in 192.168.10.20 192.168.10.1 203.0.113.10 203.0.113.20; do ip addr add $a/32 dev lo; done
sysctl -qw net.ipv4.tcp_syn_retries=1 2>/dev/null || true
w=$(pwd)/work/$c
node lib/hosts.js "$c" > "$w/hosts"
echo "nameserver 127.0.0.53" > "$w/resolv.conf"
mount --bind "$w/hosts" /etc/hosts
mount --bind "$w/resolv.conf" /etc/resolv.conf
n=$(node lib/list.js --node "$c")
if [ "$n" = 12 ]; then n=node_modules/node12/bin/node; else n=node; fi
NODE_EXTRA_CA_CERTS=work/certs/good.pem TZ=Europe/Berlin NODE_NO_WARNINGS=1 "$n" lib/run.js "$c"
