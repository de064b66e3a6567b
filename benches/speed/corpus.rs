//! Writes traces of any size: the same bytes for the same seed.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How lines are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `10 11:15:40.123 1a2c Info  Module  text`
    Classic,
    /// `2020-08-10 11:16:29.1234|INFO|Logger|text`
    Nlog,
    /// `[2020-08-10 11:16:29.123] [info]  text`
    Electron,
    /// `[1234:5678:0810/111629.123:INFO:file.cc(42)] text`
    Chromium,
    /// `{"level":30,"time":1597051000000,"msg":"text"}`
    Pino,
    /// Two lines: `info: Logger[0]` and `      text`, with a stamp before the level.
    Mel,
    /// A layout that no file declares: `<1a2c> 10/Aug/2020 11-16-29.123 {Info} Logger: text`
    Unknown,
}

/// How text becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Utf8,
    /// Two bytes a unit, little endian, with a mark.
    Utf16,
    /// One byte a character; the texts have umlauts.
    Windows1252,
}

/// What to write.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Bytes of text in all files together, about.
    pub bytes: u64,
    /// Files.
    pub files: usize,
    /// Layouts, by turns.
    pub layouts: Vec<Layout>,
    /// Failures among a thousand records.
    pub failures: u64,
    /// How text becomes bytes.
    pub encoding: Encoding,
    /// True: each file goes on where the one before it ends, as rotated traces do; else all cover the same weeks.
    pub rotated: bool,
    /// True: nothing that the chain's stages are known by; else one line in four tells of one.
    pub quiet: bool,
    /// The same seed gives the same bytes.
    pub seed: u64,
}

/// What everyday traces say. `#` stands for a number, `@` for a host, `~` for a hexadecimal id.
const EVERYDAY: &[&str] = &[
    "heartbeat sent, sequence #, # ms since the last answer",
    "heartbeat answered after # ms",
    "GET https://@/client/v1.0/contacts?since=# finished in # ms",
    "Request starting HTTP/1.1 GET http://updates.example.com/files/~",
    "notification shown for conversation ~, # characters",
    "request to https://@/api/v2/users/~ finished in # ms, # bytes",
    "connecting to @:443, attempt # of 5",
    "connected to @:443 from 192.168.10.#:50#",
    "typing notification for conversation ~",
    "CLineMgr::OnLineStateChanged > line # state 2 -> 4, call id ~",
    "REGISTER sip:@:5060 expires=#, CSeq #",
    "SIP/2.0 200 OK, Call-ID ~ of @",
    "RTP statistics: # packets, # lost, jitter # ms, codec G.722",
    "Enumerating audio devices, # found, default is Headset (Plantronics Blackwire 3220)",
    "cache lookup for contact ~ took # us, hit=true, size #",
    "SELECT * FROM Messages WHERE ConversationId = '~' LIMIT # took # ms",
    "Executed endpoint 'IpPbx.Client.Plugin.ComSocket.Hubs.ComHub' in # ms",
    "Request finished in #.#ms 200 application/json; charset=utf-8",
    "SDnsQuery > @ resolved to 192.168.10.# in # ms",
    "TunnelMgr > Tunnel state Idle, keepalive # of #",
    "CNotifyThread::Run > waiting for # handles, timeout # ms",
    "window state saved: 1024x720 at #,# (display 1 of 2, scale 1)",
    "UserPhoneBook enumerated, # entries, revision #",
    "Received invocation 'NotifyLineDetailsChanged' id # in hub connection ~",
    "timer tick #, queue length #, memory # kB, handles #",
    "Datei C:\\ProgramData\\Swyx\\Traces\\state-~.tmp geschrieben, # Bytes, Prüfsumme ~",
    "Verbindungszähler: # offen, # geschlossen, größte Wartezeit # ms",
    "state machine: Idle + EvTimer -> Idle (transition #, guard ~)",
    "render took # ms for # rows, # px scrolled",
    "spell checker: # words, # unknown, language de-DE",
    "configuration value PollInterval=# read from registry key ~",
    "Sending ping # on channel ~, last pong # ms ago",
    "Call ~ ringing on line #, peer +49 231 477#",
];

/// What tells of a stage of the chain.
const TELLING: &[&str] = &[
    "GET http://127.0.0.1:5000/swyxIt/api/state -> 200 after # ms",
    "Request starting HTTP/1.1 GET http://127.0.0.1:5000/swyxIt/hub?id=~",
    "GET https://@/ippbx/client/v1.0/presence?since=# -> 200 OK in # ms",
    "presence updated for user ~: available",
    "message received, conversation ~, # characters",
    "message sent, conversation ~, id #",
];

