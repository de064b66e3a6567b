'use strict';
// A small messenger client that walks the login chain of the vendor's talk against real servers, and logs as such a
// program would. Its sentences are invented (no trace of the real program is public); what stands in its error lines
// is what the runtime and the libraries said.
const https = require('https');
const http = require('http');
const WebSocket = require('ws');

const SAY = {
  a: {
    start: (v) => [
      `[main] SwyxMessenger ${v.version} starting (electron ${v.electron}, chrome ${v.chrome}, node ${v.node}, win32 x64 10.0.${v.build})`,
      `[main] command line: "C:\\Program Files (x86)\\SwyxWare\\SwyxMessenger\\SwyxMessenger.exe" --hidden`,
      `[main] userData is C:\\Users\\${v.win}\\AppData\\Roaming\\SwyxMessenger`,
      `[main] locale de, time zone Europe/Berlin`,
      `[main] single instance lock acquired`,
      `[config] loading C:\\Users\\${v.win}\\AppData\\Roaming\\SwyxMessenger\\config.json`,
      `[config] notifications=on sound=on startMinimized=true spellcheck=de-DE`,
      `[main] tray icon created`,
      `[main] window created 1024x720 at 412,180 (display 1 of 2, scale 1)`,
      `[renderer] i18n: 1 locale loaded (de), fallback en`,
      `[renderer] local store opened, 23 conversations, 4107 messages cached`,
      `[ipc] renderer ready`,
    ],
    userAsk: (u) => `[login] asking ClMgr for the logged-on user: GET ${u}`,
    userOk: (u, ms) => `[login] 200 OK from ClMgr after ${ms} ms, user "${u.displayName}" (id ${u.userId}, number ${u.number}), server ${u.server}`,
    authAsk: (u) => `[login] requesting authentication token: POST ${u}`,
    authOk: (ms, t) => `[login] authentication token received after ${ms} ms (expires in ${t} s)`,
    jwtAsk: (u) => `[login] requesting JWT: POST ${u}`,
    jwtOk: (ms, t) => `[login] JWT received after ${ms} ms, tenant ${t}`,
    wsAsk: (u) => `[socket] opening ${u}`,
    wsOk: (u, ms) => `[socket] open after ${ms} ms, protocol "coligo.v1"`,
    session: (n) => `[session] session established, ${n} contacts, presence subscription active`,
    userFail: () => '[login] could not get the logged-on user from ClMgr',
    authFail: () => '[login] authentication token request failed',
    jwtFail: () => '[login] JWT request failed',
    wsFail: (u) => `[socket] connection to ${u} failed`,
    closed: (c, r) => `[socket] closed, code ${c}, reason "${r}"`,
    offline: () => '[session] state -> offline',
    retry: (n, s) => `[login] login attempt ${n} failed, next attempt in ${s} s`,
    attempt: (n) => `[login] login attempt ${n}`,
  },
  b: {
    start: (v) => [
      `Messenger ${v.version} started, pid ${v.pid}`,
      `Platform: Windows 10 (10.0.${v.build}), Node ${v.node}, Electron ${v.electron}`,
      'Settings: autostart=true closeToTray=true theme=light lang=de',
      'Store: sqlite opened (schema 14)',
      'Store: 312 rooms, 8841 messages',
      'Notifications: using Windows toast, AppUserModelId com.swyx.messenger',
      'MainWindow: ready-to-show',
    ],
    userAsk: (u) => `LoginService: state Idle -> RequestingUser (${u})`,
    userOk: (u) => `LoginService: HTTP 200, user ${u.login} on ${u.server}`,
    authAsk: (u) => `LoginService: state RequestingUser -> RequestingAuthToken (${u})`,
    authOk: () => 'LoginService: HTTP 200, auth token ok',
    jwtAsk: (u) => `LoginService: state RequestingAuthToken -> RequestingJwt (${u})`,
    jwtOk: () => 'LoginService: HTTP 200, jwt ok',
    wsAsk: (u) => `LoginService: state RequestingJwt -> Connecting (${u})`,
    wsOk: () => 'LoginService: state Connecting -> Connected',
    session: (n) => `Session: roster received (${n} entries)`,
    userFail: () => 'LoginService: RequestingUser failed:',
    authFail: () => 'LoginService: RequestingAuthToken failed:',
    jwtFail: () => 'LoginService: RequestingJwt failed:',
    wsFail: () => 'LoginService: Connecting failed:',
    closed: (c, r) => `Session: websocket closed ${c} ${r}`,
    offline: () => 'LoginService: state Connected -> Disconnected',
    retry: (n, s) => `LoginService: retry #${n} in ${s}s`,
    attempt: (n) => `LoginService: login started (#${n})`,
  },
  c: {
    start: (v) => [
      `Messenger gestartet, Version ${v.version}`,
      `Windows-Benutzer ${v.win}, Sprache de-DE`,
      'Einstellungen geladen',
      'Lokale Datenbank geöffnet (Schema 14)',
      'Fenster bereit',
    ],
    userAsk: (u) => `Frage angemeldeten Benutzer ab: GET ${u}`,
    userOk: (u) => `Antwort 200 OK, angemeldeter Benutzer: ${u.displayName} (${u.number}) an ${u.server}`,
    authAsk: (u) => `Anfrage an SwyxServer: POST ${u}`,
    authOk: () => 'Authentifizierungstoken erhalten',
    jwtAsk: (u) => `Anfrage an Tokendienst: POST ${u}`,
    jwtOk: () => 'JWT erhalten',
    wsAsk: (u) => `Verbinde mit ${u}`,
    wsOk: () => 'WebSocket verbunden',
    session: (n) => `Sitzung aufgebaut, ${n} Kontakte`,
    userFail: () => 'Benutzer konnte nicht ermittelt werden:',
    authFail: () => 'Kein Authentifizierungstoken erhalten:',
    jwtFail: () => 'Kein JWT erhalten:',
    wsFail: () => 'Verbindung zum Messaging-Backend fehlgeschlagen:',
    closed: (c, r) => `WebSocket getrennt, Code ${c} ${r}`,
    offline: () => 'Status: offline',
    retry: (n, s) => `Anmeldung fehlgeschlagen (${n}), erneuter Versuch in ${s} Sekunden`,
    attempt: (n) => `Anmeldeversuch ${n}`,
  },
};

