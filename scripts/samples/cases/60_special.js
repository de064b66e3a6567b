'use strict';
const BUILT = 'the ComSocket and SwyxIt! files (documented layouts of .NET loggers, documented texts, an invented Swyx layout).';
const T10060 = 'Ein Verbindungsversuch ist fehlgeschlagen, da die Gegenstelle nach einer bestimmten Zeitspanne nicht richtig reagiert hat, oder die hergestellte Verbindung war fehlerhaft, da der verbundene Host nicht reagiert hat 192.168.10.20:9100';
// .NET Framework with German language pack: one line with all causes, then the frames of each.
const fx10060 = [
  'System.AggregateException: Mindestens ein Fehler ist aufgetreten. ---> System.Net.Http.HttpRequestException: Fehler beim Senden der Anforderung. ---> System.Net.WebException: Die Verbindung mit dem Remoteserver kann nicht hergestellt werden. ---> System.Net.Sockets.SocketException: ' + T10060,
  '   bei System.Net.Sockets.Socket.InternalEndConnect(IAsyncResult asyncResult)',
  '   bei System.Net.Sockets.Socket.EndConnect(IAsyncResult asyncResult)',
  '   bei System.Net.ServicePoint.ConnectSocketInternal(Boolean connectFailure, Socket s4, Socket s6, Socket& socket, IPAddress& address, ConnectSocketState state, IAsyncResult asyncResult, Exception& exception)',
  '   --- Ende der internen Ausnahmestapelüberwachung ---',
  '   bei System.Net.HttpWebRequest.EndGetRequestStream(IAsyncResult asyncResult, TransportContext& context)',
  '   bei System.Net.Http.HttpClientHandler.GetRequestStreamCallback(IAsyncResult ar)',
  '   --- Ende der internen Ausnahmestapelüberwachung ---',
  '--- Ende der Stapelüberwachung vom vorhergehenden Ort, an dem die Ausnahme ausgelöst wurde ---',
  '   bei System.Runtime.CompilerServices.TaskAwaiter.ThrowForNonSuccess(Task task)',
  '   bei System.Runtime.CompilerServices.TaskAwaiter.HandleNonSuccessAndDebuggerNotification(Task task)',
  '   bei Swyx.Messenger.Core.RestClient.<GetAuthTokenAsync>d__12.MoveNext() in C:\\a\\1\\s\\Messenger\\Core\\RestClient.cs:Zeile 88.',
  '   --- Ende der internen Ausnahmestapelüberwachung ---',
  '   bei System.Threading.Tasks.Task.ThrowIfExceptional(Boolean includeTaskCanceledExceptions)',
  '   bei System.Threading.Tasks.Task`1.GetResultCore(Boolean waitCompletionNotification)',
  '   bei Swyx.Messenger.Core.LoginService.Login() in C:\\a\\1\\s\\Messenger\\Core\\LoginService.cs:Zeile 141.',
  '---> (Interne Ausnahme #0) System.Net.Http.HttpRequestException: Fehler beim Senden der Anforderung. ---> System.Net.WebException: Die Verbindung mit dem Remoteserver kann nicht hergestellt werden. ---> System.Net.Sockets.SocketException: ' + T10060,
  '   bei System.Net.Sockets.Socket.EndConnect(IAsyncResult asyncResult)',
  '   --- Ende der internen Ausnahmestapelüberwachung ---',
  '   bei System.Net.HttpWebRequest.EndGetRequestStream(IAsyncResult asyncResult, TransportContext& context)<---',
  '',
];
const fxTrust = [
  'System.Net.Http.HttpRequestException: Fehler beim Senden der Anforderung. ---> System.Net.WebException: Die zugrunde liegende Verbindung wurde geschlossen: Für den geschützten SSL/TLS-Kanal konnte keine Vertrauensstellung hergestellt werden.. ---> System.Security.Authentication.AuthenticationException: Das Remotezertifikat ist laut Validierungsverfahren ungültig.',
  '   bei System.Net.Security.SslState.StartSendAuthResetSignal(ProtocolToken message, AsyncProtocolRequest asyncRequest, Exception exception)',
  '   bei System.Net.Security.SslState.ForceAuthentication(Boolean receiveFirst, Byte[] buffer, AsyncProtocolRequest asyncRequest, Boolean renegotiation)',
  '   bei System.Net.TlsStream.CallProcessAuthentication(Object state)',
  '   --- Ende der internen Ausnahmestapelüberwachung ---',
  '   bei System.Net.HttpWebRequest.EndGetRequestStream(IAsyncResult asyncResult, TransportContext& context)',
  '   bei System.Net.Http.HttpClientHandler.GetRequestStreamCallback(IAsyncResult ar)',
  '   --- Ende der internen Ausnahmestapelüberwachung ---',
  '   bei Swyx.Messenger.Core.TokenClient.<GetJwtAsync>d__9.MoveNext() in C:\\a\\1\\s\\Messenger\\Core\\TokenClient.cs:Zeile 64.',
];
module.exports = {
  dotnet_framework_german: {
    title: 'Port 9100 does not answer; German .NET Framework exceptions over many lines', stage: 'server-api', class: 'server-timeout', base: '2020-08-10T11:15:40+02:00', crlf: true, bom: true,
    layouts: { messenger: 'German hand-made', comsocket: 'log4net', swyxit: 'classic' },
    what: 'As if the Messenger were a .NET Framework program on a German Windows: the same failure as server_timeout, told in German exceptions with inner exceptions and repeated children. No number is printed.',
    real: 'nothing but the order of the steps: no .NET Framework can run here.', built: 'all three files; the exceptions follow the documented German texts (runtime-confirmed ones) and the documented shape.',
    evidence: [['SwyxMessenger', 'Ein Verbindungsversuch ist fehlgeschlagen'], ['ComSocket', 'Ein Verbindungsversuch ist fehlgeschlagen']],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      const m = x.messenger({ dialect: 'c' }); m.start();
      const one = async () => {
        await m.getUser();
        m.line('info', m.say.authAsk('https://swyxserver.firma.local:9100' + m.o.api));
        x.clock.tick(21040);
        m.line('error', m.say.authFail() + '\n' + fx10060.join('\n'));
      };
      m.line('info', m.say.attempt(1));
      await one();
      cs.log('error', 'IpPbx.Client.Plugin.ComSocket.RestClient', 'Abfrage der Serverversion fehlgeschlagen', fx10060.slice(0, 8));
      await x.P.retries(x, m, 2, [15, 30], one);
      it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000);
    },
  },
  dotnet_tls_german: {
    title: 'TLS interception, told in German by .NET Framework', stage: 'token-service', class: 'tls', base: '2020-08-10T11:15:40+02:00', crlf: true,
    layouts: { messenger: 'German hand-made', comsocket: 'nlog', swyxit: 'comma' },
    what: 'As tls_interception, but in the words of .NET Framework on a German Windows.',
    real: 'nothing but the order of the steps: no .NET Framework can run here.', built: 'all three files; the exception follows the documented German texts.',
    evidence: [['SwyxMessenger', 'Das Remotezertifikat ist laut Validierungsverfahren ung'], ['SwyxMessenger', 'konnte keine Vertrauensstellung hergestellt werden']],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w);
      const m = x.messenger({ dialect: 'c' }); m.start();
      const one = async () => {
        await m.getUser(); await m.getAuthToken();
        m.line('info', m.say.jwtAsk('https://swyx-imsecurity.k8s.ispworks.nl' + m.o.tokenPath));
        x.clock.tick(140);
        m.line('error', m.say.jwtFail() + '\n' + fxTrust.join('\n'));
      };
      await one();
      await x.P.retries(x, m, 3, [15, 30, 60], one);
      it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000);
    },
  },
  utc_beside_local: {
    title: 'A Messenger that writes UTC beside a helper that writes local time', stage: 'websocket', class: 'websocket-upgrade-refusal', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'SignalR console', comsocket: 'nlog', swyxit: 'classic' },
    what: 'The Messenger logs through SignalR\'s console logger (`[2020-08-10T09:...Z]`), ComSocket in local time. Read without zones, the Messenger would seem to have failed two hours before ComSocket started. The negotiation over HTTPS succeeds, the WebSocket is refused with 403, and no other transport is offered.',
    real: '@microsoft/signalr 3.1.9 (client, console logger and all its texts) and axios 0.19.2 under Node 12.14.1; a server that negotiates and then refuses the upgrade.', built: BUILT,
    evidence: [['SwyxMessenger', 'Failed to start the connection'], ['SwyxMessenger', 'There was an error with the transport.']],
    notes: ['The status 403 is nowhere in the trace: this client says only "There was an error with the transport."'],
    async run(x) {
      const { w, P } = x;
      const { it, cs } = await P.begin(x, {});
      await P.restApi(w); await P.tokenService(w);
      const s = await w.httpsServer('203.0.113.20', 443, 'wss', (q, res) => w.json(res, 200, { connectionId: 'Jq1mVq8m0ZbW3c2hYxkQ9A', availableTransports: [{ transport: 'WebSockets', transferFormats: ['Text', 'Binary'] }] }));
      s.on('upgrade', (q, sock) => sock.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'));
      const m = x.messenger({ dialect: 'c' });
      m.say = Object.assign({}, m.say, { start: (v) => [`Messenger started, version ${v.version}`, `Windows user ${v.win}, language de-DE`, 'Settings loaded', 'Window ready'], userAsk: (u) => `Requesting user from ClMgr: GET ${u}`, userOk: (u) => `ClMgr answered 200, user is ${u.login}`, authAsk: (u) => `Requesting auth token: POST ${u}`, authOk: () => 'Auth token ok', jwtAsk: (u) => `Requesting JWT: POST ${u}`, jwtOk: () => 'JWT ok', retry: (n, k) => `Login attempt ${n} failed, waiting ${k} s`, attempt: (n) => `Login attempt ${n}` });
      m.start();
      const signalR = require('@microsoft/signalr');
      const one = async () => {
        await m.getUser(); await m.getAuthToken(); await m.getJwt();
        const c = new signalR.HubConnectionBuilder().withUrl('https://iam1.voipoperator.eu/hub', { accessTokenFactory: () => m.jwt }).configureLogging(m.log.signalr).build();
        x.clock.tick(90);
        await c.start().catch((e) => { x.clock.tick(30); m.log.error('Connecting to wss://iam1.voipoperator.eu failed:', e); });
        await w.wait(100);
      };
      await one();
      await P.retries(x, m, 3, [15, 30, 60], one);
      it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000);
    },
  },
  midnight: {
    title: 'A login over midnight, with stamps that hold no date', stage: 'token-service', class: 'server-timeout', base: '2020-08-10T23:58:51+02:00',
    layouts: { messenger: 'electron-log 4, time only', comsocket: 'mel time', swyxit: 'comma' },
    what: 'The night shift logs on at 23:58. All three files have only the time of day. The token service is tried at 23:59:53; the firewall drops the packets, and the timeouts are logged at 00:00:14 and later: on 11 August.',
    real: 'electron-log 4.2.2 with a format without date, and axios 0.19.2 under Node 12.14.1; the ETIMEDOUT came from a listening socket with a full queue.', built: BUILT,
    evidence: [['SwyxMessenger', 'connect ETIMEDOUT 203.0.113.10:443']],
    notes: ['The failure is on 2020-08-11; sorted by bare time it would stand before the start.'],
    async run(x) {
      const { it, cs } = await x.P.begin(x, {});
      await x.P.restApi(x.w);
      await x.w.blackHole('203.0.113.10', 443);
      x.at('2020-08-10T23:59:52.100+02:00');
      const m = x.messenger({}); m.start();
      const one = async () => { await m.getUser(); await m.getAuthToken(); await m.getJwt(21038); };
      await one().catch(() => {});
      await x.P.retries(x, m, 2, [15, 30], one);
      it.traffic(25, 4000); cs.traffic(20, 4000); m.idle(10, 4000);
    },
  },
};
