'use strict';
// Runs one case inside its namespace, and writes its folder below samples/.
// A case: { title, stage, class, base (ISO time), layouts {messenger, comsocket, swyxit}, crlf, what, real, built, evidence [[file start, text, nth]], run(ctx) }
const fs = require('fs'), path = require('path');
const w = require('./world');
const P = require('./parts');
const name = process.argv[2];
const c = require('./cases')[name];
w.guard();
w.clock.set(c.base);
w.clock.install();
const out = path.join(w.root, 'work', name, 'out');
const open = [];
const p0 = w.parts(w.clock.now);
const ctx = {
  w, P, name, clock: w.clock, c,
  at(iso) { w.clock.set(iso); },
  swyxit(o) { const S = require('./swyxit'); const s = new S(out, `SwyxIt!-${w.stamp()}.log`, Object.assign({ layout: c.layouts.swyxit, name, bom: c.bom }, o)); open.push(s); return s; },
  comsocket(o) { const S = require('./comsocket'); const s = new S(out, `ComSocket-${w.stamp()}.log`, Object.assign({ layout: c.layouts.comsocket, name, bom: c.bom }, o)); open.push(s); return s; },
  logger(kind, file) {
    const p = w.parts(w.clock.now);
    const l = require('./loggers')(kind || c.layouts.messenger, path.join(out, file || `SwyxMessenger-${c.compactName ? p.y + p.mo + p.d : p.y + '-' + p.mo + '-' + p.d}.log`));
    open.push(l);
    return l;
  },
  messenger(o) {
    const M = require('./app/messenger');
    return new M(w, Object.assign({ name, log: (o && o.log) || ctx.logger() }, o));
  },
  raw(file, text) { fs.writeFileSync(path.join(out, file), text); },
  out,
};
// What must not stay as this machine printed it: the folder of these scripts, Linux errno numbers (the client runs on Windows).
const UV = { 101: 4062, 104: 4077, 110: 4039, 111: 4078, 113: 4073, 98: 4091, 99: 4090, 13: 4092 };
function clean(t) {
  const json = /^\{"/.test(t);
  const bs = json ? '\\\\' : '\\';
  const app = 'C:\\Program Files (x86)\\SwyxWare\\SwyxMessenger\\resources\\app.asar\\'.replace(/\\/g, bs);
  const esc = w.root.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  // frames of the case script itself: no such frame exists in a program
  const frame = '    at (?:(?!\\\\n|"|\n).)*' + esc + '/(?:cases/|lib/run\\.js)(?:(?!\\\\n|"|\n).)*';
  t = t.replace(new RegExp('\n' + frame, 'g'), '').replace(new RegExp('\\\\n' + frame, 'g'), '');
  t = t.replace(new RegExp('(?:file://)?' + esc + '/([^\\s:)"\\\\]+)', 'g'), (m, f) => app + f.replace(/^lib\/app\//, 'dist/main/').replace(/^lib\//, 'dist/').replace(/^cases\//, 'dist/main/').replace('node_modules/axios1/', 'node_modules/axios/').replace(/\//g, bs));
  return t.replace(/(errno:? ?"?: ?)-(\d+)/g, (m, a, n) => a + '-' + (UV[n] || n)).replace(/("errno":)-(\d+)/g, (m, a, n) => a + '-' + (UV[n] || n)).replace(/(errno: )-(\d+)/g, (m, a, n) => a + '-' + (UV[n] || n));
}
(async () => {
  const timer = setTimeout(() => { console.error('case hangs'); process.exit(3); }, (c.limit || 90) * 1000);
  await c.run(ctx);
  await w.wait(150);
  for (const o of open) await o.close();
  await w.wait(150);
  clearTimeout(timer);
  const dir = path.join(w.root, '..', '..', 'samples', name);
  fs.rmdirSync && fs.existsSync(dir) && fs.readdirSync(dir).forEach((f) => fs.unlinkSync(path.join(dir, f)));
  fs.mkdirSync(dir, { recursive: true });
  const files = fs.readdirSync(out).filter((f) => fs.statSync(path.join(out, f)).isFile()).sort();
  const text = {};
  for (const f of files) {
    let t = fs.readFileSync(path.join(out, f), 'utf8').replace(/\r\n/g, '\n');
    t = clean(t);
    const rest = t.match(/(\/work\/|\/root\/|\/tmp\/|registry)[^\n]*/);
    if (rest) throw new Error(f + ': ' + rest[0]);
    text[f] = t;
    fs.writeFileSync(path.join(dir, f), c.crlf ? t.replace(/\n/g, '\r\n') : t);
  }
  const lines = [`# ${name}`, '', c.title + '.', '', '| | |', '|---|---|', `| failing stage | ${c.stage || 'none'} |`, `| class | ${c.class || 'none'} |`];
  for (const f of files) lines.push(`| \`${f}\` | ${text[f].replace(/\n$/, '').split('\n').length} lines, ${layoutOf(f)} |`);
  lines.push(`| line ends | ${c.crlf ? 'CRLF' : 'LF'}${c.bom ? ', UTF-8 with BOM (ComSocket, SwyxIt!)' : ''} |`, '', '## What happened', '', c.what, '', '## What must be found', '');
  for (const [start, needle, nth] of c.evidence || []) {
    const f = files.find((x) => x.startsWith(start));
    if (!f) throw new Error('no file ' + start);
    const hits = text[f].split('\n').map((l, i) => (l.includes(needle) ? i + 1 : 0)).filter(Boolean);
    if (!hits.length) throw new Error(`${f}: evidence not found: ${needle}`);
    lines.push(`- \`${f}:${hits[nth || 0]}\`: \`${needle}\``);
  }
  if (!(c.evidence || []).length) lines.push('- nothing: no failing step may be named');
  for (const n of c.notes || []) lines.push('- ' + n);
  lines.push('', '## What is real, what is built', '', '- Real: ' + c.real, '- Built: ' + c.built,
    '- The client\'s sentences, paths such as `/ippbx/api/v1/im/token`, names, numbers and tokens are invented. Stamps come from a clock that the case moves; waits are as long as the case says. Paths in stack traces stand for the installed program.', '',
    'Made by `scripts/samples/make.sh ' + name + '`.', '');
  fs.writeFileSync(path.join(dir, 'README.md'), lines.join('\n'));
  process.exit(0);
})().catch((e) => { console.error(e); process.exit(2); });
function layoutOf(f) {
  const l = c.layouts;
  if (c.fileLayouts && c.fileLayouts[f]) return c.fileLayouts[f];
  const say = { nlog: 'NLog', serilog: 'Serilog file', log4net: 'log4net (comma)', mel: 'Microsoft.Extensions.Logging console, two lines, with date', 'mel bare': 'Microsoft.Extensions.Logging console, two lines, no stamps at all', 'mel time': 'Microsoft.Extensions.Logging console, two lines, time only', classic: 'Swyx classic (invented)', comma: 'time only with comma (vendor\'s script log pattern)' };
  const k = f.startsWith('SwyxMessenger') ? l.messenger : f.startsWith('ComSocket') ? l.comsocket : l.swyxit;
  return say[k] || k;
}
