//! What everything that is searched for looks like in skeletons.

use memchr::memmem::Finder;

use crate::grammar::Catalog;
use crate::grammar::condition::{Gate, GateKind};
use crate::grammar::finder::RESOLVING;
use crate::syntax::pieces::{self, Probe};
use crate::syntax::skeleton::{LONGEST, Numbers, PLACE};

/// What a text may look like in skeletons.
#[derive(Debug)]
pub(super) enum Looks {
    /// As it is, and only so.
    Plain,
    /// As one of these.
    Images(Vec<Image>),
    /// As a number that stays: so it stands there wherever it stands by itself.
    Number,
}

/// The images of all that is searched for.
#[derive(Debug)]
pub struct Images {
    /// The numbers that stay.
    pub(super) numbers: Numbers,
    /// For each literal.
    pub(super) looks: Vec<Looks>,
    /// The same for those that begin an address.
    pub(super) addresses: Vec<Vec<Image>>,
    pub(super) trouble: Vec<Image>,
    /// Gates that the search in a skeleton does not find for sure.
    pub(super) others: Vec<usize>,
    /// True if all words by which endpoints are found stand in a skeleton as they are.
    pub(super) names_stay: bool,
    index: Index,
}

/// Which texts may stand in a skeleton, by a piece of each: there are thousands of them, and few pieces in a skeleton.
#[derive(Debug, Default)]
struct Index {
    /// Pieces, and what has them.
    items: Vec<(u32, u32)>,
    /// Where the items with each beginning of a piece begin.
    starts: Vec<u32>,
    /// What has no piece.
    always: Vec<u32>,
}

/// Bits of a piece by which items are found.
const BEGINNING: u32 = 12;

impl Index {
    fn new(all: impl Iterator<Item = (Probe, u32)>) -> Self {
        let mut index = Self::default();
        for (probe, item) in all {
            match probe.piece() {
                Some(piece) => index.items.push((piece, item)),
                None => index.always.push(item),
            }
        }
        index.items.sort_unstable();
        index.items.dedup();
        let begins = |part: u32| {
            let before = |(piece, _): &(u32, u32)| piece >> (u32::BITS - BEGINNING) < part;
            index.items.partition_point(before) as u32
        };
        index.starts = (0..=1 << BEGINNING).map(begins).collect();
        index
    }

    /// Calls `found` with what may stand in a text in lower case.
    fn search(&self, text: &[u8], mut found: impl FnMut(u32)) {
        self.always.iter().for_each(|item| found(*item));
        for piece in pieces::all(text) {
            let part = (piece >> (u32::BITS - BEGINNING)) as usize;
            let own = self.starts[part] as usize..self.starts[part + 1] as usize;
            let own = self.items[own].iter().filter(|(other, _)| *other == piece);
            own.for_each(|(_, item)| found(*item));
        }
    }
}

/// One image of a text.
#[derive(Debug)]
pub(super) struct Image {
    pub(super) probe: Probe,
    pub(super) finder: Finder<'static>,
}

impl Image {
    fn all(images: Vec<Vec<u8>>) -> Vec<Self> {
        let image = |image: Vec<u8>| Self {
            probe: Probe::of_ends(&image),
            finder: Finder::new(&image).into_owned(),
        };
        images.into_iter().map(image).collect()
    }
}

/// As what the literals of a catalog count, besides as texts.
struct Roles {
    is_number: Vec<bool>,
    is_address: Vec<bool>,
}

impl Roles {
    /// Lets the numbers stay that a clause goes by.
    fn of(catalog: &Catalog, numbers: &mut Numbers) -> Self {
        let texts = catalog.literals.texts();
        let mut roles = Self {
            is_number: vec![false; texts.len()],
            is_address: vec![false; texts.len()],
        };
        for clause in &catalog.clauses {
            let condition = catalog.condition(*clause);
            for gate in condition.number_gates().iter().flatten() {
                let text = texts[gate.literal as usize].as_bytes();
                // `(403) forbidden` is a text with a number in it.
                if gate.kind == GateKind::Text && !text.iter().all(|byte| is_of_number(*byte)) {
                    continue;
                }
                numbers.keep_number(text);
                roles.is_number[gate.literal as usize] = true;
            }
            for gate in &condition.endpoint_gates {
                let text = texts[gate.literal as usize].as_bytes();
                let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
                let is_port = gate.kind == GateKind::Port;
                // An address is a text as any other.
                if gate.kind != GateKind::Address {
                    numbers.keep_first(&text[..digits]);
                }
                roles.is_number[gate.literal as usize] |= is_port;
                roles.is_address[gate.literal as usize] |= gate.kind == GateKind::Address;
            }
        }
        roles
    }
}

/// True for what numbers are made of, in whatever digits.
const fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b'-'
}

