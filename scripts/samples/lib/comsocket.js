'use strict';
// The helper's trace (ComSocket): BUILT. .NET on Windows cannot run here, so the lines follow the documented layouts of
// five .NET loggers and hold the documented texts of ASP.NET Core, Kestrel and SignalR.
const fs = require('fs'), path = require('path');
const { clock, parts, pad, rng } = require('./world');
const L = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, fatal: 5 };
const names = {
  nlog: ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'],
  serilog: ['VRB', 'DBG', 'INF', 'WRN', 'ERR', 'FTL'],
  log4net: ['DEBUG', 'DEBUG', 'INFO ', 'WARN ', 'ERROR', 'FATAL'],
  mel: ['trce', 'dbug', 'info', 'warn', 'fail', 'crit'],
};
class ComSocket {
  constructor(dir, name, o) {
    this.o = Object.assign({ layout: 'nlog', port: 5000 }, o);
    this.file = path.join(dir, name); this.r = rng(name + this.o.layout + (o.name || '')); this.out = [];
    this.pid = this.r.int(4000, 19000);
  }
  log(level, cat, msg, exc, id) {
    clock.tick(this.r.int(0, 6));
    const p = parts(clock.now), n = L[level], date = `${p.y}-${p.mo}-${p.d}`, time = `${p.h}:${p.mi}:${p.s}`;
    let t;
    switch (this.o.layout) {
      case 'nlog': t = `${date} ${time}.${p.ms}${this.digit()}|${names.nlog[n]}|${cat}|${msg}` + (exc ? '|' + exc.join('\n') : ''); break;
      case 'serilog': t = `${date} ${time}.${p.ms} ${p.off} [${names.serilog[n]}] ${msg}` + (exc ? '\n' + exc.join('\n') : ''); break;
      case 'log4net': t = `${date} ${time},${p.ms} [${this.r.pick([1, 5, 6, 9, 12])}] ${names.log4net[n]} ${cat} - ${msg}` + (exc ? '\n' + exc.join('\n') : ''); break;
      case 'mel': case 'mel time': case 'mel bare': {
        const head = this.o.layout === 'mel bare' ? '' : this.o.layout === 'mel' ? `${date} ${time}.${p.ms} ` : `${time} `;
        t = `${head}${names.mel[n]}: ${cat}[${id || 0}]\n      ${msg.replace(/\n/g, '\n      ')}` + (exc ? '\n      ' + exc.join('\n      ') : '');
        break;
      }
      default: throw new Error('layout ' + this.o.layout);
    }
    this.out.push(t);
  }
  // The fourth digit of NLog's longdate; never runs back inside a millisecond.
  digit() {
    const d = this.r.int(0, 9);
    this.last = this.last && this.last[0] === clock.now ? [clock.now, Math.max(this.last[1], d)] : [clock.now, d];
    return this.last[1];
  }
  start(v) {
    v = Object.assign({ version: '12.10.4561.0', win: 'a.beispiel' }, v || {});
    const l = (a, b, c) => this.log(a, b, c);
    l('info', 'IpPbx.Client.Plugin.ComSocket.Plugin', `ComSocket plugin ${v.version} loaded into CLMgr.exe (pid ${this.r.int(3000, 12000)}), user ${v.win}`);
    l('debug', 'IpPbx.Client.Plugin.ComSocket.Settings', 'IsRemoteConnectorActive=False, IgnoreRemoteConnectorState=False');
    l('debug', 'IpPbx.Client.Plugin.ComSocket.ClMgrEventDistributor', 'subscribing to line manager messages');
    for (const e of ['NotifyLineStateChanged', 'NotifyLineDetailsChanged', 'NotifyNumberOfLinesChanged', 'NotifyAudioModeChanged', 'NotifyCtiStateChanged', 'NotifyUserDataChanged', 'SwyxServerConnectionStateChanged']) l('debug', 'IpPbx.Client.Plugin.ComSocket.ClMgrEventDistributor', 'registered handler ' + e);
    l('debug', 'Microsoft.AspNetCore.Hosting.Diagnostics', 'Loaded hosting startup assembly IpPbx.Client.Plugin.ComSocket');
    this.v = v;
  }
  listening(port, o) {
    o = o || {};
    this.port = port;
    if (o.dynamic) { this.log('info', 'IpPbx.Client.Plugin.ComSocket.Startup', `no port configured, asking the system for a free one`); this.log('info', 'IpPbx.Client.Plugin.ComSocket.Startup', `port ${port} written to HKCU\\Software\\Swyx\\ComSocket\\Port`); }
    this.log('info', 'Microsoft.Hosting.Lifetime', `Now listening on: http://127.0.0.1:${port}`);
    this.log('info', 'Microsoft.Hosting.Lifetime', 'Application started. Press Ctrl+C to shut down.');
    this.log('info', 'Microsoft.Hosting.Lifetime', 'Hosting environment: Production');
    this.log('info', 'Microsoft.Hosting.Lifetime', `Content root path: ${this.o.root || 'C:\\Program Files (x86)\\SwyxWare'}`);
  }
  request(method, p, status, type) {
    const ms = (this.r.int(6, 900) / 10).toFixed(4);
    this.log('info', 'Microsoft.AspNetCore.Hosting.Diagnostics', `Request starting HTTP/1.1 ${method} http://127.0.0.1:${this.port}${p}  `, null, 1);
    this.log('debug', 'IpPbx.Client.Plugin.ComSocket.ProcessFilter', `caller is SwyxMessenger.exe (pid ${this.pid}), allowed`);
    this.log('info', 'Microsoft.AspNetCore.Hosting.Diagnostics', `Request finished in ${ms}ms ${status} ${type || 'application/json; charset=utf-8'}`, null, 2);
  }
  traffic(n, gap) {
    const r = this.r;
    for (let i = 0; i < n; i++) {
      clock.tick(r.int((gap || 3000) / 4, (gap || 3000) * 2));
      const k = r.pick([
        ['debug', 'IpPbx.Client.Plugin.ComSocket.ClMgrEventDistributor', `NotifyLineStateChanged line=${r.int(0, 3)} state=${r.pick(['Inactive', 'HookOffInternal', 'Dialing', 'Active', 'Terminated'])}`],
        ['debug', 'IpPbx.Client.Plugin.ComSocket.AppRunner', 'watchdog: SwyxIt!.UI alive'],
        ['debug', 'IpPbx.Client.Plugin.ComSocket.SwyxItHub', `GetLineDetails line=${r.int(0, 3)}`],
        ['debug', 'IpPbx.Client.Plugin.ComSocket.SwyxItHub', 'GetCallJournal entries=' + r.int(5, 90)],
        ['info', 'IpPbx.Client.Plugin.ComSocket.ClMgrEventDistributor', 'NotifyUserDataChanged'],
        ['debug', 'Microsoft.AspNetCore.SignalR.HubConnectionHandler', 'Sending ping message over connection.'],
        ['debug', 'IpPbx.Client.Plugin.ComSocket.SwyxItHub', `SearchContactsLikeInDialString "${r.int(2, 9)}${r.int(10, 99)}" -> ${r.int(0, 9)} hits`],
        ['debug', 'IpPbx.Client.Plugin.ComSocket.ClMgrEventDistributor', 'UnreadChatMessageCountChanged ' + r.int(0, 6)],
      ]);
      this.log(k[0], k[1], k[2]);
    }
  }
  hub() {
    const id = this.r.id().replace(/-/g, '').slice(0, 22);
    this.log('debug', 'Microsoft.AspNetCore.Http.Connections.Internal.HttpConnectionManager', `New connection ${id} created.`);
    this.log('debug', 'Microsoft.AspNetCore.SignalR.HubConnectionContext', "Completed connection handshake. Using HubProtocol 'json'.");
    this.log('info', 'IpPbx.Client.Plugin.ComSocket.SwyxItHub', 'EnableEventNotifications from SwyxIt!.UI');
  }
  stop() {
    this.log('info', 'Microsoft.Hosting.Lifetime', 'Application is shutting down...');
    this.log('info', 'IpPbx.Client.Plugin.ComSocket.Plugin', 'ComSocket plugin unloaded');
  }
  close() { fs.writeFileSync(this.file, (this.o.bom ? '\ufeff' : '') + this.out.join('\n') + '\n'); }
}
module.exports = ComSocket;
