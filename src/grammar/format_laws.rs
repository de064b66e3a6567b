//! Laws that hold for every shipped layout: the compiled stamp is chrono's, and no bytes make a reader panic.

use chrono::{DateTime, Datelike, FixedOffset, Timelike};
use proptest::prelude::*;

use super::format::Format;
use super::format::tests::shipped;
use crate::model::RawTime;
use crate::model::time::{DAY, SECOND};
use crate::syntax::stamp::{Stamp, ZoneSource};

/// The nanoseconds that a layout keeps of an instant.
fn kept(layout: &str, nanos: i64) -> i64 {
    let unit = if layout.contains("%3f") {
        1_000_000
    } else if layout.contains("%6f") {
        1_000
    } else if layout.contains('f') {
        1
    } else if ["%S", "%T", "%s"]
        .iter()
        .any(|second| layout.contains(second))
    {
        SECOND
    } else {
        60 * SECOND
    };
    nanos.div_euclid(unit) * unit
}

fn expected(stamp: &Stamp, moment: DateTime<FixedOffset>) -> RawTime {
    let nanos = |at: Option<i64>| kept(stamp.layout(), at.unwrap_or_default());
    let naive = moment.naive_local();
    let clock =
        i64::from(naive.num_seconds_from_midnight()) * SECOND + i64::from(naive.nanosecond());
    let month = if stamp.layout().contains("%m") || stamp.layout().contains("%b") {
        i64::from(naive.month0())
    } else {
        0
    };
    let day = if stamp.layout().contains("%d") || stamp.layout().contains("%e") {
        i64::from(naive.day0())
    } else {
        0
    };
    match (stamp.cycle(), stamp.zone()) {
        (Some(_), _) => RawTime::Cyclic((month * 31 + day) * DAY + kept(stamp.layout(), clock)),
        (None, ZoneSource::InText) => RawTime::Utc(nanos(moment.timestamp_nanos_opt())),
        (None, ZoneSource::Utc) => RawTime::Utc(nanos(naive.and_utc().timestamp_nanos_opt())),
        (None, ZoneSource::Local) => RawTime::Wall(nanos(naive.and_utc().timestamp_nanos_opt())),
    }
}

fn moments() -> impl Strategy<Value = DateTime<FixedOffset>> {
    // 2001-09-09 to 2060: seconds since 1970 have ten digits, and a year of two digits has one meaning.
    (
        1_000_000_000i64..2_840_000_000,
        0u32..1_000_000_000,
        -48i32..=56,
    )
        .prop_map(|(seconds, nanos, quarters)| {
            let offset = FixedOffset::east_opt(quarters * 900).expect("less than a day");
            let instant = DateTime::from_timestamp(seconds, nanos).expect("in range");
            instant.with_timezone(&offset)
        })
}

#[test]
fn every_layout_reads_what_chrono_writes() {
    let formats = shipped();
    let stamps: Vec<&Stamp> = formats
        .iter()
        .flat_map(Format::stamps)
        .filter(|stamp| !stamp.layout().contains("%{"))
        .collect();
    proptest!(ProptestConfig::with_cases(300), |(moment in moments(), before in "[a-z \\[]{0,5}")| {
        for stamp in &stamps {
            let text = moment.format(stamp.layout()).to_string();
            let line = format!("{before}{text}] x");
            let read = stamp.read(line.as_bytes(), before.len());
            let wanted = (expected(stamp, moment), before.len() + text.len());
            prop_assert_eq!(read, Some(wanted), "{}: {}", stamp.layout(), text);
        }
    });
}

#[test]
fn no_bytes_make_any_format_panic() {
    let formats = shipped();
    let samples: Vec<(&Format, &String)> = formats
        .iter()
        .flat_map(|format| format.samples.iter().map(move |sample| (format, sample)))
        .collect();
    proptest!(|(at in 0..samples.len(), cut in 0usize..200, tail in proptest::collection::vec(any::<u8>(), 0..20))| {
        let (format, sample) = samples[at];
        // Near its own sample a format gets furthest.
        let mut line = sample.as_bytes()[..cut.min(sample.len())].to_vec();
        line.extend(&tail);
        // The quick look at the first byte must not lose a line.
        prop_assert_eq!(format.read(&line), format.attempt(&line).ok());
        let _ = format.text(&line);
    });
}

#[test]
fn no_format_reads_a_continuation() {
    let frames = [
        "   at System.Net.Sockets.Socket.DoBind(EndPoint endPointSnapshot)",
        "   bei System.Net.HttpWebRequest.EndGetResponse(IAsyncResult asyncResult)",
        " ---> System.Net.Sockets.SocketException (10013): An attempt was made",
        "--- End of stack trace from previous location ---",
        "   --- Ende der internen Ausnahmestapelüberwachung ---",
        "Caused by: java.net.ConnectException: Connection refused: connect",
        "    at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1141:16) {",
        "System.IO.IOException: Failed to bind to address https://localhost:55564.",
        "  [cause]: Error: x",
        "  errno: -4078,",
        "}",
        "",
    ];
    for format in shipped() {
        for frame in frames {
            assert_eq!(
                format.read(frame.as_bytes()),
                None,
                "{}: {frame}",
                format.id
            );
        }
    }
}
