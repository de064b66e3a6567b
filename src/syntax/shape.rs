//! Shapes of lines that continue a record, whatever the layout: stack frames, inner exceptions, printed objects.

/// Prefixes of unindented lines that belong to the record above them. Compared byte by byte.
const CONTINUES: [&[u8]; 12] = [
    b"--->",
    b"<---",
    b"--- End",
    b"--- Ende",
    b"Caused by:",
    b"Suppressed:",
    b"at ",
    b"bei ",
    b"... ",
    b"[cause]:",
    b"Traceback (most recent call last)",
    b"During handling of the above exception",
];

/// True if the line cannot start a record in any layout: it is empty, a stack frame, an inner exception, or the rest
/// of a printed object. An indented line is none by itself: some layouts begin with blanks.
pub fn never_starts(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let Some(&first) = text.first() else {
        return true;
    };
    match first {
        b'}' | b']' | b')' => text.trim_ascii_end().iter().all(|b| b"}]),;".contains(b)),
        b'-' | b'<' | b'C' | b'S' | b'a' | b'b' | b'.' | b'[' | b'T' | b'D' => {
            let text = text.trim_ascii_end();
            CONTINUES.iter().any(|prefix| text.starts_with(prefix)) && !is_frame_like_prose(text)
        }
        _ => false,
    }
}

/// `at ` also begins sentences; a frame names something with a dot, a bracket or a slash behind it.
fn is_frame_like_prose(text: &[u8]) -> bool {
    let Some(rest) = text
        .strip_prefix(b"at ")
        .or_else(|| text.strip_prefix(b"bei "))
    else {
        return false;
    };
    let word = rest
        .split(u8::is_ascii_whitespace)
        .next()
        .unwrap_or_default();
    !(word.iter().any(|b| b"(<./\\:_".contains(b)) || rest.contains(&b'('))
}

/// True if a line of a file without any layout belongs to the record above it: it is indented, opens or closes a
/// printed object, or names an exception by its type.
pub fn continues_plain(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    is_indented(line)
        || never_starts(line)
        || matches!(text, b"{" | b"[" | b"(")
        || is_exception_header(line)
}

/// True if the line begins with a blank or a tab.
pub fn is_indented(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t'))
}

/// True for `System.Net.Sockets.SocketException (10054): …`, `java.net.ConnectException: …`, `TypeError: …`.
pub fn is_exception_header(line: &[u8]) -> bool {
    // No name begins so, and most lines do.
    if line.first().is_none_or(u8::is_ascii_digit) {
        return false;
    }
    let end = line
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || b"._$+`".contains(b)))
        .unwrap_or(line.len());
    let (name, mut rest) = line.split_at(end);
    if !(name.ends_with(b"Exception") || name.ends_with(b"Error")) || !name.contains(&b'.') {
        return false;
    }
    if let Some(inside) = rest.strip_prefix(b" (") {
        let Some(close) = inside.iter().take(20).position(|&b| b == b')') else {
            return false;
        };
        rest = &inside[close + 1..];
    }
    rest.is_empty() || rest.starts_with(b": ") || rest == b":"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_inner_exceptions_never_start_a_record() {
        for line in [
            "",
            "   ",
            "   at System.Net.Sockets.Socket.DoBind(EndPoint endPointSnapshot)",
            "   bei System.Net.HttpWebRequest.EndGetResponse(IAsyncResult asyncResult)",
            " ---> System.Net.Sockets.SocketException (10013): An attempt was made",
            "---> (Interne Ausnahme #0) System.Exception: x",
            "--- End of stack trace from previous location ---",
            "   --- Ende der internen Ausnahmestapelüberwachung ---",
            "Caused by: java.io.IOException: x",
            "\t... 27 more",
            "    at TCPConnectWrap.afterConnect [as oncomplete] (net.js:1141:16) {",
            "  [cause]: Error: x",
            "}",
            "});",
        ] {
            assert!(never_starts(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn prose_and_records_may_start() {
        for line in [
            "at last the server answered",
            "Connected",
            "[info] x",
            "-1",
            "<14>Oct",
        ] {
            assert!(!never_starts(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn an_exception_type_continues_a_plain_record() {
        let line = b"System.IO.IOException: Failed to bind to address https://localhost:55564.";
        assert!(continues_plain(line));
        assert!(!continues_plain(b"Unable to start Kestrel."));
        assert!(is_exception_header(
            b"System.Net.Sockets.SocketException (10054): reset"
        ));
        assert!(!is_exception_header(b"Error: connect ECONNREFUSED"));
    }
}
