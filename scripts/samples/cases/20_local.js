'use strict';
const BUILT = 'the ComSocket and SwyxIt! files (documented layouts of .NET loggers, documented texts of ASP.NET Core and Windows, an invented Swyx layout).';
const kestrelInUse = (port) => [
  `System.IO.IOException: Failed to bind to address http://127.0.0.1:${port}: address already in use.`,
  ' ---> Microsoft.AspNetCore.Connections.AddressInUseException: Only one usage of each socket address (protocol/network address/port) is normally permitted.',
  ' ---> System.Net.Sockets.SocketException (10048): Only one usage of each socket address (protocol/network address/port) is normally permitted.',
  '   at System.Net.Sockets.Socket.UpdateStatusAfterSocketErrorAndThrowException(SocketError error, String callerName)',
  '   at System.Net.Sockets.Socket.DoBind(EndPoint endPointSnapshot, SocketAddress socketAddress)',
  '   at System.Net.Sockets.Socket.Bind(EndPoint localEP)',
  '   at Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketConnectionListener.Bind()',
  '   --- End of inner exception stack trace ---',
  '   at Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketConnectionListener.Bind()',
  '   at Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketTransportFactory.BindAsync(EndPoint endpoint, CancellationToken cancellationToken)',
  '   at Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServer.<>c__DisplayClass21_0`1.<<StartAsync>g__OnBind|0>d.MoveNext()',
  '--- End of stack trace from previous location where exception was thrown ---',
  '   at Microsoft.AspNetCore.Server.Kestrel.Core.Internal.AddressBinder.BindEndpointAsync(ListenOptions endpoint, AddressBindContext context)',
  '   --- End of inner exception stack trace ---',
  '   at Microsoft.AspNetCore.Server.Kestrel.Core.Internal.AddressBinder.BindEndpointAsync(ListenOptions endpoint, AddressBindContext context)',
  '   at Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions.BindAsync(AddressBindContext context)',
  '   at Microsoft.AspNetCore.Server.Kestrel.Core.Internal.AddressBinder.AddressesStrategy.BindAsync(AddressBindContext context)',
  '   at Microsoft.AspNetCore.Server.Kestrel.Core.Internal.AddressBinder.BindAsync(IServerAddressesFeature addresses, KestrelServerOptions serverOptions, ILogger logger, Func`2 createBinding)',
  '   at Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServer.StartAsync[TContext](IHttpApplication`1 application, CancellationToken cancellationToken)',
];
const DE10048 = 'Normalerweise darf jede Socketadresse (Protokoll, Netzwerkadresse oder Anschluss) nur jeweils einmal verwendet werden.';
const DE10013 = 'Der Zugriff auf einen Socket war aufgrund der Zugriffsrechte des Sockets unzulässig.';
module.exports = {
  port_5000_collision: {
    title: 'Another program owns port 5000, ComSocket cannot bind', stage: 'local-helper', class: 'local-port-collision', base: '2020-08-10T11:15:40+02:00', crlf: true,
    layouts: { messenger: 'electron-log 4', comsocket: 'mel time', swyxit: 'classic' },
    what: 'The classic of the tech talk. A small Python web server of the developer next door listens on 127.0.0.1:5000 before ClMgr starts; Kestrel cannot bind, and the Messenger then talks to the wrong program, which answers 404 with an HTML page.',
    real: 'electron-log 4.2.2 and axios 0.19.2 under Node 12.14.1; the foreign program is Python\'s http.server on 127.0.0.1:5000, its 404 page is its own.',
    built: BUILT + ' The Kestrel exception is put together from its documented texts (Windows 10048, English).',
    evidence: [['ComSocket', 'Failed to bind to address http://127.0.0.1:5000: address already in use.'], ['ComSocket', 'SocketException (10048)'], ['SwyxMessenger', 'could not get the logged-on user from ClMgr']],
    notes: ['The 404 in the Messenger file is a consequence (wrong service on the port), not a cause of its own.'],
    async run(x) {
      const { P, w, clock } = x;
      w.run('python3', ['-m', 'http.server', '5000', '--bind', '127.0.0.1', '--directory', 'work/' + x.name]);
      await w.untilOpen('127.0.0.1', 5000);
      const { it, cs } = await P.begin(x, { listen: false });
      cs.log('fatal', 'Microsoft.AspNetCore.Server.Kestrel', 'Unable to start Kestrel.', kestrelInUse(5000));
      cs.log('error', 'IpPbx.Client.Plugin.ComSocket.Plugin', 'ComSocket web host could not be started', kestrelInUse(5000).slice(0, 3));
      cs.log('info', 'IpPbx.Client.Plugin.ComSocket.Plugin', 'plugin stays loaded without web host');
      it.log('Warn', 'CLMgr', 'plugin IpPbx.Client.Plugin.ComSocket.dll: Init returned 0x80004005');
      it.traffic(10);
      const m = x.messenger({}); m.start();
      await m.getUser(22).catch(() => {});
      await P.retries(x, m, 4, [5, 10, 20, 30], () => m.getUser(20));
      m.line('error', '[login] giving up, user is unknown');
      it.traffic(25, 4000); cs.traffic(8, 9000); m.idle(12, 6000);
    },
  },
  port_5000_collision_german: {
    title: 'Port 5000 is owned by the ClMgr of another session (terminal server)', stage: 'local-helper', class: 'local-port-collision', base: '2020-11-18T07:52:03+01:00', compactName: true,
    layouts: { messenger: 'winston printf', comsocket: 'nlog', swyxit: 'comma' },
    what: 'A terminal server: the first user\'s ClMgr holds 127.0.0.1:5000, the second user\'s cannot bind (Windows text in German inside English .NET text). The helper of the other session refuses the second user\'s Messenger with 403.',
    real: 'winston 3.3.3 (German date layout) and axios 0.19.2 under Node 12.14.1; a server on 127.0.0.1:5000 that answers 403 with `Server: Kestrel`.',
    built: BUILT + ' The 403 of a foreign session is an inference, not documented by the vendor.',
    evidence: [['ComSocket', DE10048], ['SwyxMessenger', 'Benutzer konnte nicht ermittelt werden']],
    async run(x) {
      const { P, w, clock } = x, v = { version: '12.10.4561.0', win: 's.kroeger', user: 'Svenja Kröger', ext: '246', build: '17763' };
      await w.httpServer('127.0.0.1', 5000, (q, res) => { res.writeHead(403, { Server: 'Kestrel', 'Content-Length': 0 }); res.end(); });
      const { it, cs } = await P.begin(x, { listen: false, v });
      cs.log('fatal', 'Microsoft.AspNetCore.Server.Kestrel', 'Unable to start Kestrel.', [
        'System.IO.IOException: Failed to bind to address http://127.0.0.1:5000: address already in use.',
        ` ---> Microsoft.AspNetCore.Connections.AddressInUseException: ${DE10048}`,
        ` ---> System.Net.Sockets.SocketException (10048): ${DE10048}`,
        '   at System.Net.Sockets.Socket.UpdateStatusAfterSocketErrorAndThrowException(SocketError error, String callerName)',
        '   at System.Net.Sockets.Socket.DoBind(EndPoint endPointSnapshot, SocketAddress socketAddress)',
        '   at System.Net.Sockets.Socket.Bind(EndPoint localEP)',
        '   at Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketConnectionListener.Bind()',
        '   --- End of inner exception stack trace ---',
        '   at Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServer.StartAsync[TContext](IHttpApplication`1 application, CancellationToken cancellationToken)']);
      const m = x.messenger({ dialect: 'c', errors: 'message' }); m.start({ win: 's.kroeger', build: '17763' });
      await m.getUser(9).catch(() => {});
      await P.retries(x, m, 2, [15, 30], () => m.getUser(8));
      it.traffic(30, 3000); cs.traffic(20, 4000); m.idle(6, 5000);
    },
  },
  local_port_forbidden: {
    title: 'Windows does not let ComSocket use port 5000 (10013, reserved range)', stage: 'local-helper', class: 'local-port-forbidden', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'log4js', comsocket: 'nlog', swyxit: 'classic' },
    what: 'Hyper-V reserved a range of ports that holds 5000. Kestrel tries http://localhost:5000 on IPv4 and IPv6, both are forbidden; nothing listens, and the Messenger gets ECONNREFUSED.',
    real: 'log4js 6.3.0 and Node\'s own http client under Node 12.14.1; nothing listened on 127.0.0.1:5000, so the refusal is real.', built: BUILT + ' The Kestrel lines are documented, the inner text is Windows 10013 in German.',
    evidence: [['ComSocket', 'SocketException (10013)'], ['ComSocket', 'Unable to bind to http://localhost:5000 on the IPv4 loopback interface'], ['SwyxMessenger', 'connect ECONNREFUSED 127.0.0.1:5000']],
    notes: ['ECONNREFUSED alone would be local-helper-down; the ComSocket trace of the same start tells why.'],
    async run(x) {
      const { P } = x;
      const { it, cs } = await P.begin(x, { listen: false });
      cs.log('warn', 'Microsoft.AspNetCore.Server.Kestrel', `Unable to bind to http://localhost:5000 on the IPv4 loopback interface: '${DE10013}'.`);
      cs.log('warn', 'Microsoft.AspNetCore.Server.Kestrel', `Unable to bind to http://localhost:5000 on the IPv6 loopback interface: '${DE10013}'.`);
      cs.log('fatal', 'Microsoft.AspNetCore.Server.Kestrel', 'Unable to start Kestrel.', [
        'System.IO.IOException: Failed to bind to address http://localhost:5000.',
        ` ---> System.AggregateException: One or more errors occurred. (${DE10013}) (${DE10013})`,
        ` ---> System.Net.Sockets.SocketException (10013): ${DE10013}`,
        '   at System.Net.Sockets.Socket.UpdateStatusAfterSocketErrorAndThrowException(SocketError error, String callerName)',
        '   at System.Net.Sockets.Socket.DoBind(EndPoint endPointSnapshot, SocketAddress socketAddress)',
        '   at System.Net.Sockets.Socket.Bind(EndPoint localEP)',
        '   at Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets.SocketConnectionListener.Bind()',
        '   at Microsoft.AspNetCore.Server.Kestrel.Core.LocalhostListenOptions.BindAsync(AddressBindContext context)',
        '   --- End of inner exception stack trace ---',
        `   ---> (Inner Exception #1) System.Net.Sockets.SocketException (10013): ${DE10013}`,
        '   at System.Net.Sockets.Socket.DoBind(EndPoint endPointSnapshot, SocketAddress socketAddress)<---',
        '',
        '   --- End of inner exception stack trace ---',
        '   at Microsoft.AspNetCore.Server.Kestrel.Core.LocalhostListenOptions.BindAsync(AddressBindContext context)',
        '   at Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServer.StartAsync[TContext](IHttpApplication`1 application, CancellationToken cancellationToken)']);
      it.traffic(12);
      const m = x.messenger({ http: 'node' }); m.start();
      await m.getUser(2041).catch(() => {});
      await P.retries(x, m, 3, [5, 10, 20], () => m.getUser(2033));
      it.traffic(20, 4000); cs.traffic(14, 4000); m.idle(15, 4000);
    },
  },
  local_helper_down: {
    title: 'Nothing listens on 127.0.0.1:5000', stage: 'local-helper', class: 'local-helper-down', base: '2020-08-10T11:15:40+02:00', node: 20,
    layouts: { messenger: 'pino', swyxit: 'classic' },
    what: 'SwyxIt! is logged on, but the ComSocket plug-in was not loaded: there is no ComSocket trace, and every connect of the Messenger to 127.0.0.1:5000 is refused.',
    real: 'pino 6.9 (with its error serializer) and axios 1.7.9 under Node 20; the refusals are real.', built: 'the SwyxIt! file (invented Swyx layout).',
    evidence: [['SwyxMessenger', 'connect ECONNREFUSED 127.0.0.1:5000']],
    async run(x) {
      const { P } = x;
      const { it } = await P.begin(x, { listen: false });
      it.log('Error', 'CLMgr', 'plugin IpPbx.Client.Plugin.ComSocket.dll: LoadLibrary failed');
      const m = x.messenger({ http: 'axios1' }); m.start({ electron: '29.1.4', chrome: '122.0.6261.112', node: '20.9.0', build: '19045' });
      await m.getUser(2048).catch(() => {});
      await P.retries(x, m, 5, [5, 10, 20, 30, 60], () => m.getUser(2040));
      it.traffic(35, 4000); m.idle(20, 4000);
    },
  },
};