/// What broken logins say; the lines behind the first continue the record.
const FAILURES: &[&str] = &[
    "Error: connect ECONNREFUSED 127.0.0.1:5000\n    at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1141:16)",
    "connect ETIMEDOUT 192.168.10.20:9100",
    "System.Net.Sockets.SocketException (10048): Only one usage of each socket address (protocol/network address/port) is normally permitted.\n   at System.Net.Sockets.Socket.DoBind(EndPoint endPointSnapshot, SocketAddress socketAddress)",
    "getaddrinfo ENOTFOUND iam1.voipoperator.eu",
    "Error during WebSocket handshake: Unexpected response code: 407",
    "IDX10223: Lifetime validation failed. The token is expired. ValidTo: '08/10/2020 09:16:29'",
    "handshake failed; returned -1, SSL error code 1, net_error -202",
    "POST https://swyx-imsecurity.k8s.ispworks.nl/token failed: Response status code does not indicate success: 503 (Service Unavailable).",
];

const HOSTS: &[&str] = &[
    "swyxserver.firma.local",
    "files.firma.local",
    "192.168.10.20",
    "updates.example.com",
    "pbx01",
];
const MODULES: &[&str] = &[
    "ClientCDS",
    "CLMgr",
    "SwSIP",
    "TunnelMgr",
    "CAudioDevMgr",
    "SDnsQuery",
    "Renderer",
    "Hub.Dispatch",
];
/// Level words of each kind of layout: trace, debug, info, warn, error.
const LEVELS: [[&str; 5]; 5] = [
    ["Info3", "Info2", "Info", "Warning", "Error"],
    ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"],
    ["silly", "debug", "info", "warn", "error"],
    ["VERBOSE1", "VERBOSE1", "INFO", "WARNING", "ERROR"],
    ["trce", "dbug", "info", "warn", "fail"],
];

/// A small generator of numbers that look random.
pub struct Numbers(u64);

impl Numbers {
    /// Begins a sequence.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11
    }

    /// A number below another one.
    pub fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Milliseconds that a corpus covers.
const SPAN: u64 = 20 * 86_400_000;

/// A clock that goes on by some milliseconds with each record.
#[derive(Clone, Copy)]
struct Clock(u64);

impl Clock {
    /// Year, month, day of the month. The traces begin on 2020-08-10 and stay in one year.
    fn date(self) -> (u64, u64, u64) {
        let mut day = 9 + self.0 / 86_400_000;
        for (month, length) in [(8, 31), (9, 30), (10, 31), (11, 30), (12, 31)] {
            if day < length {
                return (2020, month, day + 1);
            }
            day -= length;
        }
        (2021, 1, day % 31 + 1)
    }

    fn time(self) -> (u64, u64, u64, u64) {
        let ms = self.0 % 86_400_000;
        (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
    }
}

/// What a record is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Everyday,
    Telling,
    Failure,
}

fn fill(template: &str, numbers: &mut Numbers, out: &mut String) {
    for letter in template.chars() {
        match letter {
            '#' => {
                let _ = write!(out, "{}", 1 + numbers.below(899));
            }
            '~' => {
                let _ = write!(out, "{:012x}", numbers.next() & 0xffff_ffff_ffff);
            }
            '@' => out.push_str(numbers.one(HOSTS)),
            other => out.push(other),
        }
    }
}

/// One record, its line feeds included.
fn record(layout: Layout, clock: Clock, kind: Kind, numbers: &mut Numbers, out: &mut String) {
    let mut text = String::new();
    let failure = kind == Kind::Failure;
    let template = numbers.one(match kind {
        Kind::Everyday => EVERYDAY,
        Kind::Telling => TELLING,
        Kind::Failure => FAILURES,
    });
    if failure {
        text.push_str(template);
    } else {
        fill(template, numbers, &mut text);
    }
    let level = match numbers.below(100) {
        _ if failure => 4,
        0..40 => 0,
        40..70 => 1,
        70..98 => 2,
        _ => 3,
    };
    let ((y, m, day), (h, min, sec, ms)) = (clock.date(), clock.time());
    let module = numbers.one(MODULES);
    let thread = 0x1a00 + numbers.below(16);
    let _ = match layout {
        Layout::Classic => write!(
            out,
            "{day:02} {h:02}:{min:02}:{sec:02}.{ms:03} {thread:04x} {:<5} {module:<14} {text}",
            LEVELS[0][level]
        ),
        Layout::Nlog => write!(
            out,
            "{y}-{m:02}-{day:02} {h:02}:{min:02}:{sec:02}.{ms:03}0|{}|{module}|{text}",
            LEVELS[1][level]
        ),
        Layout::Electron => write!(
            out,
            "[{y}-{m:02}-{day:02} {h:02}:{min:02}:{sec:02}.{ms:03}] [{}] {text}",
            LEVELS[2][level]
        ),
        Layout::Chromium => write!(
            out,
            "[{}:{}:{m:02}{day:02}/{h:02}{min:02}{sec:02}.{ms:03}:{}:socket_manager.cc({})] {text}",
            thread,
            thread + 4,
            LEVELS[3][level],
            numbers.below(900)
        ),
        Layout::Pino => {
            let json = serde_json::Value::from(text.as_str());
            let time = 1_597_017_600_000 + clock.0;
            write!(
                out,
                "{{\"level\":{},\"time\":{time},\"pid\":{thread},\"hostname\":\"pc-042\",\"name\":\"{module}\",\"msg\":{json}}}",
                10 + level * 10
            )
        }
        Layout::Mel => write!(
            out,
            "{y}-{m:02}-{day:02} {h:02}:{min:02}:{sec:02}.{ms:03} {}: {module}[{}]\n      {}",
            LEVELS[4][level],
            numbers.below(40),
            text.replace('\n', "\n      ")
        ),
        Layout::Unknown => write!(
            out,
            "<{thread:04x}> {day:02}/Aug/{y} {h:02}-{min:02}-{sec:02}.{ms:03} {{{}}} {module}: {text}",
            LEVELS[0][level]
        ),
    };
    out.push('\n');
}

