'use strict';
const net = require('net'), https = require('https');
const BUILT = 'the ComSocket and SwyxIt! files (documented layouts of .NET loggers, documented texts, an invented Swyx layout).';
function rest(it, cs, m) { it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000); }
async function tries(x, m, secs, one) { await one().catch(() => {}); await x.P.retries(x, m, secs.length, secs, one); }
const inUse = ['System.IO.IOException: Failed to bind to address http://127.0.0.1:5000: address already in use.',
  ' ---> Microsoft.AspNetCore.Connections.AddressInUseException: Only one usage of each socket address (protocol/network address/port) is normally permitted.',
  ' ---> System.Net.Sockets.SocketException (10048): Only one usage of each socket address (protocol/network address/port) is normally permitted.',
  '   at System.Net.Sockets.Socket.DoBind(EndPoint endPointSnapshot, SocketAddress socketAddress)', '   at System.Net.Sockets.Socket.Bind(EndPoint localEP)', '   --- End of inner exception stack trace ---',
  '   at Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServer.StartAsync[TContext](IHttpApplication`1 application, CancellationToken cancellationToken)'];
module.exports = {
  server_hangs: {
    title: 'Port 9100 accepts, but never answers', stage: 'server-api', class: 'server-timeout', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'nlog', swyxit: 'comma' },
    what: 'The REST service of the server hangs: the connection and TLS come up, no answer comes. The client gives up after its own ten seconds, with the code ECONNABORTED, which is no abort by anybody else.',
    real: 'electron-log 4.2.2 and axios 0.19.2 under Node 12.14.1; the ten seconds were really waited for.', built: BUILT,
    evidence: [['SwyxMessenger', 'timeout of 10000ms exceeded']],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w, () => {});
      const m = x.messenger({ timeout: 10000 }); m.start();
      await tries(x, m, [15, 30], async () => { await m.getUser(); await m.getAuthToken(10012); });
      rest(it, cs, m);
    },
  },
  captive_portal: {
    title: 'A logon page answers instead of the token service', stage: 'token-service', class: 'proxy', base: '2020-08-10T11:15:40+02:00', crlf: true,
    layouts: { messenger: 'electron-log 3', comsocket: 'serilog', swyxit: 'classic' },
    what: 'The guest network of a hotel answers every HTTPS request with 200 and its own page. Where JSON should be, the client finds HTML.',
    real: 'electron-log 3.0.9 and Node\'s own https client and JSON parser under Node 12.14.1.', built: BUILT + ' The page is invented.',
    evidence: [['SwyxMessenger', 'Unexpected token < in JSON at position 0']],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w);
      await x.P.tokenService(x.w, {}, (q, res) => { res.writeHead(200, { 'Content-Type': 'text/html' }); res.end('<html><head><title>Gast-WLAN Anmeldung</title></head><body>Bitte anmelden</body></html>'); });
      const m = x.messenger({ http: 'node' }); m.start();
      await tries(x, m, [15, 30, 60], async () => { await m.getUser(); await m.getAuthToken(); await m.getJwt(); });
      rest(it, cs, m);
    },
  },
  tls_cut: {
    title: 'The firewall cuts the connection during the TLS handshake', stage: 'token-service', class: 'tls', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'log4js', comsocket: 'log4net', swyxit: 'classic' },
    what: 'A firewall reads the host name in the first TLS packet and closes the connection. TCP works, TLS never comes up.',
    real: 'log4js 6.3.0 and axios 0.19.2 under Node 12.14.1; a TCP server that closes after the first packet.', built: BUILT,
    evidence: [['SwyxMessenger', 'Client network socket disconnected before secure TLS connection was established']],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w);
      await x.w.listen(net.createServer((s) => s.once('data', () => s.end())), 443, '203.0.113.10');
      const m = x.messenger({}); m.start();
      await tries(x, m, [15, 30, 60], async () => { await m.getUser(); await m.getAuthToken(); await m.getJwt(); });
      rest(it, cs, m);
    },
  },
  tls_wrong_name: {
    title: 'The backend\'s address shows a certificate for another name', stage: 'websocket', class: 'tls', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 2', comsocket: 'nlog', swyxit: 'classic' },
    what: 'The company\'s name server sends iam1.voipoperator.eu to another machine; its certificate is good, but for another name.',
    real: 'electron-log 2.2.17, axios 0.19.2 and ws 7.5 under Node 12.14.1.', built: BUILT,
    evidence: [['SwyxMessenger', 'Hostname/IP does not match certificate\'s altnames']],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w); await x.P.tokenService(x.w); await x.P.backend(x.w, { cert: 'token' });
      const m = x.messenger({}); m.start();
      await tries(x, m, [15, 30, 60], async () => { await m.getUser(); await m.getAuthToken(); await m.getJwt(); await m.openSocket(); });
      rest(it, cs, m);
    },
  },
  websocket_silent: {
    title: 'TLS comes up, the upgrade is never answered', stage: 'websocket', class: 'websocket-upgrade-refusal', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4 with scopes', comsocket: 'mel time', swyxit: 'classic' },
    what: 'A firewall without WebSocket support swallows the request for the upgrade. The client gives up after ten seconds.',
    real: 'electron-log 4.2.2 and ws 7.5 under Node 12.14.1; the handshake timeout of ten seconds was really waited for.', built: BUILT,
    evidence: [['SwyxMessenger', 'Opening handshake has timed out']],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w); await x.P.tokenService(x.w);
      const s = await x.w.httpsServer('203.0.113.20', 443, 'wss', () => {});
      s.on('upgrade', () => {});
      const m = x.messenger({ wsTimeout: 10000 }); m.start();
      await tries(x, m, [15, 30], async () => { await m.getUser(); await m.getAuthToken(); await m.getJwt(); await m.openSocket(10011); });
      rest(it, cs, m);
    },
  },
  dotnet_http_timeout: {
    title: 'Port 9100 within HttpClient\'s hundred seconds: nothing', stage: 'server-api', class: 'server-timeout', base: '2021-09-06T10:20:15+02:00',
    layouts: { messenger: 'Serilog file', comsocket: 'mel bare', swyxit: 'comma' },
    what: 'As if the Messenger were a .NET 5 program: HttpClient cancels after 100 seconds. The innermost exception is Windows 995, which is a consequence of the cancel, not the cause (traps T7, T8). ComSocket\'s trace has no stamps at all.',
    real: 'nothing but the order of the steps.', built: 'all three files; the exception follows the documented .NET 5 texts.',
    evidence: [['SwyxMessenger', 'The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.']],
    async run(x) {
      const v = { version: '12.40.6250.0', win: 'j.wiegand', user: 'Jonas Wiegand', ext: '231', build: '19043' };
      const { it, cs } = await x.P.begin(x, { v, listen: 51877, dynamic: true, user: x.P.users.jonas });
      const m = x.messenger({ dialect: 'b', helper: 'http://127.0.0.1:51877' });
      const start = m.say.start;
      m.say = Object.assign({}, m.say, { start: (d) => start(d).map((l) => (/^Platform/.test(l) ? `Platform: Microsoft Windows 10.0.${d.build}, .NET 5.0.9, x64` : l)) });
      m.start(v);
      const T = 'The I/O operation has been aborted because of either a thread exit or an application request.';
      await tries(x, m, [15, 30], async () => {
        await m.getUser();
        m.line('info', m.say.authAsk('https://swyxserver.firma.local:9100' + m.o.api));
        x.clock.tick(100015);
        m.line('error', m.say.authFail() + '\n' + ['System.Threading.Tasks.TaskCanceledException: The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.', ' ---> System.TimeoutException: The operation was canceled.', ' ---> System.Threading.Tasks.TaskCanceledException: The operation was canceled.', ` ---> System.IO.IOException: Unable to read data from the transport connection: ${T}.`.replace('..', '.'), ` ---> System.Net.Sockets.SocketException (995): ${T}`,
          '   --- End of inner exception stack trace ---', '   at System.Net.Sockets.Socket.AwaitableSocketAsyncEventArgs.ThrowException(SocketError error, CancellationToken cancellationToken)', '   at System.Net.Security.SslStream.<FillHandshakeBufferAsync>g__InternalFillHandshakeBufferAsync|186_0[TIOAdapter](TIOAdapter adap, ValueTask`1 task, Int32 minSize)', '   at System.Net.Http.HttpConnection.SendAsyncCore(HttpRequestMessage request, Boolean async, CancellationToken cancellationToken)',
          '   --- End of inner exception stack trace ---', '   at System.Net.Http.HttpClient.HandleFailure(Exception e, Boolean telemetryStarted, HttpResponseMessage response, CancellationTokenSource cts, CancellationToken cancellationToken, CancellationTokenSource pendingRequestsCts)', '   at Swyx.Messenger.Core.RestClient.GetAuthTokenAsync() in C:\\a\\1\\s\\Messenger\\Core\\RestClient.cs:line 97'].join('\n'));
      });
      rest(it, cs, m);
    },
  },
  second_start_ok: {
    title: 'The port was taken in the morning; after a restart all is well', stage: '', class: '', base: '2020-08-10T07:45:40+02:00', limit: 60,
    layouts: { messenger: 'electron-log 4', comsocket: 'nlog', swyxit: 'classic' },
    what: 'One Messenger file for the day with two runs, and two files each of ComSocket and SwyxIt!. The first run met a taken port 5000; the user ended the other program, restarted SwyxIt!, and the second run logged in. The state at the end is well; the first run may be told as a past failure.',
    real: 'electron-log 4.2.2, axios 0.19.2 and ws 7.5 under Node 12.14.1.', built: BUILT,
    notes: ['Recovered, not failing: local-port-collision in the first ComSocket file.'],
    async run(x) {
      const { P, w } = x;
      const other = await w.httpServer('127.0.0.1', 5000, (q, res) => { res.writeHead(404); res.end('not found'); });
      const a = await P.begin(x, { listen: false });
      a.cs.log('fatal', 'Microsoft.AspNetCore.Server.Kestrel', 'Unable to start Kestrel.', inUse);
      const log = x.logger();
      const m = x.messenger({ log }); m.start();
      await tries(x, m, [5, 10, 20], async () => { await m.getUser(15); });
      m.idle(10, 8000); a.it.traffic(20, 4000); a.cs.traffic(10, 4000);
      m.line('info', '[main] before-quit'); m.line('info', '[main] SwyxMessenger ends');
      a.cs.stop(); a.it.log('Info', 'CLMgr', 'logged off');
      other.close(); await w.wait(200);
      x.at('2020-08-10T08:21:09+02:00');
      const b = await P.begin(x, {});
      await P.restApi(w); await P.tokenService(w); await P.backend(w);
      const n = x.messenger({ log, name: 'second' }); n.start();
      await n.login();
      for (let i = 0; i < 3; i++) { n.chatter(10, 40000); b.it.traffic(8, 8000); b.cs.traffic(8, 8000); }
      n.close();
    },
  },
  well_yesterday: {
    title: 'Two days of traces: well yesterday, the server refuses today', stage: 'server-api', class: 'server-refused', base: '2020-08-10T07:58:31+02:00', limit: 60,
    layouts: { messenger: 'electron-log 4', comsocket: 'serilog', swyxit: 'classic' },
    what: 'The folder holds the files of two days. On 10 August the login succeeded; on 11 August, after an update of the server, port 9100 refuses. The newest run counts.',
    real: 'electron-log 4.2.2, axios 0.19.2 and ws 7.5 under Node 12.14.1; the refusals are real.', built: BUILT,
    evidence: [['SwyxMessenger-2020-08-11', 'connect ECONNREFUSED 192.168.10.20:9100']],
    async run(x) {
      const { P, w } = x;
      const a = await P.begin(x, {});
      const api = await P.restApi(w); await P.tokenService(w); await P.backend(w);
      const files = require('path').join(x.out, 'SwyxMessenger-2020-08-10.log');
      const log = x.logger();
      const m = x.messenger({ log }); m.start();
      await m.login();
      for (let i = 0; i < 3; i++) { m.chatter(9, 60000); a.it.traffic(7, 8000); a.cs.traffic(7, 8000); }
      m.line('info', '[main] before-quit'); m.line('info', '[main] SwyxMessenger ends');
      m.close(); a.cs.stop(); a.it.log('Info', 'CLMgr', 'logged off');
      api.close(); if (api.closeAllConnections) api.closeAllConnections();
      await w.wait(300);
      x.at('2020-08-11T08:02:47+02:00');
      const b = await P.begin(x, { helper: false });
      require('electron-log4').transports.file.resolvePath = () => files.replace('08-10', '08-11');
      const n = x.messenger({ log, name: 'today' }); n.start();
      await tries(x, n, [15, 30, 60], async () => { await n.getUser(); await n.getAuthToken(2040); });
      rest(b.it, b.cs, n);
    },
  },
};
