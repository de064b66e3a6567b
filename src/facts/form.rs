//! Putting lines together: what a registry export or XML spreads over several lines is one line for a pattern. Each line
//! keeps the number of its first one.

use std::borrow::Cow;

use crate::grammar::facts::Form;

/// Bytes of one joined line; a tag that never ends is cut here.
const MOST: usize = 64 << 10;

/// The lines of a text with their numbers, from 1.
pub fn lines(text: &str, form: Form) -> Vec<(u64, Cow<'_, str>)> {
    let plain = text
        .split('\n')
        .enumerate()
        .map(|(index, line)| (index as u64 + 1, line.trim_end_matches('\r')));
    match form {
        Form::Plain => plain.map(|(n, line)| (n, Cow::Borrowed(line))).collect(),
        Form::Reg => joined(plain, |line| line.ends_with('\\'), "")
            .into_iter()
            .map(|(n, line)| (n, Cow::Owned(registry_value(&line))))
            .collect(),
        Form::Xml => joined(plain, in_tag, " "),
    }
}

/// Joins each line with the next ones as long as it goes on.
fn joined<'a>(
    lines: impl Iterator<Item = (u64, &'a str)>,
    goes_on: impl Fn(&str) -> bool,
    glue: &str,
) -> Vec<(u64, Cow<'a, str>)> {
    let mut out: Vec<(u64, Cow<'a, str>)> = Vec::new();
    let mut more = false;
    for (number, line) in lines {
        match out.last_mut() {
            Some((_, last)) if more && last.len() + line.len() <= MOST => {
                let text = last.to_mut();
                if text.ends_with('\\') {
                    text.pop();
                }
                text.push_str(glue);
                text.push_str(line.trim_start());
            }
            _ => out.push((number, Cow::Borrowed(line))),
        }
        more = out.last().is_some_and(|(_, last)| goes_on(last));
    }
    out
}

/// True if the last `<` of the line has no `>` behind it.
fn in_tag(line: &str) -> bool {
    let begins = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'/' | b'!' | b'?');
    match (line.rfind('<'), line.rfind('>')) {
        (Some(open), close) if close.is_none_or(|close| close < open) => {
            line.as_bytes().get(open + 1).is_none_or(|b| begins(*b))
        }
        _ => false,
    }
}

/// The output of `reg query` as the export would have it.
fn queried(line: &str) -> Option<String> {
    if line.starts_with("HKEY_") {
        return Some(format!("[{}]", line.trim_end()));
    }
    let (name, rest) = line.strip_prefix("    ")?.split_once("    REG_")?;
    let (kind, value) = rest.split_once("    ")?;
    let value = value.trim();
    let written = match (kind, value.strip_prefix("0x")) {
        ("DWORD" | "QWORD", Some(digits)) => u64::from_str_radix(digits, 16).ok()?.to_string(),
        _ => format!("\"{value}\""),
    };
    Some(format!("\"{}\"={written}", name.trim()))
}

/// `"Port"=dword:00001388` becomes `"Port"=5000`; a text in hexadecimal becomes the text.
fn registry_value(line: &str) -> String {
    if let Some(line) = queried(line) {
        return line;
    }
    let Some((name, value)) = line.split_once("\"=").or_else(|| line.split_once("@=")) else {
        return line.to_owned();
    };
    let value = value.trim();
    let written = if let Some(digits) = value.strip_prefix("dword:") {
        u32::from_str_radix(digits.trim(), 16)
            .ok()
            .map(|n| n.to_string())
    } else if let Some(rest) = value.strip_prefix("hex(") {
        let (kind, bytes) = rest.split_once("):").unwrap_or_default();
        hexadecimal(kind, bytes)
    } else {
        value
            .strip_prefix('"')
            .and_then(|v| v.strip_suffix('"'))
            .map(|text| format!("\"{}\"", text.replace("\\\\", "\\").replace("\\\"", "\"")))
    };
    match written {
        Some(written) => format!("{name}\"={written}"),
        None => line.to_owned(),
    }
}

/// `2`: a text with variables, `7`: a list of texts (both UTF-16), `b`: a number of 64 bits.
fn hexadecimal(kind: &str, bytes: &str) -> Option<String> {
    let bytes: Vec<u8> = bytes
        .split(',')
        .map(|b| u8::from_str_radix(b.trim(), 16).ok())
        .collect::<Option<_>>()?;
    match kind {
        "b" => {
            let number: [u8; 8] = bytes.try_into().ok()?;
            Some(u64::from_le_bytes(number).to_string())
        }
        "1" | "2" | "7" => {
            let units = bytes
                .chunks_exact(2)
                .map(|b| u16::from_le_bytes([b[0], b[1]]));
            let text = String::from_utf16_lossy(&units.collect::<Vec<_>>());
            let parts: Vec<&str> = text.split('\0').filter(|part| !part.is_empty()).collect();
            Some(format!("\"{}\"", parts.join(";")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, form: Form) -> Vec<String> {
        lines(text, form)
            .iter()
            .map(|(n, line)| format!("{n} {line}"))
            .collect()
    }

    #[test]
    fn registry_values_are_written_out() {
        let text = "[HKEY_X]\r\n\"Port\"=dword:00001388\r\n\"Path\"=\"C:\\\\x \\\"y\\\"\"\r\n\"Servers\"=hex(7):61,00,\\\r\n  62,00,00,00,63,00,00,00,00,00\r\n\"Q\"=hex(b):10,27,00,00,00,00,00,00\r\n\"Bad\"=hex(2):zz";
        assert_eq!(
            shown(text, Form::Reg),
            [
                "1 [HKEY_X]",
                "2 \"Port\"=5000",
                "3 \"Path\"=\"C:\\x \"y\"\"",
                "4 \"Servers\"=\"ab;c\"",
                "6 \"Q\"=10000",
                "7 \"Bad\"=hex(2):zz",
            ]
        );
    }

    #[test]
    fn a_tag_over_several_lines_is_one() {
        let text = "<a>\n<proxy\n   address=\"x\"\n/>\n1 < 2\n<b/>";
        assert_eq!(
            shown(text, Form::Xml),
            ["1 <a>", "2 <proxy address=\"x\" />", "5 1 < 2", "6 <b/>"]
        );
    }
}
