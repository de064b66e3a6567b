'use strict';
// The trace of SwyxIt!/CLMgr: BUILT. No line of it is public; the layouts are invented ("classic": day of month, time,
// thread in hex, level word, module, message; "comma": time only, as the vendor's own script log pattern writes it).
// Texts marked in the research as found in the program (ClientCDS::Connect > ..., DNS supported, ...) are used as they are.
const fs = require('fs'), path = require('path');
const { clock, parts, rng } = require('./world');
class SwyxIt {
  constructor(dir, name, o) {
    this.o = Object.assign({ layout: 'classic' }, o); this.file = path.join(dir, name); this.r = rng(name + (o.name || '')); this.out = [];
    this.threads = [0, 1, 2, 3].map(() => this.r.hex(4));
  }
  log(level, mod, msg, gap) {
    clock.tick(gap === undefined ? this.r.int(1, 40) : gap);
    const p = parts(clock.now);
    if (this.o.layout === 'classic') this.out.push(`${p.d} ${p.h}:${p.mi}:${p.s}.${p.ms} ${this.r.pick(this.threads)} ${level.padEnd(5)} ${mod.padEnd(14)} ${msg}`);
    else this.out.push(`${p.h}:${p.mi}:${p.s},${p.ms} ${({ Info: 'INFO', Info2: 'DEBUG', Info3: 'DEBUG', Warn: 'WARN', Error: 'ERROR', Fatal: 'FATAL' })[level].padEnd(6)}${mod}: ${msg}`);
  }
  start(v) {
    v = Object.assign({ version: '12.10.4561.0', server: 'swyxserver.firma.local', addr: '192.168.10.20', win: 'a.beispiel', user: 'Anna Beispiel', ext: '214', build: '18363' }, v || {});
    this.v = v;
    const l = (a, b, c) => this.log(a, b, c);
    l('Info', 'CLMgr', `SwyxIt! ${v.version} (Win32 Release), Windows 10.0.${v.build}, user ${v.win}`);
    l('Info', 'CLMgr', 'CLineMgr::Init');
    l('Info2', 'CLMgr', `Registry: PbxServer=${v.server} PublicServerName= AutoDetect=0 TrustedLogin=1`);
    l('Info2', 'CAudioDevMgr', 'Enumerating audio devices');
    l('Info3', 'CAudioDevMgr', 'Device 0: Headset (Plantronics Blackwire 3220), in/out');
    l('Info3', 'CAudioDevMgr', 'Device 1: Lautsprecher (Realtek High Definition Audio), out');
    l('Info2', 'CAudioDevMgr', 'Handset mode uses device 0');
    l('Info', 'SDnsQuery', 'LookupServerNamesInitially > DNS supported, retrieved addresses');
    l('Info2', 'SDnsQuery', `${v.server} -> ${v.addr}`);
    l('Info', 'TunnelMgr', 'Tunnel state Idle -> NoConfig, RemoteConnector is not configured');
    l('Info', 'ClientCDS', `ClientCDS::Connect > net.tcp://${v.server}:9094/ConfigDataStore/CLoginImpl.wnd`);
  }
  login() {
    const v = this.v, l = (a, b, c) => this.log(a, b, c);
    l('Info', 'ClientCDS', 'ClientCDS::Connect > LoginWithFederatedAccount succeeded');
    l('Info2', 'ClientCDS', 'ClientCDS::Connect > CheckCDSVersion');
    l('Info2', 'ClientCDS', 'ClientCDS::Connect > CheckClientVersion');
    l('Info2', 'ClientCDS', 'ClientCDS::Connect > Get PhoneClient Facade');
    l('Info2', 'ClientCDS', 'ClientCDS::Connect > Get Files Facade');
    l('Info2', 'ClientCDS', 'ClientCDS::Connect > Get UserPhoneBook Enum');
    l('Info3', 'ClientCDS', 'ClientCDS::Connect > TrimmingWorkingSet');
    l('Info', 'ClientCDS', 'ClientCDS::Connect > Done');
    l('Info', 'CLMgr', `User "${v.user}", internal number ${v.ext}, 4 lines`);
    l('Info2', 'SwSIPReg', `REGISTER sip:${v.ext}@${v.server} expires=180`);
    this.log('Info3', 'SwSIPReg', `received 200 OK\r\n`.trim() + ` Server: Swyx IpPbxSrv/12.10 (Swyx.Core_12.10_20200610.1)`);
    l('Info', 'SwSIPReg', `registered as sip:${v.ext}@${v.server}`);
    for (let i = 0; i < 4; i++) l('Info3', 'CLMgr', `line ${i} state Inactive`);
    l('Info2', 'CLMgr', 'loading plugin IpPbx.Client.Plugin.ComSocket.dll');
    l('Info2', 'CLMgr', 'loading plugin IpPbx.Client.Plugin.Outlook.dll');
    l('Info', 'CLMgr', 'logged on');
  }
  traffic(n, gap) {
    const r = this.r, v = this.v;
    for (let i = 0; i < n; i++) {
      clock.tick(r.int((gap || 2500) / 4, (gap || 2500) * 2));
      const k = r.pick([
        ['Info3', 'SwSIPReg', `REGISTER refresh sip:${v.ext}@${v.server}, 200 OK`],
        ['Info3', 'SwSIPSub', `NOTIFY presence ${r.int(200, 260)} -> ${r.pick(['available', 'busy', 'away', 'offline'])}`],
        ['Info3', 'SIPEP', 'OPTIONS keep-alive, round trip ' + r.int(2, 30) + ' ms'],
        ['Info2', 'HandleCallPopup', 'HandleCallPopup > SwyxIt! Classic is not minimized > no action required'],
        ['Info3', 'MSRtp', `jitter ${r.int(1, 14)} ms, lost 0`],
        ['Info3', 'CLMgr', 'Ignore, we are in power dial mode resp. not logged on'],
        ['Info2', 'SwSIP', `INVITE from sip:0231555${r.int(1000, 9999)}@${v.server}, line ${r.int(0, 3)}`],
        ['Info3', 'CLMgr', `line ${r.int(0, 3)} state ${r.pick(['Ringing', 'Active', 'Terminated', 'Inactive'])}`],
        ['Info3', 'UDPSock', 'recv ' + r.int(300, 900) + ' bytes'],
      ]);
      this.log(k[0], k[1], k[2]);
    }
  }
  close() { fs.writeFileSync(this.file, (this.o.bom ? '\ufeff' : '') + this.out.join('\n') + '\n'); }
}
module.exports = SwyxIt;
