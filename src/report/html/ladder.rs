//! The chain as a picture: who asked whom, from top to bottom, with the broken rung marked. On a narrow screen, and for
//! a screen reader, the same is a list.

use super::markup::{Anchor, Escaped, Prose};
use super::{Writer, status_class};
use crate::model::report::{ChainStep, Proof, Status};
use crate::report::layout::{cut, width, wrap_at_most};
use crate::report::safe::one_line;
use crate::report::show;

const WIDTH: usize = 960;
/// Columns left of the lanes, for the stage's name.
const GUTTER: usize = 176;
const HEAD: usize = 52;
const ROW: usize = 58;

impl Writer<'_> {
    pub(super) fn ladder(&mut self) {
        if self.report.chain.is_empty() {
            return;
        }
        let heading = show::chain_heading(self.report);
        self.section("chain", &Escaped(&heading).to_string());
        self.picture();
        self.steps();
        self.end_section();
    }

    fn picture(&mut self) {
        let chain = &self.report.chain;
        let lanes = Lanes::of(chain);
        let height = HEAD + chain.len() * ROW + 8;
        self.put(format_args!(
            "<svg class=\"ladder\" viewBox=\"0 0 {WIDTH} {height}\" aria-hidden=\"true\">\n"
        ));
        self.broken_rows(chain);
        for (at, name) in lanes.names.iter().enumerate() {
            self.lane(lanes.x(at), lanes.spacing(), name, height);
        }
        for (row, step) in chain.iter().enumerate() {
            self.rung(row, step, &lanes);
        }
        self.put(format_args!("</svg>\n"));
    }

    fn broken_rows(&mut self, chain: &[ChainStep]) {
        for (row, step) in chain.iter().enumerate() {
            if matches!(step.status, Status::Failed | Status::Recovered) {
                let (class, y) = (status_class(step.status), HEAD + row * ROW + 3);
                let (width, height) = (WIDTH - 2, ROW - 4);
                self.put(format_args!(
                    "<rect class=\"row {class}\" x=\"1\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n"
                ));
            }
        }
    }

    fn lane(&mut self, x: usize, spacing: usize, name: &str, height: usize) {
        let (half, top) = (spacing / 2 - 5, HEAD - 10);
        let (left, wide) = (x - half, 2 * half);
        self.put(format_args!(
            "<path class=\"life\" d=\"M{x} {top}V{height}\"/>\
             <rect class=\"actor\" x=\"{left}\" y=\"1\" width=\"{wide}\" height=\"{top}\" rx=\"8\"/>"
        ));
        // A long name breaks behind a stroke, and not inside of a word.
        let name = one_line(name).replace('/', "/ ").replace('-', "- ");
        let lines = wrap_at_most(&name, (wide * 2 / 17).max(8), 2);
        for (at, line) in lines.iter().enumerate() {
            let y = if lines.len() == 1 { 26 } else { 18 + at * 15 };
            self.put(format_args!(
                "<text class=\"name\" x=\"{x}\" y=\"{y}\">{}</text>",
                Escaped(&line.replace("/ ", "/").replace("- ", "-"))
            ));
        }
        self.put(format_args!("\n"));
    }

    fn rung(&mut self, row: usize, step: &ChainStep, lanes: &Lanes) {
        let class = status_class(step.status);
        let y = HEAD + row * ROW + 36;
        let (from, to) = (
            lanes.x(lanes.find(&step.from)),
            lanes.x(lanes.find(&step.to)),
        );
        self.put(format_args!("<g class=\"rung {class}\">"));
        self.rung_label(row, step);
        if from == to {
            self.badge(class, from, y);
        } else {
            self.arrow(step.status, from, to, y);
        }
        if let Some(id) = &step.finding {
            // The list below has the same link for the keyboard and for screen readers.
            let at = if step.status == Status::Failed && from != to {
                broken_at(from, to)
            } else {
                to
            };
            let y = y + 22;
            self.put(format_args!(
                "<a href=\"#{}\" tabindex=\"-1\"><text class=\"see\" x=\"{at}\" y=\"{y}\">{}</text></a>",
                Anchor(id),
                Escaped(id)
            ));
        }
        if let Some(endpoint) = &step.endpoint {
            let text = cut(&one_line(endpoint), 38);
            // The letters are about 6.4 units wide; the label stays between the gutter and the edge.
            let half = width(&text) * 32 / 10 + 4;
            let middle = usize::midpoint(from, to).clamp(GUTTER + half, WIDTH - half);
            let y = y - 13;
            self.put(format_args!(
                "<text class=\"endpoint\" x=\"{middle}\" y=\"{y}\">{}</text>",
                Escaped(&text)
            ));
        }
        self.put(format_args!("</g>\n"));
    }

    fn rung_label(&mut self, row: usize, step: &ChainStep) {
        let (first, second) = (HEAD + row * ROW + 26, HEAD + row * ROW + 43);
        let number = row + 1;
        // The mark says that it is passed; the word then says how that is known.
        let status = match step.proof {
            Some(Proof::Implied) if step.status == Status::Ok => self.words.implied,
            _ => self.words.status(step.status),
        };
        let time = step
            .at
            .map(|at| format!(" · {}", self.clock.short(at)))
            .unwrap_or_default();
        let short = cut(&one_line(&step.short), 17);
        self.put(format_args!(
            "<text class=\"number\" x=\"14\" y=\"{first}\">{number}</text>\
             <text class=\"short\" x=\"32\" y=\"{first}\">{}</text>\
             <text class=\"state\" x=\"32\" y=\"{second}\">{status}{time}</text>",
            Escaped(&short)
        ));
    }

    fn arrow(&mut self, status: Status, from: usize, to: usize, y: usize) {
        let class = status_class(status);
        let right = to > from;
        let step_back = |by: usize| if right { to - by } else { to + by };
        self.put(format_args!(
            "<circle class=\"start\" cx=\"{from}\" cy=\"{y}\" r=\"3.5\"/>"
        ));
        if status == Status::Failed {
            let middle = broken_at(from, to);
            self.put(format_args!(
                "<path class=\"line\" d=\"M{from} {y}H{middle}\"/><path class=\"hint\" d=\"M{middle} {y}H{to}\"/>"
            ));
            self.badge(class, middle, y);
            return;
        }
        let (end, wing) = (step_back(11), step_back(18));
        let (above, below) = (y - 5, y + 5);
        self.put(format_args!(
            "<path class=\"line\" d=\"M{from} {y}H{end}\"/><path class=\"tip\" d=\"M{wing} {above}L{end} {y}L{wing} {below}\"/>"
        ));
        self.badge(class, to, y);
    }

    fn badge(&mut self, class: &str, x: usize, y: usize) {
        let (left, top) = (x - 10, y - 10);
        self.put(format_args!(
            "<circle class=\"badge\" cx=\"{x}\" cy=\"{y}\" r=\"10\"/>\
             <use class=\"mark\" href=\"#i-{class}\" x=\"{left}\" y=\"{top}\" width=\"20\" height=\"20\"/>"
        ));
    }

    fn steps(&mut self) {
        let (report, words) = (self.report, self.words);
        self.put(format_args!("<ol class=\"steps\">\n"));
        for step in &report.chain {
            let class = status_class(step.status);
            let time = step
                .at
                .map(|at| format!(" · {}", self.clock.short(at)))
                .unwrap_or_default();
            let proof = step
                .proof
                .map(|p| format!(" · {}", words.proof(p)))
                .unwrap_or_default();
            self.put(format_args!(
                "<li class=\"{class}\"><svg class=\"i\" aria-hidden=\"true\"><use href=\"#i-{class}\"/></svg>\
                 <strong>{}</strong> <span class=\"state\">{}{time}{proof}</span><br>{}",
                Escaped(&step.short),
                words.status(step.status),
                Prose(&step.title),
            ));
            if let Some(endpoint) = &step.endpoint {
                self.put(format_args!("<br><code>{}</code>", Escaped(endpoint)));
            }
            if let Some(id) = &step.finding {
                self.put(format_args!(
                    " <a href=\"#{}\">{}</a>",
                    Anchor(id),
                    Escaped(id)
                ));
            }
            self.put(format_args!("</li>\n"));
        }
        self.put(format_args!("</ol>\n"));
    }
}

/// A broken rung ends before half way, where no other lane can be, and the rest is only hinted at.
const fn broken_at(from: usize, to: usize) -> usize {
    (from * 58 + to * 42) / 100
}

/// The actors in the order in which they appear: most rungs then join neighbours.
struct Lanes<'a> {
    names: Vec<&'a str>,
}

impl<'a> Lanes<'a> {
    fn of(chain: &'a [ChainStep]) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for name in chain.iter().flat_map(|s| [s.from.as_str(), s.to.as_str()]) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Self { names }
    }

    fn find(&self, name: &str) -> usize {
        self.names.iter().position(|n| *n == name).unwrap_or(0)
    }

    fn spacing(&self) -> usize {
        (WIDTH - GUTTER) / self.names.len().max(1)
    }

    fn x(&self, at: usize) -> usize {
        GUTTER + self.spacing() / 2 + at * self.spacing()
    }
}
