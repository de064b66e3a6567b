'use strict';
const fs = require('fs'), path = require('path'), cp = require('child_process');
const BUILT = 'the ComSocket and SwyxIt! files (documented layouts of .NET loggers, documented texts, an invented Swyx layout).';
const PAGE = `<!doctype html><meta charset="utf-8"><title>SwyxMessenger</title><script src="app.js"></script>`;
// Runs as the Messenger's window. Its console goes to Chromium's log, as Electron does with --enable-logging.
const APP = `
async function ask(what, url, body, auth) {
  console.log('login: requesting ' + what + ' from ' + url);
  const r = await fetch(url, { method: body ? 'POST' : 'GET', body: body && JSON.stringify(body), headers: auth ? { Authorization: 'Bearer ' + auth } : {} });
  console.log('login: ' + url + ' answered ' + r.status + ' ' + r.statusText);
  return r.json();
}
async function login() {
  const user = await ask('user', 'http://127.0.0.1:5000/swyxIt/api/user');
  const auth = await ask('auth token', 'https://' + user.server + '/ippbx/api/v1/im/token', { userId: user.userId });
  const jwt = await ask('JWT', 'https://swyx-imsecurity.k8s.ispworks.nl/api/v1/token', { domain: user.domain }, auth.token);
  console.log('socket: opening wss://iam1.voipoperator.eu/ws/v1');
  await new Promise((ok, no) => {
    const s = new WebSocket('wss://iam1.voipoperator.eu/ws/v1?access_token=' + jwt.jwt);
    s.onopen = () => { console.log('socket: WebSocket open'); ok(); };
    s.onclose = (e) => { console.warn('socket: closed, code ' + e.code + ', clean ' + e.wasClean); no(new Error('no connection to the messaging backend')); };
  });
}
(async () => {
  console.log('SwyxMessenger 12.10.4561.0 window loaded');
  for (let i = 1; i <= 3; i++) {
    console.log('login: login attempt ' + i);
    try { await login(); break; } catch (e) { console.error('login: failed: ' + e); }
    await new Promise((ok) => setTimeout(ok, 400));
  }
  console.log('END');
})();`;
function spki(w, name) {
  return cp.execSync(`openssl x509 -in work/certs/${name}.crt -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`, { cwd: w.root }).toString().trim();
}
async function chromium(x, trusted, cs) {
  const { w } = x;
  await w.httpServer('127.0.0.1', 8099, (q, res) => { res.writeHead(200, { 'Content-Type': /js$/.test(q.url) ? 'text/javascript' : 'text/html' }); res.end(/js$/.test(q.url) ? APP : /favicon/.test(q.url) ? '' : PAGE); });
  const dir = path.join(w.root, 'work', x.name, 'profile');
  const p = cp.spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-web-security', '--no-proxy-server',
    '--user-data-dir=' + dir, '--enable-logging=stderr', '--ignore-certificate-errors-spki-list=' + trusted.map((n) => spki(w, n)).join(','), 'http://127.0.0.1:8099/index.html', '--remote-debugging-port=0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  p.stderr.on('data', (d) => { text += d; });
  for (let i = 0; i < 300 && !/"END"/.test(text); i++) await w.wait(100);
  await w.wait(300);
  p.kill('SIGKILL');
  // Only what a window and the network of the Messenger say; stamps from the case's clock, process numbers fixed.
  const out = [], r = w.rng(x.name + 'c'), pids = {};
  let keep = false;
  for (const line of text.split('\n')) {
    const h = /^\[(\d+):(\d+):\d{4}\/\d{6}\.\d+:(\w+):([^\]]+)\] (.*)$/.exec(line);
    if (h) keep = ((/CONSOLE/.test(h[4]) && /8099/.test(h[5])) || /ssl_client_socket|net\//.test(h[4])) && !/"END"/.test(h[5]);
    if (!keep) continue;
    if (!h) { out.push(line); continue; }
    if (/api\/user answered/.test(h[5])) cs.request('GET', '/swyxIt/api/user', 200);
    x.clock.tick(/login attempt/.test(h[5]) && out.length > 3 ? 15000 : r.int(8, 140));
    const t = w.parts(x.clock.now);
    const id = pids[h[1]] || (pids[h[1]] = [r.int(3000, 15000), r.int(3000, 15000)]);
    out.push(`[${id[0]}:${id[1]}:${t.mo}${t.d}/${t.h}${t.mi}${t.s}.${t.ms}${w.pad(r.int(0, 999), 3)}:${h[3]}:${h[4]}] ${h[5].replace(/http:\/\/127\.0\.0\.1:8099\//g, 'app://messenger/')}`);
  }
  x.raw('SwyxMessenger-2020-08-10.log', out.filter(Boolean).join('\n') + '\n');
}
// The same window, its console handed to the main process and logged there (as an Electron program does with
// console-message): taken from Chromium through the DevTools protocol, network messages included.
async function chromiumConsole(x, trusted, log, cs) {
  const { w } = x, WebSocket = require('ws'), http = require('http');
  await w.httpServer('127.0.0.1', 8099, (q, res) => { res.writeHead(200, { 'Content-Type': /js$/.test(q.url) ? 'text/javascript' : 'text/html' }); res.end(/js$/.test(q.url) ? APP : /favicon/.test(q.url) ? '' : PAGE); });
  const p = cp.spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-web-security', '--no-proxy-server',
    '--user-data-dir=' + path.join(w.root, 'work', x.name, 'profile'), '--ignore-certificate-errors-spki-list=' + trusted.map((n) => spki(w, n)).join(','), '--remote-debugging-port=9222', 'about:blank'], { stdio: 'ignore' });
  await w.untilOpen('127.0.0.1', 9222);
  const list = await new Promise((ok) => http.get('http://127.0.0.1:9222/json', (r) => { let t = ''; r.on('data', (d) => { t += d; }); r.on('end', () => ok(JSON.parse(t))); }));
  const c = new WebSocket(list.find((t) => t.type === 'page').webSocketDebuggerUrl);
  await new Promise((ok) => c.on('open', ok));
  let n = 0, end = false;
  const r = w.rng(x.name + 'c'), level = { log: 'info', warning: 'warn', error: 'error', info: 'info', verbose: 'debug' };
  const said = [];
  const put = (l, t) => { if (t === 'END') end = true; else said.push([l, t]); };
  // stamped when all is said, so that two runs give the same stamps
  const write = (l, t) => { if (/api\/user answered/.test(t)) cs.request('GET', '/swyxIt/api/user', 200); x.clock.tick(/login attempt [23]/.test(t) ? 15000 : r.int(8, 140)); log[level[l] || 'debug']('[renderer] ' + t.replace(/http:\/\/127\.0\.0\.1:8099\//g, 'app://messenger/')); };
  c.on('message', (m) => {
    const d = JSON.parse(m);
    if (d.method === 'Runtime.consoleAPICalled') put(d.params.type, d.params.args.map((a) => a.value).join(' '));
    if (d.method === 'Log.entryAdded' && d.params.entry.level === 'error' && !/favicon/.test(d.params.entry.url || '')) put('error', `${d.params.entry.text} (${d.params.entry.url || ''}${d.params.entry.lineNumber === undefined ? '' : ':' + (d.params.entry.lineNumber + 1)})`);
  });
  for (const [m, a] of [['Log.enable'], ['Runtime.enable'], ['Page.enable'], ['Page.navigate', { url: 'http://127.0.0.1:8099/index.html' }]]) c.send(JSON.stringify({ id: ++n, method: m, params: a || {} }));
  for (let i = 0; i < 300 && !end; i++) await w.wait(100);
  p.kill('SIGKILL');
  c.terminate();
  said.forEach(([l, t]) => write(l, t));
}
const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' };
async function world(x, o) {
  const { w, P } = x;
  const b = await P.begin(x, { helper: false });
  await P.helper(w, null, P.users.anna);
  await P.restApi(w, (q, res) => w.json(res, 200, { token: P.authToken(w), expiresIn: 300 }, cors));
  await P.tokenService(w, o, (q, res) => w.json(res, 200, { jwt: P.token(w), tenant: 'server01.firma.example' }, cors));
  return b;
}
const REAL = 'all lines of the Messenger file are of a real Chromium (Debian\'s, headless; file names and line numbers in its native lines are of that version), run on a page that walks the login chain. Stamps and process numbers are rewritten.';
module.exports = {
  tls_interception_chromium: {
    title: 'TLS interception as Chromium itself logs it', stage: 'token-service', class: 'tls', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'Chromium native log', comsocket: 'serilog', swyxit: 'classic' },
    what: 'The Messenger does the login in its window. Chromium\'s network refuses the firewall\'s certificate; the native line has only numbers (net_error -202), the console says ERR_CERT_AUTHORITY_INVALID, and the script only "Failed to fetch".',
    real: REAL, built: BUILT,
    evidence: [['SwyxMessenger', 'net_error -202'], ['SwyxMessenger', 'TypeError: Failed to fetch']],
    async run(x) {
      const b = await world(x, { cert: 'mitm_token' });
      await chromium(x, ['server', 'wss'], b.cs);
      b.it.traffic(25, 4000); b.cs.traffic(20, 4000);
    },
  },
  proxy_websocket_chromium: {
    title: 'A proxy answers the upgrade with a page (200), as Chromium logs it', stage: 'websocket', class: 'websocket-upgrade-refusal', base: '2020-08-10T11:15:40+02:00',
    layouts: { messenger: 'electron-log 4', comsocket: 'nlog', swyxit: 'classic' },
    what: 'The proxy answers the WebSocket\'s handshake with a web page of its own instead of 101. The console line holds the whole address with the token.',
    real: 'electron-log 4.2.2 under Node 12.14.1; the `[renderer]` lines are the console of a real Chromium (Debian\'s, headless), run on a page that walks the login chain, its network messages included.', built: BUILT + ' The proxy\'s page is invented.',
    evidence: [['SwyxMessenger', 'Unexpected response code: 200']],
    notes: ['Must be masked: the JWT in `?access_token=`.', 'Class proxy: a 200 at the upgrade means that a web page answered (trap T11).'],
    async run(x) {
      const b = await world(x, {});
      const page = '<html><head><title>Webfilter</title></head><body>Seite gesperrt</body></html>';
      const s = await x.w.httpsServer('203.0.113.20', 443, 'wss', (q, res) => res.end(page));
      s.on('upgrade', (q, sock) => sock.end(`HTTP/1.1 200 OK\r\nServer: Webfilter\r\nContent-Type: text/html\r\nContent-Length: ${page.length}\r\nConnection: close\r\n\r\n${page}`));
      const m = x.messenger({}); m.start();
      await chromiumConsole(x, ['server', 'wss', 'token'], m.log, b.cs);
      m.idle(12, 5000);
      b.it.traffic(25, 4000); b.cs.traffic(20, 4000);
    },
  },
};
