'use strict';
const BUILT = 'the ComSocket and SwyxIt! files (documented layouts of .NET loggers, documented texts, an invented Swyx layout).';
const N20 = { electron: '29.1.4', chrome: '122.0.6261.112', node: '20.9.0', build: '19045' };
const fs = require('fs'), path = require('path');
function squid(w, name, lines) {
  const d = path.join(w.root, 'work', name);
  fs.mkdirSync(d + '/spool', { recursive: true });
  fs.writeFileSync(d + '/passwd', 'proxyuser:$apr1$abcdefgh$xxxxxxxxxxxxxxxxxxxxxx\n');
  fs.writeFileSync(d + '/squid.conf', ['http_port 192.168.10.1:3128', 'visible_hostname proxy.firma.local', 'cache deny all', 'access_log none', `cache_log ${d}/cache.log`, `pid_filename ${d}/squid.pid`, 'hosts_file /etc/hosts',
    `coredump_dir ${d}`, 'shutdown_lifetime 1 seconds', 'pinger_enable off', 'netdb_filename none', 'logfile_rotate 0'].concat(lines.map((l) => l.replace('DIR', d))).join('\n') + '\n');
  require('child_process').execFileSync('chmod', ['-R', 'a+rwX', d]);
  w.run('squid', ['-N', '-f', d + '/squid.conf', '-d', '1'], { stdio: ['ignore', fs.openSync(d + '/squid.out', 'w'), fs.openSync(d + '/squid.err', 'w')] });
  return w.untilOpen('192.168.10.1', 3128);
}
function nginx(w, name, server) {
  const d = path.join(w.root, 'work', name), c = path.join(w.root, 'work/certs');
  fs.writeFileSync(d + '/nginx.conf', `daemon off; master_process off; worker_processes 1; pid ${d}/nginx.pid; error_log ${d}/error.log;
events { worker_connections 64; }
http { access_log off; client_body_temp_path ${d}/b; proxy_temp_path ${d}/p; fastcgi_temp_path ${d}/f; uwsgi_temp_path ${d}/u; scgi_temp_path ${d}/s;
${server.replace(/CERTS/g, c)}
}
`);
  w.run('nginx', ['-c', d + '/nginx.conf', '-p', d]);
}
// The steps up to the token service.
async function upToJwt(x, m, o) {
  o = o || {};
  const all = async () => { await m.getUser(); await m.getAuthToken(); await m.getJwt(o.took); };
  await all().catch(() => {});
  await x.P.retries(x, m, (o.secs || []).length, o.secs || [], all);
}
async function rest(x, it, cs, m) { it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000); }
module.exports = {
  proxy_auth: {
    title: 'The proxy demands a logon (407), hidden behind ECONNRESET', stage: 'token-service', class: 'proxy', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'nlog', swyxit: 'classic' },
    what: 'The company\'s proxy wants a user name. The Messenger opens its tunnel without one; squid answers 407, and the tunnel library reports it as an error with the code ECONNRESET (trap T5).',
    real: 'electron-log 4.2.2, tunnel-agent 0.6.0 and Node\'s own https client under Node 12.14.1; a real squid with basic authentication on 192.168.10.1:3128 (loopback device).', built: BUILT,
    evidence: [['SwyxMessenger', 'tunneling socket could not be established, statusCode=407']],
    notes: ['`ECONNRESET` here is only tunnel-agent\'s own code; nobody reset a connection.'],
    async run(x) {
      await squid(x.w, x.name, ['auth_param basic program /usr/lib/squid/basic_ncsa_auth DIR/passwd', 'auth_param basic realm Firma Proxy', 'acl who proxy_auth REQUIRED', 'http_access allow who', 'http_access deny all']);
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w); await x.P.tokenService(x.w);
      const agent = require('tunnel-agent').httpsOverHttp({ proxy: { host: 'proxy.firma.local', port: 3128 } });
      const m = x.messenger({ http: 'node', agent }); m.start();
      m.line('info', '[config] proxy from system settings: http://proxy.firma.local:3128 (not for 127.0.0.1; *.firma.local)');
      const fail = m.fail;
      m.fail = function (t, e) { fail.call(m, t, e); m.line('debug', `[http] error code ${e.code}`); };
      await upToJwt(x, m, { secs: [15, 30, 60], took: 31 });
      await rest(x, it, cs, m);
    },
  },
  proxy_auth_fetch: {
    title: 'The proxy refuses the stored logon (407), seen by fetch', stage: 'token-service', class: 'proxy', base: '2024-02-06T08:12:30+01:00', node: 20,
    layouts: { messenger: 'winston json', comsocket: 'mel', swyxit: 'classic' },
    what: 'The password of the proxy user was changed. The Messenger sends the old one; squid answers 407. A newer Messenger with fetch reports only "fetch failed" with the cause "Request was cancelled."; the second try without fetch tells the 407.',
    real: 'winston 3.3.3 (JSON) and undici 6.21 with its ProxyAgent under Node 20; a real squid with basic authentication.', built: BUILT,
    evidence: [['SwyxMessenger', 'Proxy response (407) !== 200 when HTTP Tunneling']],
    notes: ['Must be masked: `Proxy-Authorization: Basic ...` (name and password of the proxy user).'],
    async run(x) {
      await squid(x.w, x.name, ['auth_param basic program /usr/lib/squid/basic_ncsa_auth DIR/passwd', 'auth_param basic realm Firma Proxy', 'acl who proxy_auth REQUIRED', 'http_access allow who', 'http_access deny all']);
      const v = { version: '14.01.7100.0', win: 'j.wiegand', user: 'Jonas Wiegand', ext: '231', build: '19045' };
      const { it, cs } = await x.P.begin(x, { v, listen: 12042, dynamic: true, user: x.P.users.jonas });
      await x.P.restApi(x.w); await x.P.tokenService(x.w);
      const undici = require('undici');
      const token = 'Basic ' + Buffer.from('proxyuser:Sommer2023!').toString('base64');
      const dispatcher = new undici.ProxyAgent({ uri: 'http://proxy.firma.local:3128', token });
      const m = x.messenger({ http: 'fetch', dispatcher, helper: 'http://127.0.0.1:12042' }); m.start(Object.assign({}, N20, v));
      m.line('info', '[config] proxy http://proxy.firma.local:3128');
      m.line('debug', '[http] > CONNECT swyx-imsecurity.k8s.ispworks.nl:443 Proxy-Authorization: ' + token);
      m.describe = (e) => { const t = new Error(e.message); t.stack = e.stack + (e.cause ? '\n  [cause]: ' + e.cause.stack : ''); t.code = e.cause && e.cause.code; return t; };
      // fetch hides the proxy's answer ("Request was cancelled."); the plain request of the same library tells it
      const direct = async () => {
        m.line('debug', '[http] trying once more without fetch');
        const p = new undici.ProxyAgent({ uri: 'http://proxy.firma.local:3128', token });
        try { await undici.request('https://swyx-imsecurity.k8s.ispworks.nl/', { dispatcher: p }); } catch (e) { m.fail('[http] request to https://swyx-imsecurity.k8s.ispworks.nl/ failed', e); }
      };
      for (const s of [15, 30, 60]) {
        await upToJwt(x, m, { took: 44 });
        await direct();
        m.line('warn', m.say.retry(m.tries = (m.tries || 0) + 1, s));
        m.idle(3, s * 200); x.clock.tick(s * 400);
      }
      await rest(x, it, cs, m);
    },
  },
  dead_local_proxy: {
    title: 'Windows still points to a local proxy that is gone (127.0.0.1:8888)', stage: 'token-service', class: 'proxy', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'serilog', swyxit: 'classic' },
    what: 'A web debugger was closed without taking its proxy setting back. The request for the JWT ends with ECONNREFUSED on a loopback address, but not at the helper: 127.0.0.1:5000 answered a moment before (trap T2).',
    real: 'electron-log 4.2.2, axios 0.19.2 and https-proxy-agent 5.0.0 under Node 12.14.1; nothing listened on 127.0.0.1:8888.', built: BUILT,
    evidence: [['SwyxMessenger', 'connect ECONNREFUSED 127.0.0.1:8888']],
    notes: ['Not local-helper-down: the port is not the helper\'s, and the request is for an https address outside.'],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w); await x.P.tokenService(x.w);
      const Agent = require('https-proxy-agent');
      const m = x.messenger({ agent: new Agent('http://127.0.0.1:8888') }); m.start();
      m.line('info', '[config] proxy from system settings: http://127.0.0.1:8888');
      await upToJwt(x, m, { secs: [15, 30, 60], took: 2040 });
      await rest(x, it, cs, m);
    },
  },
  tls_interception: {
    title: 'The firewall breaks up TLS, its CA is not trusted', stage: 'token-service', class: 'tls', base: '2020-08-10T11:15:40+02:00', crlf: true,
    layouts: { messenger: 'electron-log 4', comsocket: 'log4net', swyxit: 'classic' },
    what: 'The firewall of the company scans HTTPS and shows a certificate of its own CA. Browsers know that CA through Windows, the Messenger\'s Node does not.',
    real: 'electron-log 4.2.2 and axios 0.19.2 under Node 12.14.1 (OpenSSL 1.1: `self signed` without hyphen); a TLS server with a certificate of a home-made CA that bears the name of a Sophos CA; the issuer line is what Node read from the certificate.', built: BUILT,
    evidence: [['SwyxMessenger', 'self signed certificate in certificate chain'], ['SwyxMessenger', 'Sophos SSL CA_C1B2A3D4E5F60718']],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w); await x.P.tokenService(x.w, { cert: 'mitm_token' });
      const m = x.messenger({}); m.start();
      await upToJwt(x, m, { took: 61 });
      await look(x, m);
      await x.P.retries(x, m, 2, [15, 30], async () => { await m.getUser(); await m.getAuthToken(); await m.getJwt(58); });
      await rest(x, it, cs, m);
    },
  },
  tls_interception_node20: {
    title: 'The same interception, seen by a newer Messenger', stage: 'token-service', class: 'tls', base: '2024-02-06T08:12:30+01:00', node: 20,
    layouts: { messenger: 'electron-log 5', comsocket: 'mel', swyxit: 'comma' },
    what: 'As tls_interception, but with the texts of OpenSSL 3 (`self-signed` with hyphen) under fetch: the reason stands only below `[cause]`.',
    real: 'electron-log 5.2.4 and undici 6.21 under Node 20; the same TLS server.', built: BUILT,
    evidence: [['SwyxMessenger', 'self-signed certificate in certificate chain']],
    async run(x) {
      const v = { version: '14.01.7100.0', win: 'j.wiegand', user: 'Jonas Wiegand', ext: '231', build: '19045' };
      const { it, cs } = await x.P.begin(x, { v, listen: 12042, dynamic: true, user: x.P.users.jonas });
      await x.P.restApi(x.w); await x.P.tokenService(x.w, { cert: 'mitm_token' });
      const m = x.messenger({ http: 'fetch', helper: 'http://127.0.0.1:12042' }); m.start(Object.assign({}, N20, v));
      m.describe = (e) => require('util').inspect(e);
      m.fail = (t, e) => { m.put('error', t + ' ' + e); };
      await upToJwt(x, m, { took: 61, secs: [15, 30] });
      await rest(x, it, cs, m);
    },
  },
  trust_not_confirmed: {
    title: 'The token service does not know the customer\'s domain', stage: 'token-service', class: 'configuration', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 3', comsocket: 'nlog', swyxit: 'classic' },
    what: 'The Classic License was ordered an hour ago, the order is not confirmed yet. The token service answers 403: it knows no tenant for the domain.',
    real: 'electron-log 3.0.9 and axios 0.19.2 under Node 12.14.1; a TLS server for the token service that answers 403.', built: BUILT + ' What the real token service answers is not public; the body is invented.',
    evidence: [['SwyxMessenger', 'Request failed with status code 403'], ['SwyxMessenger', 'No trusted tenant found for domain']],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w); await x.P.tokenService(x.w, {}, (q, res) => x.w.json(res, 403, { timestamp: new Date().toISOString(), status: 403, error: 'Forbidden', message: "No trusted tenant found for domain 'server01.firma.example'", path: '/api/v1/token' }, { Server: 'nginx/1.17.10' }));
      const m = x.messenger({}); m.start();
      await upToJwt(x, m, { secs: [15, 30, 60] });
      await rest(x, it, cs, m);
    },
  },
  service_side: {
    title: 'The stepping stone is not deployed: default backend - 404', stage: 'token-service', class: 'service-side', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'log4js', comsocket: 'serilog', swyxit: 'classic' },
    what: 'The Kubernetes ingress of the operator has no route for the host name at the moment. The customer can do nothing.',
    real: 'log4js 6.3.0 and axios 0.19.2 under Node 12.14.1; a real nginx that answers 404.', built: BUILT + ' nginx is told to answer with the documented text of the ingress\' default backend.',
    evidence: [['SwyxMessenger', 'Request failed with status code 404'], ['SwyxMessenger', 'default backend - 404']],
    async run(x) {
      nginx(x.w, x.name, 'server { listen 203.0.113.10:443 ssl; ssl_certificate CERTS/token.chain; ssl_certificate_key CERTS/token.key; default_type text/plain; location / { return 404 "default backend - 404"; } }');
      await x.w.untilOpen('203.0.113.10', 443);
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w);
      const m = x.messenger({}); m.start();
      await upToJwt(x, m, { secs: [15, 30, 60] });
      await rest(x, it, cs, m);
    },
  },
  clock_skew: {
    title: 'The PC\'s clock is twelve minutes slow: the JWT is not active yet', stage: 'token-service', class: 'jwt-rejection', base: '2020-08-10T11:03:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'nlog', swyxit: 'classic' },
    what: 'The clock of the PC is twelve minutes behind. The token service\'s JWT is valid from a moment that, for this PC, lies in the future; the Messenger checks it and refuses it. The Date header of the answers shows the difference.',
    real: 'electron-log 4.2.2, axios 0.19.2 and jsonwebtoken 8.5.1 under Node 12.14.1: `jwt not active` is jsonwebtoken\'s.', built: BUILT + ' That the Messenger checks the JWT itself is an assumption.',
    evidence: [['SwyxMessenger', 'NotBeforeError: jwt not active']],
    notes: ['Supporting: the Date header in the Messenger file is 12 minutes ahead of the stamps (mind UTC and local time).'],
    async run(x) {
      const { w, P } = x;
      const later = (f) => { x.clock.tick(720000); try { return f(); } finally { x.clock.tick(-720000); } };
      const { it, cs } = await P.begin(x, {});
      await P.restApi(w); await P.tokenService(w, {}, (q, res) => later(() => w.json(res, 200, { jwt: P.token(w), tenant: 'server01.firma.example' }, { Server: 'nginx/1.17.10' })));
      const m = x.messenger({}); m.start();
      const jwt = require('jsonwebtoken');
      const request = m.request.bind(m);
      m.request = async (me, u, b, h) => { const a = await request(me, u, b, h); if (/ispworks/.test(u)) { m.line('debug', `[http] < 200 OK date=${a.headers.date}`); jwt.verify(a.data.jwt, 'sample-key-of-the-test-backend', { audience: 'iam1.voipoperator.eu' }); } return a; };
      m.say = Object.assign({}, m.say, { jwtFail: () => '[login] JWT from https://swyx-imsecurity.k8s.ispworks.nl/ is not accepted' });
      await upToJwt(x, m, { secs: [15, 30, 60] });
      await rest(x, it, cs, m);
    },
  },
};
// What the client can find out about the certificate it did not like.
function look(x, m) {
  return new Promise((ok) => {
    const s = require('tls').connect({ host: 'swyx-imsecurity.k8s.ispworks.nl', port: 443, servername: 'swyx-imsecurity.k8s.ispworks.nl', rejectUnauthorized: false, ca: x.w.goodCa() }, () => {
      const c = s.getPeerCertificate();
      m.line('debug', `[tls] swyx-imsecurity.k8s.ispworks.nl:443 authorized=${s.authorized} (${s.authorizationError}) subject CN=${c.subject.CN} issuer CN=${c.issuer.CN}, O=${c.issuer.O}`);
      s.destroy(); ok();
    });
  });
}
module.exports.clock_skew.helpers = { squid, nginx };
