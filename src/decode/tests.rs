use std::io::{self, Cursor, Read, Write};

use proptest::prelude::*;

use super::*;

fn on_disk(bytes: &[u8]) -> Input {
    let mut temporary = tempfile::tempfile().unwrap();
    temporary.write_all(bytes).unwrap();
    file("x.log", temporary, 0, bytes.len() as u64).unwrap()
}

fn piped(bytes: &[u8]) -> Input {
    stream("x.log", Box::new(Cursor::new(bytes.to_vec()))).unwrap()
}

fn read(input: &mut Input) -> Vec<u8> {
    let mut text = Vec::new();
    match &mut input.access {
        Access::Random(file) => {
            text.resize(file.len() as usize, 0);
            assert_eq!(file.fill_at(0, &mut text).unwrap(), text.len());
        }
        Access::Stream(stream) => {
            stream.read_to_end(&mut text).unwrap();
        }
    }
    text
}

fn utf16(text: &str, big_endian: bool) -> Vec<u8> {
    let swap = |unit: u16| {
        if big_endian {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    };
    text.encode_utf16().flat_map(swap).collect()
}

fn problems(input: &Input) -> String {
    let texts = input.meter.problems().into_iter();
    texts
        .map(|p| p.text.en + if p.lossy { " [lost]\n" } else { "\n" })
        .collect()
}

const GERMAN: &str = "2020-08-10 11:16:29 Zugriff auf Gerät unzulässig für Köln, Straße\r\n";

#[test]
fn every_encoding_is_recognised_and_shown_right() {
    let plain = GERMAN.as_bytes().to_vec();
    let mark = [&b"\xef\xbb\xbf"[..], &plain].concat();
    let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(GERMAN);
    let console: Vec<u8> = GERMAN
        .chars()
        .map(|c| match c {
            'ä' => 0x84,
            'ö' => 0x94,
            'ü' => 0x81,
            'ß' => 0xe1,
            c => c as u8,
        })
        .collect();
    let (little, big) = (utf16(GERMAN, false), utf16(GERMAN, true));
    let table = [
        (plain, Encoding::Utf8),
        (mark, Encoding::Utf8Bom),
        (little.clone(), Encoding::Utf16Le),
        (big.clone(), Encoding::Utf16Be),
        ([&b"\xff\xfe"[..], &little].concat(), Encoding::Utf16Le),
        ([&b"\xfe\xff"[..], &big].concat(), Encoding::Utf16Be),
        (windows.into_owned(), Encoding::Windows1252),
        (console, Encoding::Cp850),
    ];
    for (bytes, encoding) in table {
        for mut input in [on_disk(&bytes), piped(&bytes)] {
            assert_eq!(input.encoding, encoding);
            let text = read(&mut input);
            assert_eq!(show(&text, encoding), GERMAN, "{encoding:?}");
            assert_eq!(show(input.head(), encoding), GERMAN, "{encoding:?}");
            assert_eq!(input.meter.bytes(), bytes.len() as u64, "{encoding:?}");
            assert_eq!(problems(&input), "");
        }
    }
}

#[test]
fn one_umlaut_in_the_middle_of_a_long_file_is_shown_right() {
    let mut bytes = b"10:00 nothing but ASCII\n".repeat(40_000);
    bytes.extend_from_slice(b"10:01 unzul\xe4ssig\n");
    let input = on_disk(&bytes);
    assert_eq!(
        show(b"10:01 unzul\xe4ssig", input.encoding),
        "10:01 unzulässig"
    );
    assert_eq!(
        show(b"10:01 unzul\x84ssig", Encoding::Utf8),
        "10:01 unzulässig"
    );
}

#[test]
fn broken_utf8_is_replaced_and_counted() {
    let (text, broken) = show_counted(b"K\xc3\xb6ln \xc3", Encoding::Utf8);
    assert_eq!((&*text, broken), ("Köln \u{fffd}", 1));
    let (text, broken) = show_counted(b"a\xff\xfe\xc3b", Encoding::Utf8);
    assert_eq!((&*text, broken), ("a\u{fffd}\u{fffd}\u{fffd}b", 3));
}

#[test]
fn broken_utf16_is_replaced_and_counted() {
    let mut bytes = b"\xff\xfe".to_vec();
    for unit in [0x41, 0xd800, 0x42, 0xdc00, 0xd83d, 0xde00, 0xd800_u16] {
        bytes.extend(unit.to_le_bytes());
    }
    bytes.push(7);
    let mut input = on_disk(&bytes);
    assert_eq!(
        String::from_utf8(read(&mut input)).unwrap(),
        "A\u{fffd}B\u{fffd}😀\u{fffd}\u{fffd}"
    );
    assert_eq!(
        problems(&input),
        "4 broken UTF-16 characters, each replaced by U+FFFD\n"
    );
    assert_eq!(input.meter.bytes(), bytes.len() as u64);
}

#[test]
fn zeros_at_the_end_are_left_out_and_said() {
    for size in [1, 5_000, 200_000] {
        let bytes = [&b"10:00 a\n\0\0b\n"[..], &vec![0; size]].concat();
        for mut input in [on_disk(&bytes), piped(&bytes)] {
            assert_eq!(read(&mut input), b"10:00 a\n\0\0b\n");
            assert!(problems(&input).starts_with(&format!("{size} zero bytes at the end")));
            assert_eq!(input.meter.bytes(), bytes.len() as u64);
        }
    }
    let mut nothing = on_disk(&[0; 1000]);
    assert!(read(&mut nothing).is_empty());
    let wide = utf16("a\n\0\0\0", false);
    assert_eq!(read(&mut piped(&wide)), b"a\n");
}

#[test]
fn old_line_ends_become_new_ones() {
    let mut cr = on_disk(b"a\rb\rc");
    assert_eq!(cr.line_end, LineEnd::Cr);
    assert_eq!(read(&mut cr), b"a\nb\nc");
    for bytes in [&b"a\r\nb\r\n"[..], b"a\rb\nc\r\n", b"a\n", b"a", b""] {
        let mut input = on_disk(bytes);
        assert_eq!(input.line_end, LineEnd::Lf);
        assert_eq!(read(&mut input), bytes);
        assert!(matches!(input.access, Access::Random(_)));
    }
    assert_eq!(read(&mut on_disk(&utf16("a\rb\r", true))), b"a\nb\n");
}

#[test]
fn a_long_head_ends_with_a_line() {
    let bytes = b"0123456789abcde\n".repeat(HEAD / 8);
    let first = on_disk(&bytes[1..]);
    assert!(first.head().ends_with(b"e\n"));
    assert!((FIRST - 32..=FIRST).contains(&first.head().len()));
    for input in [first.widened().unwrap(), piped(&bytes[1..])] {
        assert!(input.head().ends_with(b"e\n"));
        assert!((HEAD - 32..=HEAD).contains(&input.head().len()));
    }
    let line = vec![b'x'; 3 * HEAD];
    let input = on_disk(&line).widened().unwrap();
    assert_eq!(input.head().len(), HEAD);
    assert!(on_disk(b"a\nb").wide_head().unwrap().is_none());
}

#[test]
fn a_file_that_became_shorter_is_a_problem() {
    let mut temporary = tempfile::tempfile().unwrap();
    temporary.write_all(&b"x\n".repeat(HEAD)).unwrap();
    let second = temporary.try_clone().unwrap();
    let input = file("x.log", temporary, 0, 2 * HEAD as u64).unwrap();
    second.set_len(10).unwrap();
    let Access::Random(random) = &input.access else {
        panic!()
    };
    assert_eq!(random.fill_at(0, &mut vec![0; 2 * HEAD]).unwrap(), 10);
    assert!(
        problems(&input).contains("became shorter"),
        "{}",
        problems(&input)
    );
}

#[test]
fn a_stream_that_breaks_ends_and_says_why() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the wire was cut"))
        }
    }
    let reader = Cursor::new(b"10:00 a\n".to_vec()).chain(Broken);
    let mut input = stream("x.log", Box::new(reader)).unwrap();
    assert_eq!(read(&mut input), b"10:00 a\n");
    assert_eq!(
        problems(&input),
        "reading stopped after 8 bytes: the wire was cut [lost]\n"
    );
}

