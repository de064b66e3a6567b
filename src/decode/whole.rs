//! Text up to its last line end: a program that is still writing may have written half a line.

use std::io::{self, Read};

use super::{Access, Input, RandomFile};

/// Bytes that are searched for a line end at a time, from the end of the text.
const PIECE: usize = 64 << 10;

impl Input {
    /// The same text without a last line that has no end yet.
    ///
    /// # Errors
    /// If the end of a file cannot be read.
    pub fn whole_lines(mut self) -> io::Result<Self> {
        self.access = match self.access {
            Access::Random(mut file) => {
                file.end_at_a_line()?;
                let reach = usize::try_from(file.len()).unwrap_or(usize::MAX);
                self.head.truncate(reach);
                Access::Random(file)
            }
            Access::Stream(reader) => {
                let end = memchr::memrchr(b'\n', &self.head).map_or(0, |at| at + 1);
                self.head.truncate(end);
                Access::Stream(Box::new(WholeLines::new(reader)))
            }
        };
        Ok(self)
    }
}

impl RandomFile {
    /// Leaves out what stands behind the last line feed.
    fn end_at_a_line(&mut self) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        let mut end = self.len();
        while end > 0 {
            let from = end.saturating_sub(PIECE as u64);
            let wanted = &mut piece[..(end - from) as usize];
            let read = self.fill_at(from, wanted)?;
            if let Some(at) = memchr::memrchr(b'\n', &wanted[..read]) {
                end = from + at as u64 + 1;
                break;
            }
            end = from;
        }
        self.shorten(end);
        Ok(())
    }
}

/// Holds back what stands behind the last line feed until another one follows.
struct WholeLines<R> {
    inner: R,
    /// What was read: `at..whole` may be handed out, the rest is the beginning of a line.
    text: Vec<u8>,
    at: usize,
    whole: usize,
}

impl<R: Read> WholeLines<R> {
    const fn new(inner: R) -> Self {
        Self {
            inner,
            text: Vec::new(),
            at: 0,
            whole: 0,
        }
    }

    /// Reads on until there is a whole line; false at the end of the text.
    fn advance(&mut self) -> io::Result<bool> {
        self.text.drain(..self.whole);
        (self.at, self.whole) = (0, 0);
        loop {
            let before = self.text.len();
            let read = (&mut self.inner)
                .take(PIECE as u64)
                .read_to_end(&mut self.text)?;
            if read == 0 {
                return Ok(false);
            }
            if let Some(feed) = memchr::memrchr(b'\n', &self.text[before..]) {
                self.whole = before + feed + 1;
                return Ok(true);
            }
        }
    }
}

impl<R: Read> Read for WholeLines<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() || (self.at == self.whole && !self.advance()?) {
            return Ok(0);
        }
        let read = (&self.text[self.at..self.whole]).read(buf)?;
        self.at += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{file, stream};
    use super::*;
    use std::io::Write as _;

    fn text_of(input: Input) -> (String, String) {
        let input = input.whole_lines().unwrap();
        let head = String::from_utf8(input.head().to_vec()).unwrap();
        let mut text = String::new();
        match input.access {
            Access::Random(file) => file.into_reader().read_to_string(&mut text),
            Access::Stream(mut reader) => reader.read_to_string(&mut text),
        }
        .unwrap();
        (head, text)
    }

    fn of_file(bytes: &[u8]) -> (String, String) {
        let mut written = tempfile::tempfile().unwrap();
        written.write_all(bytes).unwrap();
        text_of(file("a.log", written, 0, bytes.len() as u64).unwrap())
    }

    #[test]
    fn a_line_without_an_end_is_no_line_yet() {
        for (bytes, whole) in [
            (&b"one\ntwo\nthr"[..], "one\ntwo\n"),
            (b"one\r\ntwo\r\n", "one\r\ntwo\r\n"),
            (b"on", ""),
            (b"", ""),
        ] {
            assert_eq!(of_file(bytes), (whole.into(), whole.into()));
            let streamed = stream("a.log", Box::new(io::Cursor::new(bytes.to_vec()))).unwrap();
            assert_eq!(text_of(streamed), (whole.into(), whole.into()));
        }
    }

    #[test]
    fn half_a_line_of_utf16_is_no_line_either() {
        let wide: Vec<u8> = "\u{feff}eins\r\nzwei ü\r\ndre"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        // The last character is cut in the middle too.
        let (_, text) = of_file(&wide[..wide.len() - 1]);
        assert_eq!(text, "eins\r\nzwei ü\r\n");
    }

    #[test]
    fn a_long_line_that_goes_on_hides_nothing_before_it() {
        let mut bytes = b"whole\n".to_vec();
        bytes.resize(3 * PIECE, b'x');
        assert_eq!(of_file(&bytes).1, "whole\n");
        let streamed = stream("a.log", Box::new(io::Cursor::new(bytes))).unwrap();
        assert_eq!(text_of(streamed).1, "whole\n");
    }
}
