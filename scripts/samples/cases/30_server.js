'use strict';
const BUILT = 'the ComSocket and SwyxIt! files (documented layouts of .NET loggers, documented texts, an invented Swyx layout).';
async function at9100(x, o, m) {
  m.start(o && o.v);
  await m.getUser();
  await m.getAuthToken(o.took).catch(() => {});
  await x.P.retries(x, m, o.secs.length, o.secs, async () => { await m.getUser(); await m.getAuthToken(o.took); });
}
module.exports = {
  server_timeout: {
    title: 'Port 9100 of the server is not open in the VPN', stage: 'server-api', class: 'server-timeout', base: '2020-08-10T11:15:40+02:00', crlf: true,
    layouts: { messenger: 'electron-log 4', comsocket: 'log4net', swyxit: 'classic' },
    what: 'Home office over VPN. SwyxIt! logs on and telephony works, since 9094 and SIP are open; 9100 was never needed before and is dropped by the firewall. Every try ends after 21 seconds with ETIMEDOUT.',
    real: 'electron-log 4.2.2 and axios 0.19.2 under Node 12.14.1; the timeouts came from a listening socket with a full queue (3 seconds really, 21 seconds by the trace).', built: BUILT,
    evidence: [['SwyxMessenger', 'connect ETIMEDOUT 192.168.10.20:9100']],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      await x.w.blackHole('192.168.10.20', 9100);
      const m = x.messenger({});
      await at9100(x, { took: 21048, secs: [15, 30] }, m);
      it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(12, 4000);
    },
  },
  server_refused: {
    title: 'The server refuses port 9100 (REST service does not run)', stage: 'server-api', class: 'server-refused', base: '2021-03-17T09:04:11+01:00',
    layouts: { messenger: 'winston json', comsocket: 'nlog', swyxit: 'classic' },
    what: 'The REST service of the SwyxWare server was not started after maintenance; the server answers with a reset at once.',
    real: 'winston 3.3.3 (JSON, UTC stamps) and axios 0.19.2 under Node 12.14.1; nothing listened on the port, so the refusals are real.', built: BUILT,
    evidence: [['SwyxMessenger', 'connect ECONNREFUSED 192.168.10.20:9100']],
    notes: ['The Messenger\'s stamps are UTC (`Z`), the others local time (+01:00).'],
    async run(x) {
      const v = { version: '12.30.5803.0', win: 'j.wiegand', user: 'Jonas Wiegand', ext: '231', build: '19042' };
      const { it, cs } = await x.P.begin(x, { v, listen: 50112, dynamic: true, user: x.P.users.jonas });
      const m = x.messenger({ helper: 'http://127.0.0.1:50112' });
      await at9100(x, { took: 2047, secs: [15, 30, 60], v: { version: '12.30.5803.0', win: 'j.wiegand', build: '19042' } }, m);
      it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000);
    },
  },
  server_unreachable: {
    title: 'There is no route to the server (VPN is down)', stage: 'server-api', class: 'server-unreachable', base: '2020-08-10T11:15:40+02:00', hosts: { 'swyxserver.firma.local': '10.66.4.20' },
    layouts: { messenger: 'electron-log 2', comsocket: 'serilog', swyxit: 'comma' },
    what: 'The VPN broke down just after SwyxIt! had logged on. The server\'s network has no route any more: EHOSTUNREACH, and for a moment ENETUNREACH. ComSocket says the same with Windows 10065 in German.',
    real: 'electron-log 2.2.17 and axios 0.19.2 under Node 12.14.1; EHOSTUNREACH came from an unreachable route, ENETUNREACH from having no route.', built: BUILT,
    evidence: [['SwyxMessenger', 'connect EHOSTUNREACH 10.66.4.20:9100'], ['ComSocket', '(10065)']],
    async run(x) {
      const cp = require('child_process');
      cp.execFileSync('ip', ['route', 'add', 'unreachable', '10.66.0.0/16']);
      const { it, cs } = await x.P.begin(x, { v: { addr: '10.66.4.20' } });
      const m = x.messenger({ dialect: 'b' });
      it.log('Warn', 'SwSIPReg', 'REGISTER refresh sip:214@swyxserver.firma.local: no answer');
      cs.log('info', 'IpPbx.Client.Plugin.ComSocket.ClMgrEventDistributor', 'SwyxServerConnectionStateChanged connected=False');
      cs.log('error', 'IpPbx.Client.Plugin.ComSocket.RestClient', 'GET https://swyxserver.firma.local:9100/ippbx/api/v1/version failed', [
        'System.Net.Http.HttpRequestException: Der Host war bei einem Socketvorgang nicht erreichbar.',
        ' ---> System.Net.Sockets.SocketException (10065): Der Host war bei einem Socketvorgang nicht erreichbar.',
        '   at System.Net.Http.ConnectHelper.ConnectAsync(String host, Int32 port, CancellationToken cancellationToken)',
        '   --- End of inner exception stack trace ---',
        '   at System.Net.Http.HttpClient.FinishSendAsyncBuffered(Task`1 sendTask, HttpRequestMessage request, CancellationTokenSource cts, Boolean disposeCts)']);
      await at9100(x, { took: 3120, secs: [15] }, m);
      cp.execFileSync('ip', ['route', 'del', 'unreachable', '10.66.0.0/16']);
      await x.P.retries(x, m, 1, [30], async () => { await m.getUser(); await m.getAuthToken(12); });
      it.log('Info', 'CLMgr', 'CLineMgr::ReInit'); it.log('Info', 'CLMgr', 'Try to re-initialize line manager after a server down phase');
      it.traffic(20, 4000); cs.traffic(20, 4000); m.idle(10, 4000);
    },
  },
  name_resolution: {
    title: 'The name of the token service cannot be resolved', stage: 'token-service', class: 'name-resolution', base: '2020-08-10T11:15:40+02:00', hosts: { 'swyx-imsecurity.k8s.ispworks.nl': '', 'iam1.voipoperator.eu': '' },
    layouts: { messenger: 'electron-log 5', comsocket: 'mel', swyxit: 'classic' }, node: 20,
    what: 'The company\'s name server knows only internal names. First it does not answer at all (EAI_AGAIN), later it says that the name does not exist (ENOTFOUND).',
    real: 'electron-log 5.2.4 and axios 1.7.9 under Node 20; both errors came from getaddrinfo, asking a name server on loopback (first none, then one that knows no name).', built: BUILT,
    evidence: [['SwyxMessenger', 'getaddrinfo ENOTFOUND swyx-imsecurity.k8s.ispworks.nl'], ['SwyxMessenger', 'getaddrinfo EAI_AGAIN swyx-imsecurity.k8s.ispworks.nl']],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w);
      const m = x.messenger({ http: 'axios1' }); m.start({ electron: '29.1.4', chrome: '122.0.6261.112', node: '20.9.0', build: '19045' });
      const all = async () => { await m.getUser(); await m.getAuthToken(); await m.getJwt(2300); };
      await all().catch(() => {});
      await x.P.retries(x, m, 1, [15], all);
      await x.w.nxdomain();
      await x.P.retries(x, m, 3, [15, 30, 60], all);
      it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000);
    },
  },
  name_resolution_server: {
    title: 'The name of the SwyxWare server cannot be resolved', stage: 'server-api', class: 'name-resolution', base: '2020-08-10T11:15:40+02:00', hosts: { 'swyxserver.firma.local': '' },
    layouts: { messenger: 'electron-log 4', comsocket: 'serilog', swyxit: 'classic' },
    what: 'SwyxIt! logs on by address (RemoteConnector), but hands the Messenger the internal name of the server, which no name server outside knows.',
    real: 'electron-log 4.2.2 and Node\'s own https client under Node 12.14.1; ENOTFOUND came from getaddrinfo, asking a loopback name server that knows no name.', built: BUILT,
    evidence: [['SwyxMessenger', 'getaddrinfo ENOTFOUND swyxserver.firma.local']],
    async run(x) {
      await x.w.nxdomain();
      const { it, cs } = await x.P.begin(x, { v: { addr: '127.0.0.1' } });
      const m = x.messenger({ http: 'node', dialect: 'b', errors: 'message' });
      await at9100(x, { took: 30, secs: [15, 30, 60] }, m);
      it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000);
    },
  },
  auth_token: {
    title: 'The server refuses the user at 9100 (401)', stage: 'server-api', class: 'auth-token', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4 with scopes', comsocket: 'nlog', swyxit: 'classic' },
    what: 'The REST interface answers 401 to the request for the authentication token: the Windows ticket was not accepted.',
    real: 'electron-log 4.2.2 and axios 0.19.2 under Node 12.14.1; a TLS server on 192.168.10.20:9100 (loopback device) that answers 401.', built: BUILT + ' The body of the 401 is invented.',
    evidence: [['SwyxMessenger', 'Request failed with status code 401']],
    async run(x) {
      const { w } = x;
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(w, (q, res) => w.json(res, 401, { code: 'NotAuthorized', message: 'Access is denied.' }, { Server: 'Microsoft-HTTPAPI/2.0', 'WWW-Authenticate': 'Negotiate' }));
      const m = x.messenger({});
      await at9100(x, { secs: [15, 30] }, m);
      it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000);
    },
  },
  auth_token_right: {
    title: 'The user has no right to use Instant Messaging (403 at 9100)', stage: 'server-api', class: 'auth-token', base: '2020-09-14T13:30:02+02:00', crlf: true,
    layouts: { messenger: 'electron-log 3', comsocket: 'mel', swyxit: 'comma' },
    what: 'A new colleague: nobody gave the right IM in the SwyxControlCenter. 9100 answers 403.',
    real: 'electron-log 3.0.9 and Node\'s own https client under Node 12.14.1; a TLS server on port 9100 that answers 403.', built: BUILT + ' The body of the 403 is invented.',
    evidence: [['SwyxMessenger', 'HTTP 403 Forbidden']],
    async run(x) {
      const { w } = x, v = { win: 's.kroeger', user: 'Svenja Kröger', ext: '246' };
      const { it, cs } = await x.P.begin(x, { v, user: x.P.users.svenja });
      await x.P.restApi(w, (q, res) => w.json(res, 403, { code: 'FeatureNotAllowed', message: 'User 1103 does not have the right to use instant messaging.' }, { Server: 'Microsoft-HTTPAPI/2.0' }));
      const m = x.messenger({ http: 'node' });
      await at9100(x, { secs: [30], v: { win: 's.kroeger' } }, m);
      it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000);
    },
  },
  version_too_old: {
    title: 'Client and server are older than 12.10: 9100 knows no such request', stage: 'server-api', class: 'configuration', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'log4net', swyxit: 'classic' },
    what: 'SwyxIt! 12.00 at a server 12.00. The Messenger was copied from another PC; the REST interface answers 404 to the request for a token.',
    real: 'electron-log 4.2.2 and axios 0.19.2 under Node 12.14.1; a TLS server on port 9100 that answers 404.', built: BUILT + ' That a 12.00 server answers 404 is an inference.',
    evidence: [['SwyxIt!', 'SwyxIt! 12.00.3987.0'], ['SwyxMessenger', 'Request failed with status code 404']],
    async run(x) {
      const { w } = x, v = { version: '12.00.3987.0' };
      const { it, cs } = await x.P.begin(x, { v });
      await x.P.restApi(w, (q, res) => { res.writeHead(404, { Server: 'Microsoft-HTTPAPI/2.0', 'Content-Type': 'text/html; charset=us-ascii' }); res.end('<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd"><HTML><HEAD><TITLE>Not Found</TITLE></HEAD><BODY><h2>Not Found</h2><hr><p>HTTP Error 404. The requested resource is not found.</p></BODY></HTML>'); });
      const m = x.messenger({});
      await at9100(x, { secs: [15, 30] }, m);
      it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000);
    },
  },
  client_login_failed: {
    title: 'SwyxIt! itself cannot log on: Invalid Credentials', stage: 'client-login', class: 'configuration', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', swyxit: 'classic' },
    what: 'The user\'s password was changed; SwyxIt! is not logged on, the plug-ins are not loaded, and nothing further happens. The Messenger waits.',
    real: 'electron-log 4.2.2 under Node 12.14.1; the refusals at 127.0.0.1:5000 are real.', built: 'the SwyxIt! file: `Invalid Credentials` with 0x80070005 is a text found in CLMgr by third parties, the layout is invented.',
    evidence: [['SwyxIt!', 'ClientCDS::Connect > Invalid Credentials']],
    notes: ['ECONNREFUSED 127.0.0.1:5000 in the Messenger file is a consequence: the first broken step is the login of SwyxIt!.'],
    async run(x) {
      const it = x.swyxit(); it.start();
      for (let i = 0; i < 3; i++) {
        x.clock.tick(900);
        it.log('Error', 'ClientCDS', 'ClientCDS::Connect > Invalid Credentials, hr=0x80070005');
        it.log('Warn', 'CLMgr', 'logon failed, asking the user for credentials');
        x.clock.tick(14000);
        it.log('Info', 'ClientCDS', 'ClientCDS::Connect > net.tcp://swyxserver.firma.local:9094/ConfigDataStore/CLoginImpl.upwd');
      }
      it.log('Error', 'ClientCDS', 'ClientCDS::Connect > Invalid Credentials, hr=0x80070005', 700);
      it.log('Info', 'CLMgr', 'user cancelled the logon dialog', 6000);
      for (let i = 0; i < 12; i++) it.log('Info3', 'CLMgr', 'Ignore, we are in power dial mode resp. not logged on', 5000);
      const m = x.messenger({ http: 'axios' }); m.start();
      await m.getUser(2040).catch(() => {});
      await x.P.retries(x, m, 2, [15, 30], () => m.getUser(2035));
      m.idle(15, 4000);
    },
  },
  ports_exhausted: {
    title: 'The PC has no free ports left: 10048 on an outbound connect', stage: 'server-api', class: 'resource', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'serilog', swyxit: 'classic' },
    what: 'A backup program leaks connections until all ephemeral ports are gone. Windows then answers a connect to the server with 10048, the number of the port collision, but nobody tried to bind 5000: ComSocket listens and answers.',
    real: 'electron-log 4.2.2 and axios 0.19.2 under Node 12.14.1. The kernel here would say EADDRNOTAVAIL, so the case hands Node the number that libuv gives on Windows (EADDRINUSE): Node\'s own code wrote the text.', built: BUILT + ' The .NET text is Windows 10048 (English) with the connect frames of .NET Core 3.1.',
    evidence: [['SwyxMessenger', 'connect EADDRINUSE 192.168.10.20:9100'], ['ComSocket', 'SocketException (10048)']],
    notes: ['Trap T1: this is not the collision on port 5000.'],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      const { TCP } = process.binding('tcp_wrap');
      const connect = TCP.prototype.connect;
      TCP.prototype.connect = function (req, addr, port) { if (port === 9100) { setImmediate(() => req.oncomplete(-98, this, req, true, true)); return 0; } return connect.apply(this, arguments); };
      const T = 'Only one usage of each socket address (protocol/network address/port) is normally permitted.';
      const exc = [`System.Net.Http.HttpRequestException: ${T}`, ` ---> System.Net.Sockets.SocketException (10048): ${T}`,
        '   at System.Net.Http.ConnectHelper.ConnectAsync(String host, Int32 port, CancellationToken cancellationToken)', '   --- End of inner exception stack trace ---',
        '   at System.Net.Http.ConnectHelper.ConnectAsync(String host, Int32 port, CancellationToken cancellationToken)',
        '   at System.Net.Http.HttpConnectionPool.ConnectAsync(HttpRequestMessage request, Boolean allowHttp2, CancellationToken cancellationToken)',
        '   at System.Net.Http.HttpClient.FinishSendAsyncBuffered(Task`1 sendTask, HttpRequestMessage request, CancellationTokenSource cts, Boolean disposeCts)'];
      const m = x.messenger({});
      m.start();
      const one = async () => { await m.getUser(); cs.log('error', 'IpPbx.Client.Plugin.ComSocket.RestClient', 'GET https://swyxserver.firma.local:9100/ippbx/api/v1/version failed', exc); await m.getAuthToken(16); };
      await one().catch(() => {});
      await x.P.retries(x, m, 3, [15, 30, 60], one);
      it.log('Warn', 'TCPSock', 'connect to 192.168.10.20:9094 failed, error 10048');
      it.traffic(20, 4000); cs.traffic(15, 4000); m.idle(10, 4000);
    },
  },
};
