//! What records tell, kept once for a whole run: each thing, and what is told together.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use crate::grammar::chain::StageNames;
use crate::grammar::told::Told;
use crate::scan::block::Signal;
use crate::scan::quick::Quick;

/// What records tell, each once for a whole run, with its index.
#[derive(Debug, Default)]
pub struct Tellings {
    key: Mixing,
    all: Mutex<Own>,
    /// What records tell together, where it is more than one thing.
    sets: Mutex<OfSets>,
}

/// Sets of tellings, with their indices.
type OfSets = HashMap<Box<[u32]>, u32>;

/// What records tell, by the number that is kept of it: twice the index of a telling, or twice that of a set and one more.
#[derive(Debug, Default)]
pub(super) struct Sets {
    /// The indices of all tellings, in order.
    ones: Vec<u32>,
    sets: Vec<Box<[u32]>>,
}

impl Sets {
    /// The indices of what a record tells.
    pub(super) fn told_by(&self, tells: u32) -> &[u32] {
        let index = (tells >> 1) as usize;
        match tells & 1 {
            0 => &self.ones[index..=index],
            _ => &self.sets[index],
        }
    }

    /// What tells no more than that.
    pub(super) fn one(told: u32) -> u32 {
        told << 1
    }
}

/// Tellings of a block that are known with their whole paths at a time.
const MOST_RAW: usize = 448;
/// What one block tells, with its own indices.
type Own = HashMap<Hashed, u32, BuildHasherDefault<Given>>;

/// What is told, with its hash: a table that grows does not hash it again.
#[derive(Debug)]
struct Hashed {
    hash: u64,
    told: Arc<Told>,
}

impl PartialEq for Hashed {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.told == other.told
    }
}

impl Eq for Hashed {}

impl Hash for Hashed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// The hash of what has been hashed.
#[derive(Debug, Default)]
struct Given(u64);

impl Hasher for Given {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Makes hashes that nobody can foresee who does not know the key: each word is multiplied with it, and both halves of the
/// product count. What is told has forty small parts, so what takes no more than a word is one.
#[derive(Debug, Clone)]
struct Mixing {
    state: u64,
    key: u64,
}

impl Default for Mixing {
    fn default() -> Self {
        let key = RandomState::new();
        Self {
            state: key.hash_one(0),
            key: key.hash_one(1) | 1,
        }
    }
}

impl BuildHasher for Mixing {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        self.clone()
    }
}

impl Hasher for Mixing {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        self.write_u64(u64::from_le_bytes(word));
        self.write_u64(bytes.len() as u64);
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(byte.into());
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.key);
        self.state = product as u64 ^ (product >> 64) as u64 ^ self.key.rotate_left(17);
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

