'use strict';
// Pieces that many cases share: the user, tokens, the four servers of the chain when they are well.
const jwt = require('jsonwebtoken');
const WebSocket = require('ws');
const SECRET = 'sample-key-of-the-test-backend';
const users = {
  anna: { userId: 1042, displayName: 'Anna Beispiel', login: 'a.beispiel@firma.local', number: '214', phone: '+49 231 5550214', mail: 'anna.beispiel@firma.example', server: 'swyxserver.firma.local:9100', domain: 'server01.firma.example' },
  jonas: { userId: 1057, displayName: 'Jonas Wiegand', login: 'j.wiegand@firma.local', number: '231', phone: '+49 231 5550231', mail: 'jonas.wiegand@firma.example', server: 'swyxserver.firma.local:9100', domain: 'server01.firma.example' },
  svenja: { userId: 1103, displayName: 'Svenja Kröger', login: 's.kroeger@firma.local', number: '246', phone: '+49 231 5550246', mail: 'svenja.kroeger@firma.example', server: 'swyxserver.firma.local:9100', domain: 'server01.firma.example' },
};
function token(w, o) {
  o = Object.assign({ iss: 'https://swyx-imsecurity.k8s.ispworks.nl/', aud: 'iam1.voipoperator.eu', sub: 'a.beispiel', life: 3600, shift: 0 }, o || {});
  const iat = Math.floor(w.clock.now / 1000) + o.shift;
  const p = { iss: o.iss, aud: o.aud, sub: o.sub, name: o.name || 'Anna Beispiel', tenant: 'server01.firma.example', iat, nbf: iat, exp: iat + o.life };
  return jwt.sign(p, SECRET, { algorithm: 'HS256' });
}
function authToken(w) { return Buffer.from(w.rng('auth' + w.clock.now).hex(48)).toString('base64').replace(/=/g, ''); }

// 127.0.0.1:<port>: answers who the user is, and writes the built trace of the helper beside it.
function helper(w, cs, user, o) {
  o = Object.assign({ port: 5000, path: '/swyxIt/api/user' }, o);
  return w.httpServer('127.0.0.1', o.port, (q, res) => {
    if (q.url !== o.path) { cs && cs.request(q.method, q.url, 404, ''); return w.json(res, 404, {}); }
    cs && cs.request(q.method, q.url, 200);
    w.json(res, 200, user, { Server: 'Kestrel' });
  });
}
function restApi(w, answer) {
  return w.httpsServer('192.168.10.20', 9100, 'server', (q, res) => {
    q.resume();
    q.on('end', () => (answer ? answer(q, res) : w.json(res, 200, { token: authToken(w), expiresIn: 300 }, { Server: 'Microsoft-HTTPAPI/2.0' })));
  });
}
function tokenService(w, o, answer) {
  return w.httpsServer('203.0.113.10', 443, (o && o.cert) || 'token', (q, res) => {
    q.resume();
    q.on('end', () => (answer ? answer(q, res) : w.json(res, 200, { jwt: token(w, o), tenant: 'server01.firma.example' }, { Server: 'nginx/1.17.10' })));
  });
}
// The backend: checks the JWT with jsonwebtoken and speaks WebSocket with ws. `refuse`: (request) -> undefined or { status, text, headers, body }
async function backend(w, o) {
  o = o || {};
  const say = (r) => `HTTP/1.1 ${r.status} ${r.text}\r\nServer: ${o.server || 'nginx/1.17.10'}\r\nDate: ${new Date().toUTCString()}\r\n` + Object.entries(r.headers || {}).map(([k, v]) => `${k}: ${v}\r\n`).join('') + `Content-Length: ${Buffer.byteLength(r.body || '')}\r\nConnection: close\r\n\r\n${r.body || ''}`;
  const check = (q) => {
    if (o.refuse) { const r = o.refuse(q); if (r) return r; }
    const m = /access_token=([^&]+)/.exec(q.url) || /^Bearer (.+)$/.exec(q.headers.authorization || '');
    try {
      if (o.clock) w.clock.tick(o.clock);
      try { jwt.verify(m && m[1], SECRET, { audience: o.audience || 'iam1.voipoperator.eu' }); } finally { if (o.clock) w.clock.tick(-o.clock); }
    } catch (e) {
      const body = JSON.stringify({ error: 'invalid_token', error_description: e.message, expiredAt: e.expiredAt, date: e.date });
      return { status: 401, text: 'Unauthorized', headers: { 'Content-Type': 'application/json', 'WWW-Authenticate': `Bearer error="invalid_token", error_description="${e.message}"` }, body };
    }
  };
  const wss = new WebSocket.Server({ noServer: true });
  const s = await w.httpsServer('203.0.113.20', 443, o.cert || 'wss', (q, res) => {
    const r = check(q) || { status: 426, text: 'Upgrade Required', headers: {}, body: 'Upgrade Required' };
    q.resume();
    res.socket.end(say(r));
  });
  s.on('upgrade', (q, sock, head) => {
    const r = check(q);
    if (r) return sock.end(say(r));
    wss.handleUpgrade(q, sock, head, (ws) => {
      s.sockets.push(ws._socket);
      ws.on('message', (m) => { const d = JSON.parse(m); if (d.type === 'hello') ws.send(JSON.stringify({ type: 'roster', contacts: o.contacts || 37 })); });
    });
  });
  s.sockets = [];
  s.cut = () => s.sockets.splice(0).forEach((x) => x.destroy());
  return s;
}
// SwyxIt! logs on and the helper comes up some seconds later. o: { v, listen (port, or false), hub, helper: false }
async function begin(x, o) {
  o = Object.assign({ v: {}, listen: 5000, gap: 18000, user: users.anna }, o || {});
  const it = x.swyxit(); it.start(o.v); x.clock.tick(600); it.login(); it.traffic(o.traffic === undefined ? 5 : o.traffic, 400);
  x.clock.tick(o.gap - 5000);
  let cs;
  if (x.c.layouts.comsocket) {
    cs = x.comsocket(o.cs); cs.start(o.v);
    if (o.listen) { cs.listening(o.listen, o); cs.hub(); }
  }
  if (o.listen && o.helper !== false) await helper(x.w, cs, o.user, { port: o.listen });
  x.clock.tick(1500);
  return { it, cs };
}
// The user tries again, in vain.
async function retries(x, m, n, secs, step) {
  for (let k = 1; k <= n; k++) {
    const i = m.tries = (m.tries || 0) + 1;
    m.line('warn', m.say.retry(i, secs[k - 1]));
    m.idle(3, secs[k - 1] * 200);
    x.clock.tick(secs[k - 1] * 400);
    m.line('info', m.say.attempt(i + 1));
    await step().catch(() => {});
  }
}
module.exports = { begin, retries, users, token, authToken, helper, restApi, tokenService, backend };
