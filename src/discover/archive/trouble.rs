//! What is said when an archive cannot be read. Errors carry a [`Problem`] so that both languages reach the report.

use std::io::{self, ErrorKind};

use crate::model::{Problem, Text};

/// An error that says this.
pub(in super::super) fn said(en: impl Into<String>, de: impl Into<String>) -> io::Error {
    io::Error::other(Problem {
        source: None,
        line: None,
        text: Text::new(en, de),
        lossy: true,
    })
}

/// The text of any error of a decoder.
pub(in super::super) fn text_of(error: &io::Error) -> Text {
    if let Some(problem) = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Problem>())
    {
        return problem.text.clone();
    }
    match error.kind() {
        ErrorKind::UnexpectedEof => Text::new(
            "the packed data ends too early: the archive is cut short; what came before was read",
            "die gepackten Daten enden zu früh: das Archiv ist abgeschnitten; was davor stand, wurde gelesen",
        ),
        _ => Text::new(
            format!("the packed data is damaged ({error}); what came before was read"),
            format!(
                "die gepackten Daten sind beschädigt ({error}); was davor stand, wurde gelesen"
            ),
        ),
    }
}

pub(super) fn damaged() -> io::Error {
    said(
        "the archive is damaged; what came before was read",
        "das Archiv ist beschädigt; was davor stand, wurde gelesen",
    )
}

pub(super) fn checksum() -> io::Error {
    said(
        "the checksum does not fit: parts of it may be wrong",
        "die Prüfsumme passt nicht: Teile davon können falsch sein",
    )
}

pub(super) fn trailing() -> io::Error {
    said(
        "other data follows the packed data; it was not read",
        "hinter den gepackten Daten stehen andere Daten; sie wurden nicht gelesen",
    )
}

// In brackets: a word behind the option would be taken for a password when the report is cleaned.
const PASSWORD_NEEDED: [&str; 2] = [
    "encrypted; not read: give the password (--password)",
    "verschlüsselt; nicht gelesen: bitte das Kennwort angeben (--password)",
];
const WRONG_PASSWORD: [&str; 2] = [
    "encrypted, and the password (--password) does not fit; not read",
    "verschlüsselt, und das Kennwort (--password) passt nicht; nicht gelesen",
];

/// True for a problem that another password may solve.
pub fn is_password_wanted(problem: &str) -> bool {
    PASSWORD_NEEDED
        .iter()
        .chain(&WRONG_PASSWORD)
        .any(|text| problem.contains(text))
}

pub(super) fn password_needed() -> io::Error {
    let [en, de] = PASSWORD_NEEDED;
    said(en, de)
}

pub(super) fn wrong_password() -> io::Error {
    let [en, de] = WRONG_PASSWORD;
    said(en, de)
}

pub(super) fn unsupported(what: &str) -> io::Error {
    said(
        format!("packed in a way that is not read ({what}); unpack it and give the folder"),
        format!(
            "auf eine Art gepackt, die nicht gelesen wird ({what}); entpacken und den Ordner angeben"
        ),
    )
}

pub(super) fn too_many_bytes(limit: u64) -> io::Error {
    said(
        format!("unpacks to more than {limit} bytes; the rest was not read (--max-bytes)"),
        format!(
            "ergibt entpackt mehr als {limit} Bytes; der Rest wurde nicht gelesen (--max-bytes)"
        ),
    )
}

pub(super) fn too_dense(ratio: u64) -> io::Error {
    said(
        format!("unpacks to more than {ratio} times its size; the rest was not read (--max-ratio)"),
        format!(
            "ergibt entpackt mehr als das {ratio}-Fache; der Rest wurde nicht gelesen (--max-ratio)"
        ),
    )
}

pub(super) fn too_large_inside(limit: u64) -> io::Error {
    said(
        format!(
            "an archive inside an archive, larger than {limit} bytes; not read: unpack the outer one"
        ),
        format!(
            "ein Archiv in einem Archiv, größer als {limit} Bytes; nicht gelesen: das äußere entpacken"
        ),
    )
}

pub(super) fn dictionary(bytes: u64) -> io::Error {
    said(
        format!("needs {bytes} bytes of memory to unpack; not read"),
        format!("braucht zum Entpacken {bytes} Bytes Speicher; nicht gelesen"),
    )
}
