'use strict';
const c = require('./cases')[process.argv[2]];
const hosts = Object.assign({
  localhost: '127.0.0.1',
  'swyxserver.firma.local': '192.168.10.20',
  'proxy.firma.local': '192.168.10.1',
  'swyx-imsecurity.k8s.ispworks.nl': '203.0.113.10',
  'iam1.voipoperator.eu': '203.0.113.20',
}, c.hosts || {});
for (const [n, a] of Object.entries(hosts)) if (a) console.log(a, n);