impl Images {
    /// The images of a catalog's texts in skeletons that keep the numbers which anything goes by.
    pub fn new(catalog: &Catalog, probes: &[Probe]) -> Self {
        let mut numbers = Numbers::default();
        let roles = Roles::of(catalog, &mut numbers);
        for family in &catalog.families {
            let (words, other) = family.counts_behind();
            numbers.keep_behind(words.map(str::as_bytes), other);
        }
        let texts = (0..).zip(catalog.literals.texts()).zip(&roles.is_number);
        for ((literal, text), _) in texts.filter(|(_, is_number)| !**is_number) {
            if catalog.literals.is_word(literal) {
                numbers.keep_word(text.as_bytes());
            } else {
                numbers.keep_whole(text.as_bytes());
            }
        }
        Self::with(catalog, probes, numbers, &roles)
    }

    /// The same in skeletons that keep hardly any number: ports, addresses, and long ones that are searched for.
    pub fn blank(catalog: &Catalog, probes: &[Probe]) -> Self {
        let roles = Roles::of(catalog, &mut Numbers::default());
        let mut numbers = Numbers::default();
        let texts = catalog.literals.texts();
        for gate in catalog.named_gates() {
            let text = texts[gate.literal as usize].as_bytes();
            match gate.kind {
                GateKind::Port => numbers.keep_first(text),
                GateKind::Address => numbers.keep_whole(text),
                _ if roles.is_number[gate.literal as usize] && text.len() > LONGEST => {
                    numbers.keep_number(text);
                }
                _ => {}
            }
        }
        Self::with(catalog, probes, numbers, &roles)
    }

    fn with(catalog: &Catalog, probes: &[Probe], numbers: Numbers, roles: &Roles) -> Self {
        let texts = catalog.literals.texts();
        let addresses = texts.iter().zip(&roles.is_address);
        let addresses = addresses.map(|(text, is_address)| {
            let images = is_address.then(|| numbers.images(text.as_bytes(), true));
            Image::all(images.unwrap_or_default())
        });
        let addresses: Vec<Vec<Image>> = addresses.collect();
        let looks = |(text, is_number): (&String, &bool)| {
            let text = text.as_bytes();
            if *is_number && numbers.stays(text) {
                return Looks::Number;
            }
            let images = numbers.images(text, false);
            if images == [text] && !text.contains(&PLACE) {
                Looks::Plain
            } else {
                Looks::Images(Image::all(images))
            }
        };
        let looks: Vec<Looks> = texts.iter().zip(&roles.is_number).map(looks).collect();
        let trouble = catalog.lexicon.trouble.iter();
        let trouble = trouble.flat_map(|word| {
            let word = word.to_ascii_lowercase();
            Image::all(numbers.images(word.as_bytes(), false))
        });
        let trouble = trouble.collect();
        let names = &catalog.chain.names;
        let words = names.words().chain(RESOLVING).chain(["port"]);
        let stays = |word: &str| numbers.images(word.as_bytes(), false) == [word.as_bytes()];
        let item = |(number, image): (usize, &Image)| (image.probe, number as u32);
        let items = looks
            .iter()
            .enumerate()
            .flat_map(|(literal, look)| match look {
                Looks::Plain => vec![(probes[literal], literal as u32)],
                Looks::Images(images) => {
                    images.iter().map(|image| item((literal, image))).collect()
                }
                Looks::Number => Vec::new(),
            });
        let ends = (looks.len()..).zip(&addresses);
        let ends = ends.flat_map(|(number, images)| images.iter().map(move |i| item((number, i))));
        let mut images = Self {
            index: Index::new(items.chain(ends)),
            names_stay: words.chain(names.host_parts()).all(stays),
            others: Vec::new(),
            numbers,
            looks,
            addresses,
            trouble,
        };
        let gates = catalog.gates.iter().enumerate();
        let gates = gates.filter(|(_, (gate, all))| !all.is_empty() && !images.is_plain(*gate));
        images.others = gates.map(|(index, _)| index).collect();
        images
    }

    /// A bit for each literal that may stand in a skeleton in lower case, as far as a piece of it tells; behind them the same
    /// for addresses. Nothing is told of numbers.
    pub(super) fn near(&self, skeleton: &[u8]) -> Vec<u64> {
        let mut bits = vec![0; (2 * self.looks.len()).div_ceil(64)];
        self.index.search(skeleton, |item| {
            bits[item as usize / 64] |= 1 << (item % 64);
        });
        bits
    }

    /// True if the gate opens wherever its text stands, and the text stands in a skeleton wherever it does in a record.
    pub(super) fn is_plain(&self, gate: Gate) -> bool {
        let look = &self.looks[gate.literal as usize];
        gate.kind == GateKind::Text && matches!(look, Looks::Plain)
    }
}
