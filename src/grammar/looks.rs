//! Which formats may read a line, by its look: what is once found out of a look holds for all lines of all sources.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::format::Format;
use crate::syntax::look::{FormatLook, Look};

/// Looks that are remembered.
const MOST: usize = 4096;

/// A format that may read lines of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// Its index.
    pub format: u16,
    /// A byte that stands in each line that it reads, and not in the look.
    needs: Option<u8>,
}

impl Reader {
    /// False if the format does not read the line, which has the look.
    pub fn may_read(self, line: &[u8]) -> bool {
        self.needs
            .is_none_or(|byte| memchr::memchr(byte, line).is_some())
    }
}

/// The formats that may read lines of one look, in their order.
pub type Readers = Arc<[Reader]>;

/// What is known of looks.
#[derive(Debug, Default)]
pub struct Looks {
    of_formats: OnceLock<Vec<FormatLook>>,
    known: Mutex<HashMap<Look, Readers, BuildHasherDefault<Fold>>>,
    /// For two formats, by their indices, whether the first one is tried before the other.
    before: Mutex<HashMap<(usize, usize), bool>>,
}

/// Looks that one source has, so that others need not wait for it.
#[derive(Debug, Default)]
pub struct OwnLooks {
    all: HashMap<Look, usize, BuildHasherDefault<Fold>>,
    /// The last ones of each ending: a trace has few looks.
    last: [Option<(Look, usize)>; LAST],
    readers: Vec<Readers>,
}

/// A power of two.
const LAST: usize = 16;

impl OwnLooks {
    /// What may read the line: an index into [`OwnLooks::readers`].
    pub fn of(&mut self, line: &[u8], formats: &[Arc<Format>], looks: &Looks) -> usize {
        let look = Look::of(line);
        let place = look.ending() as usize % LAST;
        if let Some((known, index)) = self.last[place]
            && known == look
        {
            return index;
        }
        let index = match self.all.get(&look) {
            Some(index) => *index,
            None => self.meet(look, looks.readers(look, formats)),
        };
        self.last[place] = Some((look, index));
        index
    }

    fn meet(&mut self, look: Look, readers: Readers) -> usize {
        let index = self.readers.iter().position(|known| *known == readers);
        let index = index.unwrap_or_else(|| {
            self.readers.push(readers);
            self.readers.len() - 1
        });
        self.all.insert(look, index);
        index
    }

    /// The formats of each index.
    pub fn readers(&self) -> &[Readers] {
        &self.readers
    }

    /// The same, to keep.
    pub fn into_readers(self) -> Vec<Readers> {
        self.readers
    }
}

impl Looks {
    /// True if of two formats, by their indices, the first one is tried before the other; `compared` works it out.
    pub fn is_before(&self, pair: (usize, usize), compared: impl FnOnce() -> bool) -> bool {
        let known = || self.before.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(is_before) = known().get(&pair).copied() {
            return is_before;
        }
        let is_before = compared();
        known().insert(pair, is_before);
        is_before
    }

    /// The formats that may read lines with that look. They are always the same ones: those of the catalog.
    fn readers(&self, look: Look, formats: &[Arc<Format>]) -> Readers {
        let known = |looks: &HashMap<Look, Readers, _>| looks.get(&look).cloned();
        if let Some(known) = known(&self.known.lock().unwrap_or_else(PoisonError::into_inner)) {
            return known;
        }
        let of_formats = self
            .of_formats
            .get_or_init(|| formats.iter().map(|format| format.look()).collect());
        let reader = |(format, look_of_format): (u16, &FormatLook)| {
            look_of_format.may_read(&look).then(|| Reader {
                format,
                needs: look_of_format.needs(&look),
            })
        };
        let readers: Readers = (0..).zip(of_formats).filter_map(reader).collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.insert(look, readers.clone());
        }
        readers
    }
}

/// Hashes looks, which are a few whole words: nobody gains by collisions inside one run.
#[derive(Debug, Default)]
pub struct Fold(u64);

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_u64(u64::from(*b)));
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 29;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::format::tests::shipped;
    use proptest::prelude::*;

    /// Every sample of every format, cut, joined and changed, so that lines are near to what formats read.
    fn near() -> impl Strategy<Value = Vec<u8>> {
        let samples: Vec<String> = shipped().into_iter().flat_map(|f| f.samples).collect();
        let change = (any::<prop::sample::Index>(), any::<u8>());
        let parts = (
            prop::sample::select(samples.clone()),
            any::<prop::sample::Index>(),
            prop::sample::select(samples),
            any::<prop::sample::Index>(),
            prop::collection::vec(change, 0..3),
        );
        parts.prop_map(|(one, cut, two, from, changes)| {
            let mut line = one.as_bytes()[..cut.index(one.len() + 1)].to_vec();
            line.extend(&two.as_bytes()[from.index(two.len() + 1)..]);
            for (at, byte) in changes {
                if !line.is_empty() {
                    let at = at.index(line.len());
                    line[at] = byte;
                }
            }
            line
        })
    }

    #[test]
    fn every_sample_looks_like_what_its_format_reads() {
        for format in shipped() {
            let look_of_format = format.look();
            for sample in format
                .samples
                .iter()
                .filter(|s| format.read(s.as_bytes()).is_some())
            {
                assert!(
                    look_of_format.may_read(&Look::of(sample.as_bytes())),
                    "{}: {sample}",
                    format.id
                );
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_a_format_reads_looks_like_it(line in near()) {
            static FORMATS: OnceLock<Vec<(Format, FormatLook)>> = OnceLock::new();
            let formats = FORMATS.get_or_init(|| {
                shipped().into_iter().map(|f| { let look_of_format = f.look(); (f, look_of_format) }).collect()
            });
            for (format, look_of_format) in formats {
                let look = Look::of(&line);
                let needed = look_of_format.needs(&look).is_none_or(|byte| line.contains(&byte));
                prop_assert!(
                    format.read(&line).is_none() || look_of_format.may_read(&look) && needed,
                    "{}: {}", format.id, String::from_utf8_lossy(&line)
                );
            }
        }
    }
}
