#!/bin/sh
# Throw-away certificates: one good CA, and the CA of an intercepting firewall.
set -eu
d=$1
mkdir -p "$d"
cd "$d"
ca() { # file subject
  openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 7000 -keyout "$1.key" -out "$1.pem" -subj "$2" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
}
leaf() { # file ca name [days]
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$3" 2>/dev/null
  printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n' "$3" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 6000 -sha256 -extfile "$1.ext" -out "$1.crt" 2>/dev/null
  cat "$1.crt" "$2.pem" > "$1.chain"
}
ca good "/C=NL/O=Sample Trust Services/CN=Sample Trust Root CA"
ca sophos "/C=DE/ST=NRW/L=Dortmund/O=Firma GmbH/CN=Sophos SSL CA_C1B2A3D4E5F60718/emailAddress=it@firma.local"
leaf server good swyxserver.firma.local
leaf token good swyx-imsecurity.k8s.ispworks.nl
leaf wss good iam1.voipoperator.eu
leaf mitm_token sophos swyx-imsecurity.k8s.ispworks.nl
leaf mitm_wss sophos iam1.voipoperator.eu
touch done