class Messenger {
  constructor(w, o) {
    this.w = w; this.log = o.log; this.say = SAY[o.dialect || 'a'];
    this.o = Object.assign({ http: 'axios', helper: 'http://127.0.0.1:5000', path: '/swyxIt/api/user', api: '/ippbx/api/v1/im/token', tokenPath: '/api/v1/token', wsPath: '/ws/v1', tokenInUrl: false, errors: 'object' }, o);
    this.r = w.rng(o.name + 'm');
    this.ca = w.goodCa();
  }

  line(level, text, ...more) {
    const t = /^\[(\w+)\] ([^]*)$/.exec(text), d = this.o.dialect || 'a';
    if (t && d === 'b') text = t[1][0].toUpperCase() + t[1].slice(1) + ': ' + t[2];
    if (t && d === 'c') text = t[2];
    this.put(level, text, ...more);
  }
  put(level, text, ...more) { this.w.clock.tick(this.r.int(1, 18)); this.log[level](text, ...more); }
  fail(text, e) { this.w.clock.tick(this.r.int(1, 9)); if (this.o.errors === 'message') this.log.error(text + ' ' + e.message); else this.log.error(text, e); }

  start(v) {
    const d = Object.assign({ version: '12.10.4561.0', electron: '9.1.2', chrome: '83.0.4103.122', node: '12.14.1', build: '18363', win: 'a.beispiel', pid: this.r.int(4000, 19000) }, v || {});
    for (const l of this.say.start(d)) { this.line(/renderer|Store|Lokale/.test(l) ? 'debug' : 'info', l); this.w.clock.tick(this.r.int(10, 120)); }
  }

