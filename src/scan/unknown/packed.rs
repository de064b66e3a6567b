//! Groups as bytes, so that those of thousands of sources need not lie in memory until the report is made.

use super::{Group, Groups, Sighting};
use crate::model::{Level, RawTime, Span};
use crate::scan::block::Stamped;
use crate::spool::Bytes;

/// No level.
const NONE: u8 = u8::MAX;

impl Groups {
    /// All of it as bytes; nothing for no groups.
    pub fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.kept.is_empty() && !self.cut {
            return bytes;
        }
        bytes.push(u8::from(self.cut));
        for (hash, group) in &self.kept {
            bytes.extend(hash.to_le_bytes());
            put_group(&mut bytes, group);
        }
        bytes
    }

    /// No groups, because they were lost.
    pub fn lost() -> Self {
        Self {
            cut: true,
            ..Self::default()
        }
    }

    /// What [`Self::pack`] made bytes of.
    pub fn unpack(bytes: &[u8]) -> Self {
        let mut bytes = Bytes(bytes);
        let mut groups = Self {
            cut: bytes.u8() == 1,
            ..Self::default()
        };
        while !bytes.0.is_empty() {
            let hash = bytes.u64();
            groups.kept.insert(hash, Box::new(group(&mut bytes)));
        }
        groups
    }
}

fn put_group(bytes: &mut Vec<u8>, group: &Group) {
    let first = &group.first;
    for number in [
        group.count,
        first.line,
        first.block as u64,
        group.last.0 as u64,
    ] {
        bytes.extend(number.to_le_bytes());
    }
    put_stamped(bytes, first.time);
    put_stamped(bytes, group.last.1);
    bytes.push(first.level.map_or(NONE, |level| level.index() as u8));
    bytes.push(u8::from(first.stamp.is_some()));
    bytes.push(u8::from(group.single));
    let stamp = first.stamp.unwrap_or_default();
    bytes.extend(stamp.start.to_le_bytes());
    bytes.extend(stamp.end.to_le_bytes());
    for text in [group.template.as_bytes(), &first.text, &first.message] {
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text);
    }
}

fn group(bytes: &mut Bytes<'_>) -> Group {
    let [count, line, block, last] = std::array::from_fn(|_| bytes.u64());
    let (time, last_time) = (stamped(bytes), stamped(bytes));
    let level = bytes.u8();
    let has_stamp = bytes.u8() == 1;
    let single = bytes.u8() == 1;
    let span = Span {
        start: bytes.u32(),
        end: bytes.u32(),
    };
    let [template, text, message] = std::array::from_fn(|_| {
        let len = bytes.u32() as usize;
        let (text, rest) = bytes.0.split_at(len.min(bytes.0.len()));
        bytes.0 = rest;
        text.to_vec()
    });
    Group {
        template: String::from_utf8_lossy(&template).into_owned(),
        count,
        first: Sighting {
            line,
            block: block as usize,
            time,
            level: Level::ALL.into_iter().find(|l| l.index() as u8 == level),
            stamp: has_stamp.then_some(span),
            text,
            message,
        },
        last: (last as usize, last_time),
        single,
    }
}

fn put_stamped(bytes: &mut Vec<u8>, stamped: Option<Stamped>) {
    let kind = match stamped.map(Stamped::raw) {
        None => 0,
        Some(RawTime::Utc(_)) => 1,
        Some(RawTime::Wall(_)) => 2,
        Some(RawTime::Cyclic(_)) => 3,
    };
    bytes.push(kind);
    if let Some(stamped) = stamped {
        bytes.extend(stamped.nanos().to_le_bytes());
        bytes.extend(stamped.wraps().to_le_bytes());
        bytes.push(stamped.format());
        bytes.extend(stamped.drops().to_le_bytes());
    }
}

fn stamped(bytes: &mut Bytes<'_>) -> Option<Stamped> {
    let kind = match bytes.u8() {
        1 => RawTime::Utc,
        2 => RawTime::Wall,
        3 => RawTime::Cyclic,
        _ => return None,
    };
    let raw = kind(bytes.i64());
    let wraps = i32::from_le_bytes(bytes.take());
    let format = bytes.u8();
    Some(Stamped::new(raw, wraps, format, bytes.u32()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sighting(line: u64, text: &[u8]) -> Sighting {
        Sighting {
            line,
            block: 3,
            time: Some(Stamped::new(RawTime::Cyclic(-(line as i64)), -2, 1, 7)),
            level: line.is_multiple_of(2).then_some(Level::Error),
            stamp: line.is_multiple_of(3).then(|| Span::new(1, 5)),
            text: text.to_vec(),
            message: Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn groups_come_back_as_they_were(texts in prop::collection::vec(any::<Vec<u8>>(), 0..9)) {
            let mut groups = Groups::default();
            for (line, text) in (0..).zip(&texts) {
                groups.note(text, (line as usize, None), || sighting(line, text));
            }
            groups.cut = texts.len() == 4;
            let back = Groups::unpack(&groups.pack());
            prop_assert_eq!(format!("{groups:?}"), format!("{back:?}"));
        }
    }
}