/// Gives a few bytes at a time, as pipes do.
struct Dripping(Cursor<Vec<u8>>, usize);

impl Read for Dripping {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let size = self.1.min(buf.len());
        self.0.read(&mut buf[..size])
    }
}

proptest! {
    #[test]
    fn utf16_gives_the_text_however_it_drips_in(text in "[a-z]{4}[a-zäöü😀\\n\\u{800}]{0,300}[a-z]", drip in 1..9_usize, big: bool) {
        let mark = if big { [0xfe, 0xff] } else { [0xff, 0xfe] };
        let bytes = [&mark[..], &utf16(&text, big)].concat();
        let size = bytes.len() as u64;
        let mut input = stream("x", Box::new(Dripping(Cursor::new(bytes), drip))).unwrap();
        prop_assert_eq!(String::from_utf8(read(&mut input)).unwrap(), text);
        prop_assert_eq!(input.meter.bytes(), size);
        prop_assert_eq!(problems(&input), "");
    }

    #[test]
    fn any_bytes_are_accounted_for(bytes in prop::collection::vec(prop_oneof![Just(0_u8), Just(b'\n'), any::<u8>()], 0..400), drip in 1..9_usize) {
        let inputs = [on_disk(&bytes), stream("x", Box::new(Dripping(Cursor::new(bytes.clone()), drip))).unwrap()];
        let mut texts = Vec::new();
        for mut input in inputs {
            texts.push(read(&mut input));
            prop_assert_eq!(input.meter.bytes(), bytes.len() as u64);
            let _ = show(&texts[0], input.encoding);
        }
        prop_assert_eq!(&texts[0], &texts[1]);
    }
}