impl Tellings {
    /// All of them, by their indices.
    pub(super) fn all(&self) -> Vec<Arc<Told>> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<(u32, &Arc<Told>)> =
            all.iter().map(|(told, at)| (*at, &told.told)).collect();
        sorted.sort_unstable_by_key(|(at, _)| *at);
        sorted.into_iter().map(|(_, told)| told.clone()).collect()
    }

    /// What records tell, by the numbers that are kept of it.
    pub(super) fn sets(&self) -> Sets {
        let tellings = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<(&Box<[u32]>, &u32)> = sets.iter().collect();
        sorted.sort_unstable_by_key(|(_, at)| **at);
        Sets {
            ones: (0..tellings.len() as u32).collect(),
            sets: sorted.into_iter().map(|(set, _)| set.clone()).collect(),
        }
    }

    /// The numbers of what these runs of tellings say, in their order.
    pub(super) fn numbers(&self, runs: &[&[u32]]) -> Vec<u32> {
        let mut own: HashMap<&[u32], u32, Mixing> = HashMap::with_hasher(self.key.clone());
        let mut distinct: Vec<&[u32]> = Vec::new();
        let places = runs.iter().map(|run| {
            if run.len() == 1 {
                return None;
            }
            Some(*own.entry(run).or_insert_with(|| {
                distinct.push(run);
                distinct.len() as u32 - 1
            }))
        });
        let places: Vec<Option<u32>> = places.collect();
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = distinct.into_iter().map(|set| {
            let next = sets.len() as u32;
            match sets.get(set) {
                Some(known) => *known,
                None => *sets.entry(set.into()).or_insert(next),
            }
        });
        let shared: Vec<u32> = shared.collect();
        let number = |(run, place): (&&[u32], Option<u32>)| match place {
            Some(place) => shared[place as usize] << 1 | 1,
            None => Sets::one(run[0]),
        };
        runs.iter().zip(places).map(number).collect()
    }

    /// What the signals of one block tell, in its order. Of an endpoint's path is kept what tells its stage.
    pub(super) fn of(&self, signals: &[Signal], names: &StageNames) -> Vec<u32> {
        let mut places: HashMap<*const Told, u32, BuildHasherDefault<Quick>> = HashMap::default();
        let mut raw: Own = HashMap::default();
        let mut own: Own = HashMap::default();
        let mut one = |told: &Arc<Told>| {
            *places.entry(Arc::as_ptr(told)).or_insert_with(|| {
                let mut own = |told: Arc<Told>| {
                    let next = own.len() as u32;
                    *own.entry(self.hashed(told)).or_insert(next)
                };
                if told.endpoint.as_ref().is_none_or(|e| e.path.is_empty()) {
                    return own(Arc::clone(told));
                }
                // Ids in paths make each of them another one: those are not worth the room.
                if raw.len() == MOST_RAW {
                    raw.clear();
                }
                let raw = raw.entry(self.hashed(Arc::clone(told)));
                *raw.or_insert_with(|| own(shortened(told, names)))
            })
        };
        let mut all: Vec<u32> = signals.iter().map(|signal| one(&signal.told)).collect();
        let shared = self.share(own);
        all.iter_mut()
            .for_each(|told| *told = shared[*told as usize]);
        all
    }

    fn hashed(&self, told: Arc<Told>) -> Hashed {
        let mut mixing = self.key.clone();
        told.hash(&mut mixing);
        Hashed {
            hash: mixing.finish(),
            told,
        }
    }

    /// The indices of what one block tells, by its own ones.
    fn share(&self, own: Own) -> Vec<u32> {
        let mut own: Vec<(Hashed, u32)> = own.into_iter().collect();
        own.sort_unstable_by_key(|(_, place)| *place);
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = own.into_iter().map(|(told, _)| {
            let next = all.len() as u32;
            *all.entry(told).or_insert(next)
        });
        shared.collect()
    }
}

/// The same with what of its endpoint's path tells its stage.
fn shortened(told: &Arc<Told>, names: &StageNames) -> Arc<Told> {
    let mut told = Arc::clone(told);
    let path = told.endpoint.as_ref().map(|e| names.telling_path(&e.path));
    if let (Some(path), Some(endpoint)) = (path, &told.endpoint)
        && path != endpoint.path
        && let Some(endpoint) = &mut Arc::make_mut(&mut told).endpoint
    {
        endpoint.path = path;
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_depends_on_all_parts_and_on_nothing_else() {
        let key = Mixing::default();
        let hash = |parts: &dyn Fn(&mut Mixing)| {
            let mut mixing = key.clone();
            parts(&mut mixing);
            mixing.finish()
        };
        let of = |parts: &Vec<&str>| hash(&|mixing| parts.hash(mixing));
        for count in [0, 1, 15, 16, 17, 100] {
            let parts = vec!["eight bytes"; count];
            assert_eq!(of(&parts), of(&parts.clone()));
            for other in 0..count {
                let mut changed = parts.clone();
                changed[other] = "other bytes";
                assert_ne!(of(&parts), of(&changed));
            }
        }
        let long = "x".repeat(1000);
        assert_ne!(hash(&|m| long.hash(m)), hash(&|m| long[1..].hash(m)));
    }
}
