'use strict';
const BUILT = 'the ComSocket and SwyxIt! files (documented layouts of .NET loggers, documented texts, an invented Swyx layout).';
const { squid, nginx } = require('./40_token').clock_skew.helpers;
async function world(x, o) {
  o = o || {};
  const b = await x.P.begin(x, o);
  await x.P.restApi(x.w); await x.P.tokenService(x.w, o.jwt);
  if (o.backend !== false) b.backend = await x.P.backend(x.w, o.backend);
  return b;
}
async function upToWs(x, m, o) {
  o = o || {};
  const all = async () => { await m.getUser(); await m.getAuthToken(); await m.getJwt(); await m.openSocket(o.took); };
  await all().catch(() => {});
  await x.P.retries(x, m, (o.secs || []).length, o.secs || [], all);
}
function rest(it, cs, m) { it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000); }
module.exports = {
  proxy_websocket: {
    title: 'A proxy takes the Upgrade header away (426)', stage: 'websocket', class: 'websocket-upgrade-refusal', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'mel', swyxit: 'classic' },
    what: 'The scanning proxy of the company stands between the Messenger and the backend and forwards plain HTTP/1.0 without Upgrade and Connection headers, as nginx does by default. HTTPS works, the WebSocket does not: the backend asks for the upgrade that the proxy took away.',
    real: 'electron-log 4.2.2 and ws 7.5 under Node 12.14.1; a real nginx without upgrade headers in front of the backend; its Via header is set by configuration.', built: BUILT,
    evidence: [['SwyxMessenger', 'Unexpected server response: 426']],
    notes: ['Class proxy, since 426 from behind a proxy means that the upgrade was taken away; as a mere symptom it is an upgrade that was not granted.'],
    async run(x) {
      const { w, P } = x;
      const b = await P.begin(x, {});
      await P.restApi(w); await P.tokenService(w);
      await w.httpsServer('127.0.0.1', 9443, 'wss', (q, res) => { res.writeHead(426, { 'Content-Type': 'text/plain', Upgrade: 'websocket' }); res.end('Upgrade Required'); });
      nginx(w, x.name, 'server { listen 203.0.113.20:443 ssl; ssl_certificate CERTS/wss.chain; ssl_certificate_key CERTS/wss.key; server_tokens off; location / { proxy_pass https://127.0.0.1:9443; proxy_set_header Host $host; add_header Via "1.1 proxy.firma.local" always; } }');
      await w.untilOpen('203.0.113.20', 443);
      const m = x.messenger({ probe: true }); m.start();
      await upToWs(x, m, { secs: [15, 30, 60] });
      rest(b.it, b.cs, m);
    },
  },
  proxy_denied: {
    title: 'The proxy lets the token service through, but not the messaging backend (403)', stage: 'websocket', class: 'proxy', base: '2020-08-10T11:15:40+02:00', crlf: true,
    layouts: { messenger: 'electron-log 3', comsocket: 'log4net', swyxit: 'comma' },
    what: 'The allow list of the proxy holds *.ispworks.nl, but nobody added *.voipoperator.eu. The tunnel to the backend is refused with 403.',
    real: 'electron-log 3.0.9, tunnel-agent 0.6.0, Node\'s own https client and ws 7.5 under Node 12.14.1; a real squid with a list of allowed domains.', built: BUILT,
    evidence: [['SwyxMessenger', 'tunneling socket could not be established, statusCode=403']],
    async run(x) {
      await squid(x.w, x.name, ['acl ok dstdomain .ispworks.nl', 'http_access allow ok', 'http_access deny all']);
      const b = await world(x);
      const agent = require('tunnel-agent').httpsOverHttp({ proxy: { host: 'proxy.firma.local', port: 3128 }, ca: x.w.goodCa() });
      const m = x.messenger({ http: 'node', agent }); m.start();
      m.line('info', '[config] proxy from system settings: http://proxy.firma.local:3128');
      await upToWs(x, m, { secs: [15, 30] });
      rest(b.it, b.cs, m);
    },
  },
  websocket_refused: {
    title: 'The backend refuses the upgrade with 403', stage: 'websocket', class: 'websocket-upgrade-refusal', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'nlog', swyxit: 'classic' },
    what: 'Everything goes well up to the WebSocket; the upgrade at wss://iam1.voipoperator.eu is answered with 403, without a reason.',
    real: 'electron-log 4.2.2 and ws 7.5 under Node 12.14.1; a TLS server that answers the upgrade with 403.', built: BUILT,
    evidence: [['SwyxMessenger', 'Unexpected server response: 403']],
    async run(x) {
      const b = await world(x, { backend: { refuse: () => ({ status: 403, text: 'Forbidden', headers: { 'Content-Type': 'text/plain' }, body: '' }) } });
      const m = x.messenger({}); m.start();
      await upToWs(x, m, { secs: [15, 30, 60] });
      rest(b.it, b.cs, m);
    },
  },
  jwt_expired: {
    title: 'The backend finds the JWT expired', stage: 'websocket', class: 'jwt-rejection', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'serilog', swyxit: 'classic' },
    what: 'The token service handed out a JWT whose hour was over already; the backend answers the upgrade with 401 and says why in the WWW-Authenticate header. The token stands in the address.',
    real: 'electron-log 4.2.2 and ws 7.5 under Node 12.14.1; a backend that checks the JWT with jsonwebtoken 8.5.1 (`jwt expired`).', built: BUILT,
    evidence: [['SwyxMessenger', 'Unexpected server response: 401'], ['SwyxMessenger', 'error_description="jwt expired"']],
    notes: ['Must be masked: the JWT in `?access_token=`.'],
    async run(x) {
      const b = await world(x, { jwt: { shift: -7200 } });
      const m = x.messenger({ tokenInUrl: true, probe: true }); m.start();
      await upToWs(x, m, { secs: [15, 30, 60] });
      rest(b.it, b.cs, m);
    },
  },
  jwt_expired_after_standby: {
    title: 'After standby the Messenger comes back with its old JWT', stage: 'websocket', class: 'jwt-rejection', base: '2020-08-10T07:48:02+02:00',
    layouts: { messenger: 'electron-log 4 with scopes', comsocket: 'nlog', swyxit: 'comma' },
    what: 'The login in the morning succeeded. After the lunch break in standby the WebSocket is gone (1006); the Messenger reconnects with the JWT of the morning, and the backend refuses it again and again.',
    real: 'electron-log 4.2.2 and ws 7.5 under Node 12.14.1; the drop and the refusals (`jwt expired` of jsonwebtoken 8.5.1) are real.', built: BUILT,
    evidence: [['SwyxMessenger', 'error_description="jwt expired"'], ['SwyxMessenger', 'closed, code 1006']],
    notes: ['The first login of the day was well; the last attempt counts.'],
    async run(x) {
      const b = await world(x);
      const m = x.messenger({}); m.start();
      await m.login();
      m.ws.on('close', (c, r) => m.line('warn', m.say.closed(c, r)));
      m.chatter(25, 60000); b.it.traffic(15, 20000); b.cs.traffic(15, 20000);
      x.at('2020-08-10T12:02:11+02:00');
      m.line('info', '[main] powerMonitor: suspend');
      x.at('2020-08-10T13:04:40+02:00');
      m.line('info', '[main] powerMonitor: resume');
      b.backend.cut(); await x.w.wait(200);
      m.line('info', m.say.offline());
      for (const s of [5, 10, 30, 60]) {
        x.clock.tick(s * 1000);
        m.line('info', `[socket] reconnecting to wss://iam1.voipoperator.eu`);
        await m.openSocket().catch(() => {});
      }
      rest(b.it, b.cs, m);
    },
  },
  jwt_audience: {
    title: 'The JWT is for another backend (audience)', stage: 'websocket', class: 'jwt-rejection', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'log4net', swyxit: 'classic' },
    what: 'The token service issues JWTs for iam1, the backend accepts only those for iam2: a mistake after a move on the operator\'s side.',
    real: 'electron-log 4.2.2 and ws 7.5 under Node 12.14.1; the backend checks with jsonwebtoken 8.5.1 (`jwt audience invalid`).', built: BUILT,
    evidence: [['SwyxMessenger', 'Unexpected server response: 401'], ['SwyxMessenger', 'jwt audience invalid. expected: iam2.voipoperator.eu']],
    async run(x) {
      const b = await world(x, { backend: { audience: 'iam2.voipoperator.eu' } });
      const m = x.messenger({ probe: true }); m.start();
      await upToWs(x, m, { secs: [15, 30, 60] });
      rest(b.it, b.cs, m);
    },
  },
  jwt_audience_idx: {
    title: 'The same, told by a .NET backend (IDX10214)', stage: 'websocket', class: 'jwt-rejection', base: '2020-08-10T11:15:40+02:00', crlf: true,
    layouts: { messenger: 'electron-log 2', comsocket: 'mel', swyxit: 'comma' },
    what: 'As jwt_audience, with the words of Microsoft.IdentityModel and ASP.NET Core 3.1 in the answer.',
    real: 'electron-log 2.2.17 and ws 7.5 under Node 12.14.1, and a server that answers 401.', built: BUILT + ' The answer holds the documented texts IDX10214 and `The audience \'...\' is invalid`.',
    evidence: [['SwyxMessenger', 'Unexpected server response: 401'], ['SwyxMessenger', 'IDX10214: Audience validation failed.']],
    async run(x) {
      const body = "IDX10214: Audience validation failed. Audiences: 'iam1.voipoperator.eu'. Did not match: validationParameters.ValidAudience: 'iam2.voipoperator.eu' or validationParameters.ValidAudiences: 'null'.";
      const b = await world(x, { backend: { server: 'Kestrel', refuse: () => ({ status: 401, text: 'Unauthorized', headers: { 'Content-Type': 'text/plain', 'WWW-Authenticate': "Bearer error=\"invalid_token\", error_description=\"The audience 'iam1.voipoperator.eu' is invalid\"" }, body }) } });
      const m = x.messenger({ probe: true }); m.start();
      await upToWs(x, m, { secs: [15, 30] });
      rest(b.it, b.cs, m);
    },
  },
  service_side_502: {
    title: 'The messaging backend is down behind its ingress (502)', stage: 'websocket', class: 'service-side', base: '2021-03-17T09:04:11+01:00',
    layouts: { messenger: 'winston json', comsocket: 'nlog', swyxit: 'classic' },
    what: 'The operator\'s ingress answers, the backend behind it does not.',
    real: 'winston 3.3.3 (JSON) and ws 7.5 under Node 12.14.1; a real nginx with a dead upstream: the 502 page is its own.', built: BUILT,
    evidence: [['SwyxMessenger', 'Unexpected server response: 502'], ['SwyxMessenger', '502 Bad Gateway']],
    async run(x) {
      const b = await world(x, { backend: false });
      nginx(x.w, x.name, 'server { listen 203.0.113.20:443 ssl; ssl_certificate CERTS/wss.chain; ssl_certificate_key CERTS/wss.key; location / { proxy_pass http://127.0.0.1:9; } }');
      await x.w.untilOpen('203.0.113.20', 443);
      const m = x.messenger({ probe: true }); m.start();
      await upToWs(x, m, { secs: [15, 30, 60] });
      rest(b.it, b.cs, m);
    },
  },
  session_drop: {
    title: 'The session breaks off after a quarter of an hour and does not come back', stage: 'session', class: 'session-drop', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'nlog', swyxit: 'classic' },
    what: 'Login and chat work; then a firewall ends the quiet connection. The WebSocket closes with 1006, the Messenger stays offline, and what the user types is lost.',
    real: 'electron-log 4.2.2 and ws 7.5 under Node 12.14.1: the connection was really cut (1006 is the library\'s), and so is the error on sending afterwards.', built: BUILT,
    evidence: [['SwyxMessenger', 'closed, code 1006']],
    notes: ['`WebSocket is not open: readyState 3 (CLOSED)` is a consequence.'],
    async run(x) {
      const b = await world(x);
      const m = x.messenger({}); m.start();
      await m.login();
      m.ws.on('close', (c, r) => m.line('warn', m.say.closed(c, r)));
      m.chatter(22, 25000); b.it.traffic(12, 10000); b.cs.traffic(12, 10000);
      b.backend.cut(); await x.w.wait(200);
      m.line('info', m.say.offline());
      m.idle(6, 30000);
      await new Promise((ok) => m.ws.send('x', (e) => { m.fail('[chat] message could not be sent', e); ok(); }));
      m.idle(10, 30000);
    },
  },
  session_reconnect: {
    title: 'The session broke off and came back by itself', stage: '', class: '', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 3', comsocket: 'serilog', swyxit: 'classic' },
    what: 'As session_drop, but five seconds later the Messenger logs in again with success. A report must not name a failing step; it may mention the drop as recovered.',
    real: 'electron-log 3.0.9, axios 0.19.2 and ws 7.5 under Node 12.14.1; the cut is real.', built: BUILT,
    notes: ['Recovered, not failing: the line with 1006.'],
    async run(x) {
      const b = await world(x);
      const m = x.messenger({ dialect: 'b' }); m.start();
      await m.login();
      m.ws.on('close', (c, r) => m.line('warn', m.say.closed(c, r)));
      m.chatter(20, 25000); b.it.traffic(12, 10000); b.cs.traffic(12, 10000);
      b.backend.cut(); await x.w.wait(200);
      m.line('info', m.say.offline());
      m.line('warn', m.say.retry(1, 5));
      x.clock.tick(5000);
      m.line('info', m.say.attempt(2));
      await m.login();
      m.chatter(25, 25000); b.it.traffic(12, 10000); b.cs.traffic(12, 10000);
      m.close();
    },
  },
  clean_login_noise: {
    title: 'A good login with many frightening lines', stage: '', class: '', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'serilog', swyxit: 'classic' },
    what: 'The login succeeds. On the way the client closes a socket of its own before it is open (race after waking up), a picture is missing (404), a request is cancelled, ComSocket logs Windows 995 when it ends a listener, and SwyxIt! lost its server for some seconds during the night. None of it is the reason of anything.',
    real: 'electron-log 4.2.2, axios 0.19.2 and ws 7.5 under Node 12.14.1; the close before open and the cancelled request are real.', built: BUILT,
    async run(x) {
      const b = await world(x);
      b.it.log('Info', 'CLMgr', 'CLineMgr::ReInit'); b.it.log('Info', 'CLMgr', 'Try to re-initialize line manager after a server down phase'); b.it.traffic(6);
      b.cs.log('warn', 'IpPbx.Client.Plugin.ComSocket.SwyxItHub', 'connection closed by SwyxIt!.UI', ['System.OperationCanceledException: The operation was canceled.', ' ---> System.IO.IOException: Unable to read data from the transport connection: The I/O operation has been aborted because of either a thread exit or an application request.', ' ---> System.Net.Sockets.SocketException (995): The I/O operation has been aborted because of either a thread exit or an application request.', '   --- End of inner exception stack trace ---', '   at System.IO.Pipelines.StreamPipeReader.ReadAsync(CancellationToken cancellationToken)']);
      const m = x.messenger({}); m.start();
      m.line('warn', '[renderer] Failed to load resource: net::ERR_ABORTED');
      await m.getUser(); await m.getAuthToken(); await m.getJwt();
      const WebSocket = require('ws');
      await new Promise((ok) => {
        const s = new WebSocket('wss://iam1.voipoperator.eu/ws/v1', { ca: x.w.goodCa() });
        m.line('info', m.say.wsAsk('wss://iam1.voipoperator.eu/ws/v1'));
        s.on('error', (e) => { m.fail('[socket] previous attempt:', e); ok(); });
        s.close();
      });
      await m.openSocket(); await m.hello();
      const axios = require('axios'), c = axios.CancelToken.source();
      const p = axios.get('http://127.0.0.1:5000/avatars/1103.png', { cancelToken: c.token, proxy: false }).catch((e) => m.line('debug', '[avatar] request cancelled: ' + e.message));
      c.cancel('view closed'); await p;
      await axios.get('http://127.0.0.1:5000/avatars/1104.png', { proxy: false }).catch((e) => m.line('warn', '[avatar] no picture for Ralf Brockmann: ' + e.message));
      for (let i = 0; i < 4; i++) { m.chatter(10, 40000); b.it.traffic(8, 8000); b.cs.traffic(8, 8000); }
      m.line('debug', '[renderer] error boundary: 0 errors'); m.line('debug', '[session] failed messages in queue: 0');
      m.close();
    },
  },
};