  // One request; answers { status, data, headers }, throws what the library throws.
  async request(method, url, body, headers) {
    const o = this.o, agent = o.agent && /^https/.test(url) && !/:9100/.test(url) ? o.agent : undefined;
    if (o.http === 'axios') {
      const axios = require('axios');
      const c = { method, url, data: body, headers: headers || {}, timeout: o.timeout || 0, proxy: false };
      if (/^https/.test(url)) c.httpsAgent = agent || new https.Agent({ ca: this.ca });
      return axios(c);
    }
    if (o.http === 'axios1') {
      const axios = require('axios1');
      const c = { method, url, data: body, headers: headers || {}, timeout: o.timeout || 0, proxy: false };
      if (/^https/.test(url)) c.httpsAgent = agent || new https.Agent({ ca: this.ca });
      return axios(c);
    }
    if (o.http === 'fetch') {
      const undici = require('undici');
      const dispatcher = o.dispatcher && /^https/.test(url) && !/:9100/.test(url) ? o.dispatcher : new undici.Agent({ connect: { ca: this.ca } });
      const res = await undici.fetch(url, { method, body: body ? JSON.stringify(body) : undefined, headers: Object.assign({ 'content-type': 'application/json' }, headers), dispatcher });
      const text = await res.text();
      let data = text;
      try { data = JSON.parse(text); } catch (e) { if (res.ok) throw e; }
      if (!res.ok) { const e = new Error('HTTP ' + res.status + ' ' + res.statusText); e.response = { status: res.status, statusText: res.statusText, data, headers: Object.fromEntries(res.headers) }; throw e; }
      return { status: res.status, data, headers: Object.fromEntries(res.headers) };
    }
    return new Promise((ok, no) => {
      const mod = /^https/.test(url) ? https : http;
      const q = mod.request(url, { method, headers: Object.assign({ 'Content-Type': 'application/json' }, headers), ca: this.ca, agent }, (res) => {
        let t = '';
        res.on('data', (d) => { t += d; });
        res.on('end', () => {
          const a = { status: res.statusCode, statusText: res.statusMessage, headers: res.headers, data: t };
          try { a.data = JSON.parse(t); } catch (e) { if (res.statusCode < 300) return no(e); }
          if (res.statusCode < 300) return ok(a);
          const e = new Error(`HTTP ${res.statusCode} ${res.statusMessage} for ${method} ${url}`);
          e.response = a;
          return no(e);
        });
      });
      q.on('error', no);
      if (body) q.write(JSON.stringify(body));
      q.end();
    });
  }

  describe(e) {
    // Axios errors carry the whole request; a program logs less of it.
    if (e.isAxiosError || e.config) { const s = new Error(e.message); s.stack = e.stack; if (e.code) s.code = e.code; ['errno', 'syscall', 'address', 'port'].forEach((k) => { if (e[k] !== undefined) s[k] = e[k]; }); return s; }
    return e;
  }
  body(e) {
    const r = e.response;
    if (!r) return;
    const h = r.headers || {};
    const t = typeof r.data === 'string' ? r.data : JSON.stringify(r.data);
    this.line('debug', `[http] < ${r.status} ${r.statusText || ''} server=${h.server || '-'} content-type=${h['content-type'] || '-'}${h['www-authenticate'] ? ' www-authenticate=' + h['www-authenticate'] : ''}`);
    if (t) this.line('debug', '[http] < ' + t.slice(0, 900));
  }

  async step(ask, ok, fail, url, took, call) {
    this.line('info', ask(url));
    const t = this.w.clock.now;
    try {
      const a = await call();
      const low = this.w.clock.now - t;
      this.w.clock.tick(Math.max(1, (took || this.r.int(9, 160)) - low));
      return a;
    } catch (e) {
      this.w.clock.tick(took || this.r.int(9, 160));
      this.fail(fail(url), this.describe(e));
      this.body(e);
      throw e;
    }
  }

