//! The page: lines of a fixed width, indents, headings, and colours only where they are asked for.

use crate::model::Lang;
use crate::report::layout::{pad, width, wrap, wrap_around, wrap_at_most};
use crate::report::{Options, show};

/// What a piece of text is painted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Good,
    Bad,
    Warning,
    Dim,
    Bold,
}

impl Paint {
    const fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Bad => "1;31",
            Self::Warning => "33",
            Self::Dim => "2",
            Self::Bold => "1",
        }
    }
}

/// A page under construction.
pub struct Page {
    out: String,
    options: Options,
}

impl Page {
    pub fn new(options: Options) -> Self {
        Self {
            out: String::new(),
            options: Options {
                width: options.width.max(40),
                ..options
            },
        }
    }

    pub fn finish(self) -> String {
        self.out
    }

    pub fn width(&self) -> usize {
        self.options.width
    }

    pub fn paint(&self, paint: Paint, text: &str) -> String {
        if self.options.colour && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", paint.code())
        } else {
            text.to_owned()
        }
    }

    pub fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    pub fn rule(&mut self) {
        self.line(&"=".repeat(self.options.width));
    }

    /// A heading behind an empty line.
    pub fn heading(&mut self, text: &str) {
        let text = self.paint(Paint::Bold, text);
        self.line("");
        self.line(&text);
    }

    /// `text` behind `marker`, wrapped; the following lines are indented as far as the marker is wide.
    pub fn item(&mut self, marker: &str, text: &str) {
        self.item_at_most(marker, text, usize::MAX);
    }

    /// [`Page::item`] in at most `most` lines.
    pub fn item_at_most(&mut self, marker: &str, text: &str, most: usize) {
        let indent = width(marker);
        let lines = wrap_at_most(text, self.options.width.saturating_sub(indent), most);
        self.block(marker, indent, lines);
    }

    /// The same, and `words` of the text are not cut off.
    pub fn item_around(&mut self, marker: &str, text: &str, words: &[String], most: usize) {
        let indent = width(marker);
        let columns = self.options.width.saturating_sub(indent);
        self.block(marker, indent, wrap_around(text, words, columns, most));
    }

    /// `lead` in a colour, then `text`; the lines that follow are indented by `indent`.
    pub fn painted_item(&mut self, lead: &str, paint: Paint, text: &str, indent: usize) {
        // Wrapped without colour, since escapes have no width; the lead is painted afterwards where it stands whole.
        let lines = wrap(
            &format!("{lead}{text}"),
            self.options.width.saturating_sub(indent),
        );
        for (at, line) in lines.into_iter().enumerate() {
            let line = match line.strip_prefix(lead.trim_end()) {
                Some(rest) if at == 0 => self.paint(paint, lead.trim_end()) + rest,
                _ if at == 0 => line,
                _ => pad("", indent) + &line,
            };
            self.line(&line);
        }
    }

    fn block(&mut self, marker: &str, indent: usize, lines: Vec<String>) {
        for (at, line) in lines.into_iter().enumerate() {
            let lead = if at == 0 {
                marker.to_owned()
            } else {
                pad("", indent)
            };
            self.line(format!("{lead}{line}").trim_end());
        }
    }

    /// `… 12 more findings`; nothing for none.
    pub fn more(&mut self, count: usize, what: &str, lang: Lang) {
        if count > 0 {
            let line = format!("… {} {what}", show::number(count as u64, lang));
            self.item("  ", &line);
        }
    }
}
