'use strict';
const BUILT = 'the ComSocket and SwyxIt! files (documented layouts of .NET loggers, documented texts of ASP.NET Core, an invented Swyx layout).';
module.exports = {
  clean_login: {
    title: 'A login as it should be, and an hour of messages', stage: '', class: '', base: '2020-08-10T11:15:40+02:00', crlf: true,
    layouts: { messenger: 'electron-log 4', comsocket: 'serilog', swyxit: 'classic' },
    what: 'SwyxIt! logs on, ComSocket listens on 127.0.0.1:5000, the Messenger walks all steps at the first try and is used. The token stands in the address of the WebSocket, and one request is logged with its Authorization header.',
    real: 'electron-log 4.2.2 under Node 12.14.1 (the Node of Electron 9), axios 0.19.2, ws 7.5, TLS and all four servers on loopback.', built: BUILT,
    notes: ['Must be masked: the JWT in `?access_token=`, the bearer token, the names of people, the Windows user name in paths.'],
    async run(x) {
      const { P, w, clock } = x;
      const it = x.swyxit(); it.start(); clock.tick(600); it.login();
      x.at('2020-08-10T11:15:59+02:00');
      const cs = x.comsocket(); cs.start(); cs.listening(5000); cs.hub();
      await P.helper(w, cs, P.users.anna); await P.restApi(w); await P.tokenService(w); await P.backend(w);
      it.traffic(6); cs.traffic(6, 400);
      clock.tick(1200);
      const m = x.messenger({ tokenInUrl: true, headers: true }); m.start();
      await m.login();
      for (let i = 0; i < 6; i++) { m.chatter(10, 60000); it.traffic(5, 8000); cs.traffic(7, 8000); }
      m.line('info', '[main] before-quit'); m.line('info', '[socket] closed, code 1000, reason "logout"'); m.line('info', '[main] SwyxMessenger ends');
      m.close();
      cs.stop(); it.log('Info', 'CLMgr', 'logged off');
    },
  },
  recovered_login: {
    title: 'The first try at port 9100 timed out, the second one went through', stage: '', class: '', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 3', comsocket: 'nlog', swyxit: 'comma' },
    what: 'The VPN was just coming up: the first connect to swyxserver.firma.local:9100 ended with ETIMEDOUT after 21 seconds. Thirty seconds later everything worked, and the user is online. A report must not name 9100 as the broken step; it may mention the first try as recovered.',
    real: 'electron-log 3.0.9, axios 0.19.2 and ws 7.5 under Node 12.14.1; the ETIMEDOUT came from a listening socket with a full queue.', built: BUILT,
    notes: ['Recovered, not failing: line with `connect ETIMEDOUT 192.168.10.20:9100` in the Messenger file.'],
    async run(x) {
      const { P, w, clock } = x;
      const it = x.swyxit(); it.start(); clock.tick(600); it.login(); it.traffic(5, 600);
      x.at('2020-08-10T11:15:59+02:00');
      const cs = x.comsocket(); cs.start(); cs.listening(5000);
      await P.helper(w, cs, P.users.anna); await P.tokenService(w); await P.backend(w);
      clock.tick(900);
      await w.blackHole('192.168.10.20', 9100);
      const m = x.messenger({ dialect: 'b' }); m.start();
      m.line('info', m.say.attempt(1));
      await m.getUser();
      await m.getAuthToken(21043).catch(() => {});
      m.line('warn', m.say.retry(1, 30));
      it.traffic(6); cs.traffic(5);
      for (const p of w.children.splice(0)) p.kill('SIGKILL');
      await w.wait(300);
      clock.tick(9000);
      await P.restApi(w);
      m.line('info', m.say.attempt(2));
      await m.login();
      m.chatter(25, 30000); it.traffic(20, 30000); cs.traffic(15, 30000);
      m.close();
    },
  },
  dynamic_port: {
    title: 'Version 12.20: the helper is on a free port, the login is well', stage: '', class: '', base: '2020-10-02T08:01:12+02:00',
    layouts: { messenger: 'electron-log 4 with scopes', comsocket: 'log4net', swyxit: 'classic' },
    what: 'From 12.20 ClMgr takes a free port. Here it is 49731, another program owns 5000, and the login succeeds. Nothing may be said about port 5000.',
    real: 'electron-log 4.2.2 with scopes under Node 12.14.1, axios 0.19.2, ws 7.5; a foreign server really held 127.0.0.1:5000 during the run.', built: BUILT,
    async run(x) {
      const { P, w, clock } = x, v = { version: '12.20.5102.0', win: 'j.wiegand', user: 'Jonas Wiegand', ext: '231', build: '19041' };
      await w.httpServer('127.0.0.1', 5000, (q, res) => res.end('other program'));
      const it = x.swyxit(); it.start(v); clock.tick(500); it.login();
      x.at('2020-10-02T08:01:31+02:00');
      const cs = x.comsocket(); cs.start(v); cs.listening(49731, { dynamic: true }); cs.hub();
      it.log('Info', 'CLMgr', 'ComSocket port is 49731');
      await P.helper(w, cs, P.users.jonas, { port: 49731 }); await P.restApi(w); await P.tokenService(w, { sub: 'j.wiegand', name: 'Jonas Wiegand' }); await P.backend(w);
      clock.tick(2000);
      const m = x.messenger({ helper: 'http://127.0.0.1:49731' }); m.start({ version: '12.20.5102.0', build: '19041', win: 'j.wiegand' });
      m.line('info', '[config] ClMgr port from HKCU\\Software\\Swyx\\ComSocket\\Port: 49731');
      await m.login();
      m.chatter(40, 40000); it.traffic(30, 40000); cs.traffic(30, 40000);
      m.close();
    },
  },
};
