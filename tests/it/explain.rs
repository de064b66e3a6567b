//! `swyxtrace explain`: what it says of a line, and that a layout it learned is a format file that `check` accepts.

use crate::bench::{arg, folder, run};

/// Layouts that no format file has.
const LAYOUTS: [&str; 9] = [
    "<1a2c> 10/Aug/2020 11-16-29.123 {Fehler} ComSocket: kaputt\n<1a2d> 10/Aug/2020 11-16-30.123 {Info} ComSocket: geht\n",
    "Warnung | 13.08.20 11:16:29 | Dienst | langsam\nFehler | 13.08.20 11:16:30 | Dienst | kaputt\n",
    "#1 @ 8/25/2020 1:16:29 PM (ERROR) broken\n#2 @ 8/25/2020 1:16:30 PM (INFO) fine\n",
    "1597050989.123 ~ WARN ~ slow\n1597050990.456 ~ INFO ~ fine\n",
    "ts=1597050989123 sev=error broken\nts=1597050990123 sev=info fine\n",
    "[[132415245891234567]] <INFO> file time\n[[132415245901234567]] <ERROR> file time\n",
    "2020/08/10;11:16:29,123456;Information;start\n2020/08/10;11:16:30,123456;Fehler;Ende\n",
    "(2020-08-10T11:16:29.123456789+02:00) ERROR: nanoseconds\n(2020-08-10T11:16:30.1+02:00) INFO: fine\n",
    "* 11:16:29.5 * ERROR * clock only\n* 11:16:30.5 * INFO * clock only\n",
];

#[test]
fn a_learned_layout_is_printed_as_a_format_file_that_passes_check() {
    for text in LAYOUTS {
        let case = folder(&[("trace-2020-08-10.log", text.repeat(3).as_bytes())]);
        let path = arg(&case.path().join("trace-2020-08-10.log"));
        let told = run(["explain", path.as_str()]).exits(0).text();
        let (_, toml) = told
            .split_once("for --grammars):\n")
            .unwrap_or_else(|| panic!("{text}\n{told}"));
        let own = folder(&[]);
        let formats = own.path().join("formats");
        std::fs::create_dir(&formats).expect("a folder");
        std::fs::write(formats.join("own.toml"), toml.trim()).expect("a file");
        let checked = run(["check", "--grammars", &arg(own.path())]);
        assert_eq!(checked.code, 0, "{text}\n{toml}\n{}", checked.err);
    }
}

#[test]
fn the_columns_and_the_losers_of_a_line_are_told() {
    let text = LAYOUTS[0].repeat(3);
    let case = folder(&[("trace.log", text.as_bytes())]);
    let path = arg(&case.path().join("trace.log"));
    let told = run(["explain", path.as_str()]).exits(0).text();
    for part in [
        "read by learned",
        "stamp    columns 8-31",
        "level    error",
        "lost: ",
        "fails at column",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}