fn write_encoded(text: &str, encoding: Encoding, file: &mut impl Write) -> io::Result<()> {
    match encoding {
        Encoding::Utf8 => file.write_all(text.as_bytes()),
        Encoding::Utf16 => {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            file.write_all(&bytes)
        }
        Encoding::Windows1252 => file.write_all(&encoding_rs::WINDOWS_1252.encode(text).0),
    }
}

fn name(layout: Layout, start: Clock) -> String {
    let ((y, m, day), (h, min, sec, _)) = (start.date(), start.time());
    let stamp = format!("{y}{m:02}{day:02}-{h:02}{min:02}{sec:02}");
    match layout {
        Layout::Classic => format!("SwyxIt!-{stamp}.log"),
        Layout::Nlog => format!("ComSocket-{stamp}.log"),
        Layout::Electron => format!("SwyxMessenger-{stamp}.log"),
        Layout::Chromium => format!("chrome_debug-{stamp}.log"),
        Layout::Pino => format!("agent-{stamp}.log"),
        Layout::Mel => format!("console-{stamp}.log"),
        Layout::Unknown => format!("other-{stamp}.log"),
    }
}

/// Writes the files of a plan into a new folder, and gives their paths.
///
/// # Errors
/// What the file system says.
pub fn write(plan: &Plan, folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let share = plan.bytes / plan.files.max(1) as u64;
    let mut paths = Vec::new();
    for number in 0..plan.files {
        let layout = plan.layouts[number % plan.layouts.len()];
        let mut numbers = Numbers::new(plan.seed + number as u64);
        // The names of those that cover the same weeks are told apart by a second.
        let span = SPAN / if plan.rotated { plan.files as u64 } else { 1 };
        let start = number as u64 * if plan.rotated { span } else { 1000 };
        let path = folder.join(name(layout, Clock(start)));
        let mut file = BufWriter::with_capacity(1 << 20, File::create(&path)?);
        if plan.encoding == Encoding::Utf16 {
            file.write_all(&[0xff, 0xfe])?;
        }
        let average = 128;
        let step = (span / (share / average).max(1)).max(1) * 2;
        let mut clock = Clock(if plan.rotated { start } else { 0 });
        let end = clock.0 + span;
        let mut written = 0;
        let mut text = String::new();
        while written < share {
            clock.0 += numbers.below(step + 1).min(3_600_000);
            clock.0 = clock.0.min(end);
            let kind = match numbers.below(1000) {
                dice if dice < plan.failures => Kind::Failure,
                dice if !plan.quiet && dice >= 750 => Kind::Telling,
                _ => Kind::Everyday,
            };
            text.clear();
            record(layout, clock, kind, &mut numbers, &mut text);
            written += text.len() as u64;
            write_encoded(&text, plan.encoding, &mut file)?;
        }
        let file = file.into_inner()?;
        if written >= LARGE {
            // What is not on the disk yet stays in the cache.
            file.sync_data()?;
            settle(&path)?;
        }
        paths.push(path);
    }
    Ok(paths)
}

/// Files of so many bytes are brought into the page cache as below: of smaller ones it makes no difference.
const LARGE: u64 = 1 << 20;

/// Brings a file into the page cache as those are that were read from a disk. As it was written it lies there in small pieces,
/// and what maps files, as `rg` does, takes up to twice as long for them: whoever measures at another time would get another
/// ratio. Where there is no `dd` that can drop a file from the cache, it stays as it was written.
fn settle(path: &Path) -> io::Result<()> {
    let dropped = Command::new("dd")
        .arg(format!("if={}", path.display()))
        .args(["iflag=nocache", "count=0", "status=none"])
        .stderr(Stdio::null())
        .status();
    if dropped.is_ok_and(|status| status.success()) {
        io::copy(&mut File::open(path)?, &mut io::sink())?;
    }
    Ok(())
}
