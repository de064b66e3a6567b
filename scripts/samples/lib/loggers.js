'use strict';
// The Messenger's trace: real loggers. Each gives { debug, info, warn, error, close }.
const path = require('path');
function eachLevel(f) { const o = {}; for (const l of ['debug', 'info', 'warn', 'error']) o[l] = f(l); return o; }
const make = {
  'electron-log 2'(file) {
    const log = require('electron-log2');
    log.transports.console.level = false; log.transports.file.level = 'silly'; log.transports.file.file = file;
    return Object.assign(eachLevel((l) => log[l].bind(log)), { close() {} });
  },
  'electron-log 3'(file) {
    const log = require('electron-log3');
    log.transports.console.level = false; log.transports.file.level = 'silly'; log.transports.file.file = file;
    return Object.assign(eachLevel((l) => log[l].bind(log)), { close() {} });
  },
  'electron-log 4'(file) {
    const log = require('electron-log4');
    log.transports.console.level = false; log.transports.file.level = 'silly'; log.transports.file.resolvePath = () => file;
    return Object.assign(eachLevel((l) => log[l].bind(log)), { close() {} });
  },
  'electron-log 4 with scopes'(file) {
    const log = require('electron-log4');
    log.transports.console.level = false; log.transports.file.level = 'silly'; log.transports.file.resolvePath = () => file;
    const scopes = {};
    return Object.assign(eachLevel((l) => (m, ...a) => {
      const t = /^\[(\w+)\] ([^]*)$/.exec(m);
      if (!t) return log[l](m, ...a);
      const s = scopes[t[1]] || (scopes[t[1]] = log.scope(t[1]));
      s[l](t[2], ...a);
    }), { close() {} });
  },
  'electron-log 5'(file) {
    const log = require('electron-log5/node');
    log.transports.console.level = false; log.transports.file.level = 'silly'; log.transports.file.resolvePathFn = () => file;
    return Object.assign(eachLevel((l) => log[l].bind(log)), { close() {} });
  },
  'winston json'(file) {
    const w = require('winston');
    const t = new w.transports.File({ filename: file });
    const log = w.createLogger({ level: 'silly', format: w.format.combine(w.format.errors({ stack: true }), w.format.timestamp(), w.format.json()), defaultMeta: { service: 'messenger' }, transports: [t] });
    return Object.assign(eachLevel((l) => (m, e) => log.log(Object.assign({ level: l, message: m }, e instanceof Error ? { error: e.message, code: e.code, stack: e.stack } : e && typeof e === 'object' ? e : {}))),
      { close: () => new Promise((ok) => { t.on('finish', () => setTimeout(ok, 200)); log.end(); }) });
  },
  'winston printf'(file) {
    const w = require('winston');
    const t = new w.transports.File({ filename: file });
    const log = w.createLogger({ level: 'silly', format: w.format.combine(w.format.timestamp({ format: 'DD.MM.YYYY HH:mm:ss.SSS' }), w.format.printf((i) => `${i.timestamp} ${i.level.toUpperCase()}: ${i.message}`)), transports: [t] });
    const util = require('util');
    return Object.assign(eachLevel((l) => (m, ...a) => log.log(l, [m].concat(a.map((x) => (x instanceof Error ? x.stack : util.inspect(x)))).join(' '))),
      { close: () => new Promise((ok) => { t.on('finish', () => setTimeout(ok, 200)); log.end(); }) });
  },
  'electron-log 4, time only'(file) {
    const log = require('electron-log4');
    log.transports.console.level = false; log.transports.file.level = 'silly'; log.transports.file.resolvePath = () => file;
    log.transports.file.format = '{h}:{i}:{s}.{ms} {level} {text}';
    return Object.assign(eachLevel((l) => log[l].bind(log)), { close() {} });
  },
  // The console logger of the SignalR client: stamps in UTC.
  'SignalR console'(file) {
    const fs = require('fs'), util = require('util'), { ConsoleLogger } = require('@microsoft/signalr/dist/cjs/Utils');
    fs.writeFileSync(file, '');
    for (const k of ['error', 'warn', 'info', 'log']) console[k] = (...a) => fs.appendFileSync(file, util.format(...a) + '\n');
    const log = new ConsoleLogger(1), n = { debug: 1, info: 2, warn: 3, error: 4 };
    return Object.assign(eachLevel((l) => (m, ...a) => log.log(n[l], [m].concat(a.map((x) => (x instanceof Error ? x.toString() : util.inspect(x)))).join(' '))), { signalr: log, close() {} });
  },
  // BUILT: a line as .NET programs write it by hand under German culture.
  'German hand-made'(file) {
    const fs = require('fs'), w = require('./world');
    fs.writeFileSync(file, '');
    const names = { debug: 'DEBUG', info: 'INFO', warn: 'WARNUNG', error: 'FEHLER' };
    return Object.assign(eachLevel((l) => (m, ...a) => { const p = w.parts(w.clock.now); fs.appendFileSync(file, `[${p.d}.${p.mo}.${p.y} ${p.h}:${p.mi}:${p.s}] ${names[l]} ${[m].concat(a).join(' ')}\n`); }), { close() {} });
  },
  // BUILT: the default layout of Serilog's file sink.
  'Serilog file'(file) {
    const fs = require('fs'), w = require('./world');
    fs.writeFileSync(file, '');
    const names = { debug: 'DBG', info: 'INF', warn: 'WRN', error: 'ERR' };
    return Object.assign(eachLevel((l) => (m, ...a) => { const p = w.parts(w.clock.now); fs.appendFileSync(file, `${p.y}-${p.mo}-${p.d} ${p.h}:${p.mi}:${p.s}.${p.ms} ${p.off} [${names[l]}] ${[m].concat(a).join(' ')}\n`); }), { close() {} });
  },
  log4js(file) {
    const l4 = require('log4js');
    l4.configure({ appenders: { f: { type: 'file', filename: file, layout: { type: 'basic' } } }, categories: { default: { appenders: ['f'], level: 'all' } } });
    return Object.assign(eachLevel((l) => (m, ...a) => {
      const t = /^\[(\w+)\] ([^]*)$/.exec(m);
      const log = l4.getLogger(t ? t[1] : 'default');
      log[l](t ? t[2] : m, ...a);
    }), { close: () => new Promise((ok) => l4.shutdown(() => setTimeout(ok, 200))) });
  },
  pino(file) {
    const pino = require('pino');
    const log = pino({ level: 'trace', base: { pid: 11284, hostname: 'PC-0214' } }, pino.destination({ dest: file, sync: true }));
    return Object.assign(eachLevel((l) => (m, e) => (e instanceof Error ? log[l]({ err: e }, m) : e ? log[l](e, m) : log[l](m))), { close() {} });
  },
};
module.exports = (kind, file) => {
  require('fs').mkdirSync(path.dirname(file), { recursive: true });
  return make[kind](file);
};