  async getUser(took) {
    const url = this.o.helper + this.o.path, t = this.w.clock.now;
    const a = await this.step(this.say.userAsk, null, this.say.userFail, url, took, () => this.request('GET', url));
    this.user = a.data;
    this.line('info', this.say.userOk(this.user, this.w.clock.now - t));
  }
  async getAuthToken(took) {
    const url = `https://${this.user.server}${this.o.api}`, t = this.w.clock.now;
    const a = await this.step(this.say.authAsk, null, this.say.authFail, url, took, () => this.request('POST', url, { userId: this.user.userId, client: 'SwyxMessenger' }));
    this.auth = a.data;
    this.line('info', this.say.authOk(this.w.clock.now - t, a.data.expiresIn));
  }
  async getJwt(took) {
    const url = 'https://swyx-imsecurity.k8s.ispworks.nl' + this.o.tokenPath, t = this.w.clock.now;
    if (this.o.headers) this.line('debug', `[http] > POST ${url} Authorization: Bearer ${this.auth.token}`);
    const a = await this.step(this.say.jwtAsk, null, this.say.jwtFail, url, took, () => this.request('POST', url, { domain: this.user.domain }, { Authorization: 'Bearer ' + this.auth.token }));
    this.jwt = a.data.jwt;
    this.line('info', this.say.jwtOk(this.w.clock.now - t, a.data.tenant));
  }
  openSocket(took) {
    const url = 'wss://iam1.voipoperator.eu' + this.o.wsPath + (this.o.tokenInUrl ? '?access_token=' + this.jwt : '');
    const t = this.w.clock.now;
    this.line('info', this.say.wsAsk(url));
    return new Promise((ok, no) => {
      const opt = { ca: this.ca, headers: this.o.tokenInUrl ? {} : { Authorization: 'Bearer ' + this.jwt }, handshakeTimeout: this.o.wsTimeout };
      if (this.o.agent) opt.agent = this.o.agent;
      const ws = new WebSocket(url, ['coligo.v1'], opt);
      this.ws = ws;
      ws.on('open', () => {
        this.w.clock.tick(took || this.r.int(60, 240));
        this.line('info', this.say.wsOk(url, this.w.clock.now - t));
        ok(ws);
      });
      // look at the answer, and let the library go on to its own error
      const emit = ws.emit;
      let answer;
      ws.emit = function (name, q, res) { if (name === 'unexpected-response') { answer = res; return false; } return emit.apply(ws, arguments); };
      ws.on('error', (e) => {
        this.w.clock.tick(took || this.r.int(20, 90));
        this.fail(this.say.wsFail(url), e);
        if (answer) this.body({ response: { status: answer.statusCode, statusText: answer.statusMessage, headers: answer.headers, data: '' } });
        const done = () => { this.line('info', this.say.closed(1006, '')); no(e); };
        if (answer && this.o.probe) this.probe(url).then(done, done); else done();
      });
    });
  }
  // The same address without an upgrade, to see the text of the refusal.
  async probe(url) {
    const h = url.replace(/^wss/, 'https');
    this.line('debug', '[socket] asking for the reason: GET ' + h);
    try { await this.request('GET', h, undefined, this.o.tokenInUrl ? {} : { Authorization: 'Bearer ' + this.jwt }); } catch (e) { this.w.clock.tick(this.r.int(20, 90)); this.body(e); }
  }
  hello() {
    return new Promise((ok) => {
      this.ws.once('message', (m) => { const d = JSON.parse(m); this.w.clock.tick(this.r.int(30, 120)); this.line('info', this.say.session(d.contacts)); ok(); });
      this.ws.send(JSON.stringify({ type: 'hello', client: 'SwyxMessenger', user: this.user.userId }));
    });
  }
  async login(took) {
    took = took || {};
    await this.getUser(took.user);
    await this.getAuthToken(took.auth);
    await this.getJwt(took.jwt);
    await this.openSocket(took.ws);
    await this.hello();
  }
  // What goes on in a messenger while nothing is wrong.
  chatter(n, gap) {
    const r = this.r, people = ['Petra Lohmann', 'Jonas Wiegand', 'Svenja Kröger', 'Mehmet Aydin', 'Anke Thelen', 'Ralf Brockmann', 'Ines Vogelsang'];
    const kinds = [
      () => ['debug', `[presence] presence updated: ${r.pick(people)} -> ${r.pick(['available', 'away', 'busy', 'on the phone', 'offline'])}`],
      () => ['debug', `[presence] presence updated: ${r.pick(people)} -> ${r.pick(['available', 'away', 'busy', 'on the phone'])}`],
      () => ['info', `[chat] message received in room ${r.hex(8)} (${r.int(4, 400)} characters)`],
      () => ['info', `[chat] message sent ${r.id()} (ack ${r.int(28, 140)} ms)`],
      () => ['debug', `[socket] ping, pong after ${r.int(18, 60)} ms`],
      () => ['debug', `[renderer] conversation ${r.hex(8)} selected`],
      () => ['debug', `[avatar] cached ${r.pick(people).replace(' ', '_')}.png (${r.int(2, 40)} kB)`],
      () => ['debug', '[main] window ' + r.pick(['focus', 'blur', 'minimize', 'restore'])],
      () => ['debug', `[chat] typing indicator from ${r.pick(people)}`],
      () => ['debug', `[notify] toast shown for room ${r.hex(8)}`],
    ];
    for (let i = 0; i < n; i++) {
      this.w.clock.tick(r.int((gap || 4000) / 4, (gap || 4000) * 2));
      const [l, t] = r.pick(kinds)();
      this.line(l, t);
    }
  }
  idle(n, gap) {
    const r = this.r;
    for (let i = 0; i < n; i++) {
      this.w.clock.tick(r.int((gap || 3000) / 3, (gap || 3000) * 2));
      this.line('debug', r.pick(['[main] window blur', '[main] window focus', '[renderer] view changed: login', '[config] unchanged', '[main] powerMonitor: on-ac', '[renderer] view changed: settings', '[store] vacuum skipped', '[ipc] state requested by renderer', '[main] idle time 0 s']));
    }
  }
  close() { if (this.ws) this.ws.terminate(); }
}
module.exports = Messenger;
