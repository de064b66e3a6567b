'use strict';
// The clock, the random numbers and the servers of a case.
const fs = require('fs'), path = require('path'), http = require('http'), https = require('https'), os = require('os');
const { spawn } = require('child_process');
const root = path.join(__dirname, '..');

// --- a clock that stands still unless a case moves it -------------------------------------------------------------
// Real loggers ask it for the time, so a run gives the same stamps every day. What is waited for is waited for really;
// how long it took by the trace is what the case says.
const RealDate = Date;
let now = 0;
class ClockDate extends RealDate {
  constructor(...a) { if (a.length === 0) super(now); else super(...a); }
  static now() { return now; }
}
const clock = {
  install() { global.Date = ClockDate; },
  set(iso) { now = RealDate.parse(iso); },
  tick(ms) { now += Math.round(ms); },
  get now() { return now; },
};
function pad(n, w) { return String(n).padStart(w || 2, '0'); }
function parts(ms) {
  const d = new RealDate(ms);
  const off = -d.getTimezoneOffset();
  return {
    y: d.getFullYear(), mo: pad(d.getMonth() + 1), d: pad(d.getDate()), h: pad(d.getHours()), mi: pad(d.getMinutes()), s: pad(d.getSeconds()),
    ms: pad(d.getMilliseconds(), 3), off: (off < 0 ? '-' : '+') + pad(Math.floor(Math.abs(off) / 60)) + ':' + pad(Math.abs(off) % 60),
  };
}
function stamp() { const p = parts(now); return p.y + p.mo + p.d + '-' + p.h + p.mi + p.s; }

// --- random numbers that are the same in every run ----------------------------------------------------------------
function rng(seed) {
  let a = 0;
  for (const c of seed) a = (Math.imul(a, 31) + c.charCodeAt(0)) | 0;
  const f = () => { a |= 0; a = (a + 0x6d2b79f5) | 0; let t = Math.imul(a ^ (a >>> 15), 1 | a); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296; };
  f.int = (lo, hi) => lo + Math.floor(f() * (hi - lo + 1));
  f.pick = (l) => l[f.int(0, l.length - 1)];
  f.hex = (n) => { let s = ''; while (s.length < n) s += f.int(0, 15).toString(16); return s; };
  f.id = () => f.hex(8) + '-' + f.hex(4) + '-4' + f.hex(3) + '-a' + f.hex(3) + '-' + f.hex(12);
  return f;
}

// --- servers ------------------------------------------------------------------------------------------------------
function cert(name) {
  const p = (x) => fs.readFileSync(path.join(root, 'work/certs', name + x));
  return { key: p('.key'), cert: p('.chain') };
}
function goodCa() { return fs.readFileSync(path.join(root, 'work/certs/good.pem')); }
function listen(server, port, host) {
  return new Promise((ok, no) => { server.once('error', no); server.listen(port, host, () => ok(server)); });
}
function httpServer(host, port, handler) { return listen(http.createServer(handler), port, host); }
function httpsServer(host, port, certName, handler) { return listen(https.createServer(cert(certName), handler), port, host); }
function json(res, status, body, headers) {
  res.writeHead(status, Object.assign({ 'Content-Type': 'application/json; charset=utf-8', Date: new Date().toUTCString() }, headers || {}));
  res.end(JSON.stringify(body));
}
function wait(ms) { return new Promise((ok) => setTimeout(ok, ms)); }
const children = [];
function run(cmd, args, opt) {
  const p = spawn(cmd, args, Object.assign({ stdio: ['ignore', 'ignore', 'ignore'] }, opt || {}));
  p.on('error', (e) => { throw e; });
  children.push(p);
  process.on('exit', () => { try { p.kill('SIGKILL'); } catch (e) { /* gone */ } });
  return p;
}
async function untilOpen(host, port) {
  const net = require('net');
  for (let i = 0; i < 200; i++) {
    const ok = await new Promise((r) => { const s = net.connect(port, host); s.on('connect', () => { s.destroy(); r(true); }); s.on('error', () => r(false)); });
    if (ok) return;
    await wait(100);
  }
  throw new Error('nothing listens on ' + host + ':' + port);
}
// A listening socket whose queue is full and that never accepts: SYNs are dropped, a connect times out really.
async function blackHole(host, port) {
  run('python3', ['-c', [
    'import socket,time', 's=socket.socket()', 's.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1)', `s.bind(("${host}",${port}))`, 's.listen(0)', 'h=[]',
    'for i in range(4):', ' c=socket.socket(); c.setblocking(False)', ' try: c.connect(("' + host + '",' + port + '))', ' except BlockingIOError: pass', ' h.append(c)',
    'time.sleep(120)'].join('\n')]);
  await wait(1500);
}
// A name server that knows no name at all (NXDOMAIN for everything): getaddrinfo then fails really.
function nxdomain() {
  const s = require('dgram').createSocket('udp4');
  s.on('message', (m, from) => { const r = Buffer.from(m); r[2] = 0x81; r[3] = 0x83; s.send(r, from.port, from.address); });
  return new Promise((ok) => s.bind(53, '127.0.0.53', () => { s.unref(); ok(s); }));
}
function guard() {
  for (const n of Object.keys(os.networkInterfaces())) if (n !== 'lo') throw new Error('run me through make.sh: this must be a namespace with loopback only');
}
module.exports = { root, clock, parts, pad, stamp, rng, cert, goodCa, httpServer, httpsServer, json, wait, run, untilOpen, blackHole, nxdomain, guard, listen, children };
