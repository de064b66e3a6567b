//! Lists that are longer than memory should hold. Their items have a fixed size and stand in pages: while there are few,
//! all of them stay in memory; beyond that the pages that were not used lately go to a nameless temporary file.

pub mod pack;
mod sort;

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

pub use sort::{Giving, Sorter};

/// Bytes of items that a page has room for: so many that the longest list has pages that the system need not cut.
const PAGE: usize = 24 << 10;
/// Bytes of items that a list keeps in memory, unless it is given more room.
const IN_MEMORY: usize = 1 << 20;
/// Items that a walk over one reads at a time at least.
const LEAST_AHEAD: usize = 16;
/// Pages that go to the file at once, if they lie side by side: the system takes few large pieces twice as fast as many.
const AT_ONCE: usize = 8;
/// Pages that it keeps at least.
const FEWEST: usize = 2;

/// What a list holds.
pub trait Item: Copy + Default {
    /// Bytes of it in a file.
    const BYTES: usize;

    /// Writes these bytes.
    fn put(&self, bytes: &mut Room<'_>);

    /// The item of these bytes.
    fn get(bytes: &mut Bytes<'_>) -> Self;
}

/// Bytes of a file that an item is written to. What they have no room for is left out.
#[derive(Debug)]
pub struct Room<'b>(pub &'b mut [u8]);

impl Room<'_> {
    /// Writes the next ones.
    #[inline]
    pub fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        if let Some((first, rest)) = std::mem::take(&mut self.0).split_first_chunk_mut() {
            *first = bytes;
            self.0 = rest;
        }
    }
}

/// Bytes that numbers are taken from, the lowest byte first. What is missing reads as 0.
#[derive(Debug)]
pub struct Bytes<'b>(pub &'b [u8]);

impl Bytes<'_> {
    /// That many bytes.
    #[inline]
    pub fn take<const N: usize>(&mut self) -> [u8; N] {
        let Some((first, rest)) = self.0.split_first_chunk() else {
            return [0; N];
        };
        self.0 = rest;
        *first
    }

    /// One byte.
    #[inline]
    pub fn u8(&mut self) -> u8 {
        u8::from_le_bytes(self.take())
    }

    /// Four bytes.
    #[inline]
    pub fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    /// Eight bytes.
    #[inline]
    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    /// Eight bytes with a sign.
    #[inline]
    pub fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.take())
    }
}

impl Item for u8 {
    const BYTES: usize = 1;

    #[inline]
    fn put(&self, bytes: &mut Room<'_>) {
        bytes.put([*self]);
    }

    #[inline]
    fn get(bytes: &mut Bytes<'_>) -> Self {
        bytes.u8()
    }
}

impl Item for u32 {
    const BYTES: usize = 4;

    #[inline]
    fn put(&self, bytes: &mut Room<'_>) {
        bytes.put(self.to_le_bytes());
    }

    #[inline]
    fn get(bytes: &mut Bytes<'_>) -> Self {
        bytes.u32()
    }
}

/// A list.
#[derive(Debug)]
pub struct List<T> {
    len: usize,
    /// Where its file is made; without a folder all of it stays in memory.
    folder: Option<Arc<Path>>,
    /// Bytes of items that it keeps in memory.
    room: usize,
    /// `None` until there is an item: of thousands of lists most stay empty.
    pages: RefCell<Option<Box<Pages<T>>>>,
    broken: Cell<bool>,
}

#[derive(Debug)]
struct Pages<T> {
    all: Vec<Option<Page<T>>>,
    /// The numbers of those in memory, once there are too many of them.
    resident: Vec<usize>,
    /// Which of them is asked next whether it may go.
    hand: usize,
    file: Option<File>,
    /// True if the file cannot be made or is full: memory has to do.
    failed: bool,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            resident: Vec::new(),
            hand: 0,
            file: None,
            failed: false,
        }
    }
}

thread_local! {
    /// The folder of the last list that was made: thousands of them have one.
    static FOLDER: RefCell<Option<Arc<Path>>> = const { RefCell::new(None) };
    /// Bytes on their way to a file or from it: those of one list at a time.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

#[derive(Debug)]
struct Page<T> {
    items: Vec<T>,
    /// True if the file has not got it as it is.
    changed: bool,
    /// True if it was used since the hand came by.
    used: bool,
}

/// The folder, as other lists have it.
fn shared(folder: &Path) -> Arc<Path> {
    FOLDER.with_borrow_mut(|last| {
        let known = last.take().filter(|last| **last == *folder);
        let folder = known.unwrap_or_else(|| folder.into());
        *last = Some(folder.clone());
        folder
    })
}

/// Items of one page: a power of two, so that no place is found by a division.
const fn page<T>() -> usize {
    let size = if size_of::<T>() == 0 {
        1
    } else {
        size_of::<T>()
    };
    match (PAGE / size).checked_ilog2() {
        Some(bits) => 1 << bits,
        None => 1,
    }
}

impl<T: Item> List<T> {
    /// Items of one page.
    const PAGE: usize = page::<T>();

    /// An empty list whose file, if it needs one, is made in `folder`.
    pub fn new(folder: Option<&Path>) -> Self {
        Self {
            len: 0,
            folder: folder.map(shared),
            room: IN_MEMORY,
            pages: RefCell::new(None),
            broken: Cell::new(false),
        }
    }

    /// The folder of its file.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// True if a part could not be read again from the file.
    pub fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// Is broken if another one is, of which it was made.
    pub fn is_broken_as(&self, other: &Self) {
        self.broken.set(self.is_broken() || other.is_broken());
    }

    /// Pages that stay in memory.
    fn most(&self) -> usize {
        (self.room / (Self::PAGE * size_of::<T>().max(1))).max(FEWEST)
    }

    /// Gives it more room in memory.
    pub fn set_room(&mut self, bytes: usize) {
        self.room = bytes;
    }

    /// Appends an item.
    pub fn push(&mut self, item: T) {
        let number = self.len / Self::PAGE;
        if let Some(Some(page)) = self
            .pages
            .get_mut()
            .get_or_insert_default()
            .all
            .get_mut(number)
        {
            page.items.push(item);
            (page.changed, page.used) = (true, true);
            self.len += 1;
            return;
        }
        if self.len.is_multiple_of(Self::PAGE) {
            let mut pages = self.pages.borrow_mut();
            let pages = pages.get_or_insert_default();
            self.make_room(pages);
            // A list of a few items takes no more than they need: there may be thousands of one.
            let items = Vec::with_capacity(if number == 0 { 1 } else { Self::PAGE });
            if number == 0 {
                pages.all.reserve_exact(1);
                pages.resident.reserve_exact(1);
            }
            pages.all.push(Some(Page {
                items,
                changed: true,
                used: true,
            }));
            pages.resident.push(number);
        }
        self.with(number, |page| {
            page.items.push(item);
            page.changed = true;
        });
        self.len += 1;
    }

    /// The item at that place.
    ///
    /// # Panics
    /// If there is none, as a slice does.
    #[inline]
    pub fn get(&self, index: usize) -> T {
        let number = index / Self::PAGE;
        if let Some(page) = &mut self.pages.borrow_mut().get_or_insert_default().all[number] {
            page.used = true;
            return page.items[index % Self::PAGE];
        }
        self.with(number, |page| page.items[index % Self::PAGE])
    }

    /// Changes the item at that place.
    ///
    /// # Panics
    /// If there is none, as a slice does.
    pub fn change(&mut self, index: usize, change: impl FnOnce(&mut T)) {
        self.with(index / Self::PAGE, |page| {
            change(&mut page.items[index % Self::PAGE]);
            page.changed = true;
        });
    }

    /// All items, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = T> + '_ {
        (0..self.len).map(|index| self.get(index))
    }

    /// Calls `with` with each item, in order: a page at a time.
    pub fn for_each(&self, with: impl FnMut(T)) {
        self.for_each_of(0..self.len, with);
    }

    /// The same with those at these places.
    pub fn for_each_of(&self, places: Range<usize>, mut with: impl FnMut(T)) {
        let end = places.end.min(self.len);
        let mut items = Vec::with_capacity(Self::PAGE.min(places.len()));
        let mut at = places.start;
        while at < end {
            self.copy(at, end - at, &mut items);
            if items.is_empty() {
                return;
            }
            at += items.len();
            items.drain(..).for_each(&mut with);
        }
    }

    /// How many of the first items fulfil something that none behind them does.
    pub fn partition_point(&self, holds: impl Fn(&T) -> bool) -> usize {
        border((0, self.len), |place| holds(&self.get(place)))
    }

    /// The same, where the border is near that place: what lies far away stays where it is.
    pub fn partition_point_near(&self, place: usize, holds: impl Fn(&T) -> bool) -> usize {
        border_near(self.len, place, |place| holds(&self.get(place)))
    }

    /// Copies the items from `from` on into `into`, as many as it has room for or there are. Pages that are not in memory are
    /// read past it: many readers of parts that lie far apart do not chase each other's pages out.
    fn copy(&self, from: usize, most: usize, into: &mut Vec<T>) {
        into.clear();
        let end = (from + most)
            .min(self.len)
            .min((from / Self::PAGE + 1) * Self::PAGE);
        let (number, first) = (from / Self::PAGE, from % Self::PAGE);
        let mut pages = self.pages.borrow_mut();
        let pages = pages.get_or_insert_default();
        if let Some(page) = &pages.all[number] {
            into.extend_from_slice(&page.items[first..first + (end - from)]);
            return;
        }
        let read = pages.read(from, end - from, into);
        self.broken.set(self.broken.get() || read.is_err());
    }

    /// Reads items whose places never go back.
    pub fn walk(&self) -> Walk<'_, T> {
        Walk {
            list: self,
            at: 0,
            items: Vec::new(),
        }
    }

    fn with<R>(&self, number: usize, work: impl FnOnce(&mut Page<T>) -> R) -> R {
        let mut pages = self.pages.borrow_mut();
        let pages = pages.get_or_insert_default();
        if pages.all[number].is_none() {
            self.make_room(pages);
            let count = (self.len - number * Self::PAGE).min(Self::PAGE);
            let (page, read) = pages.load(number, count);
            self.broken.set(self.broken.get() || read.is_err());
            pages.all[number] = Some(page);
            pages.resident.push(number);
        }
        let page = pages.all[number].as_mut().expect("it was just loaded");
        page.used = true;
        work(page)
    }

    /// Sends pages to the file until there is room for one more.
    fn make_room(&self, pages: &mut Pages<T>) {
        let Some(folder) = &self.folder else { return };
        while pages.resident.len() >= self.most() && !pages.failed {
            pages.send_one(folder);
        }
    }
}

/// What reads a list from its start to its end, with gaps. It holds a page of its own, and moves none of the list's.
#[derive(Debug)]
pub struct Walk<'l, T> {
    list: &'l List<T>,
    /// Where what it holds begins in the list.
    at: usize,
    items: Vec<T>,
}

impl<T: Item> Walk<'_, T> {
    /// The item at that place, which is not in front of the last one.
    ///
    /// # Panics
    /// If there is none, as a slice does.
    #[inline]
    pub fn get(&mut self, index: usize) -> T {
        if let Some(item) = self.items.get(index.wrapping_sub(self.at)) {
            return *item;
        }
        // Who goes from one to the next reads ever more ahead, and who leaps reads little.
        let goes_on = index == self.at + self.items.len();
        let most = if goes_on { 2 * self.items.len() } else { 0 };
        self.list
            .copy(index, most.max(LEAST_AHEAD), &mut self.items);
        self.at = index;
        self.items[0]
    }
}

impl<T: Item> Pages<T> {
    /// Sends the page away that was not used for longest, or nearly so.
    fn send_one(&mut self, folder: &Path) {
        loop {
            self.hand = (self.hand + 1) % self.resident.len();
            let number = self.resident[self.hand];
            let page = self.all[number].as_mut().expect("it is in memory");
            if std::mem::take(&mut page.used) {
                continue;
            }
            if page.changed && self.write(number, folder).is_err() {
                self.failed = true;
                return;
            }
            self.all[number] = None;
            self.resident.swap_remove(self.hand);
            return;
        }
    }

    /// Writes a page, and full ones behind it that the file has not got either.
    fn write(&mut self, number: usize, folder: &Path) -> io::Result<()> {
        let is_next = |page: &&mut Option<Page<T>>| {
            let page = page.as_ref();
            page.is_some_and(|page| page.changed && page.items.len() == List::<T>::PAGE)
        };
        let (first, rest) = self.all[number..].split_first_mut().expect("it is there");
        let next = rest.iter_mut().take(AT_ONCE - 1).take_while(is_next);
        let pages = std::iter::once(first).chain(next).flatten();
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            for page in pages {
                let start = scratch.len();
                scratch.resize(start + page.items.len() * T::BYTES, 0);
                let each = scratch[start..].chunks_exact_mut(T::BYTES);
                for (item, bytes) in page.items.iter().zip(each) {
                    item.put(&mut Room(bytes));
                }
                page.changed = false;
            }
            let at = number * List::<T>::PAGE * T::BYTES;
            write_at(&mut self.file, folder, at, scratch)
        })
    }

    fn load(&self, number: usize, count: usize) -> (Page<T>, io::Result<()>) {
        let mut items = Vec::with_capacity(List::<T>::PAGE);
        let read = self.read(number * List::<T>::PAGE, count, &mut items);
        let page = Page {
            items,
            changed: false,
            used: true,
        };
        (page, read)
    }

    /// Reads items of the file; what cannot be read is as nothing.
    fn read(&self, from: usize, count: usize, into: &mut Vec<T>) -> io::Result<()> {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.resize(count * T::BYTES, 0);
            let read = read_at(self.file.as_ref(), from * T::BYTES, scratch);
            if read.is_err() {
                scratch.fill(0);
            }
            let each = scratch.chunks_exact(T::BYTES);
            into.extend(each.map(|bytes| T::get(&mut Bytes(bytes))));
            read
        })
    }
}

/// The first place, from the one to the other, that does not fulfil something which all before it do.
pub fn border((mut low, mut high): (usize, usize), holds: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The same of `len` places, where the border is near that one: what lies far away is not asked.
pub fn border_near(len: usize, place: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (place, place);
    let mut step = 1;
    while low > 0 && !holds(low - 1) {
        high = low - 1;
        low = low.saturating_sub(step);
        step *= 2;
    }
    step = 1;
    while high < len && holds(high) {
        low = high + 1;
        high = (high + step).min(len);
        step *= 2;
    }
    border((low, high), holds)
}

fn write_at(file: &mut Option<File>, folder: &Path, at: usize, bytes: &[u8]) -> io::Result<()> {
    let file = match file {
        Some(file) => file,
        None => file.insert(tempfile::tempfile_in(folder)?),
    };
    write_all_at(file, at as u64, bytes)
}

fn read_at(file: Option<&File>, at: usize, bytes: &mut [u8]) -> io::Result<()> {
    let file = file.ok_or(io::ErrorKind::NotFound)?;
    read_exact_at(file, at as u64, bytes)
}

#[cfg(unix)]
use std::os::unix::fs::FileExt;
#[cfg(windows)]
use std::os::windows::fs::FileExt;

#[cfg(unix)]
fn write_all_at(file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
    file.write_all_at(bytes, at)
}

#[cfg(unix)]
fn read_exact_at(file: &File, at: u64, bytes: &mut [u8]) -> io::Result<()> {
    file.read_exact_at(bytes, at)
}

#[cfg(windows)]
fn write_all_at(file: &File, mut at: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = file.seek_write(bytes, at)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
        at += written as u64;
    }
    Ok(())
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut at: u64, mut bytes: &mut [u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = file.seek_read(bytes, at)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        at += read as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Items of a page of large ones.
    const PAGE: usize = page::<Large>();

    /// An item of which a page is so large that lists of few pages have a file.
    #[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
    pub(super) struct Large(pub(super) u64, [u64; 31]);

    impl Large {
        pub(super) fn new(number: u64) -> Self {
            Self(number, [number; 31])
        }
    }

    /// The pages of a list that are in memory.
    fn resident<T>(list: &List<T>) -> Vec<usize> {
        let pages = list.pages.borrow();
        (pages.as_ref()).map_or_else(Vec::new, |pages| pages.resident.clone())
    }

    impl Item for Large {
        const BYTES: usize = 256;

        fn put(&self, bytes: &mut Room<'_>) {
            bytes.put(self.0.to_le_bytes());
            self.1.iter().for_each(|n| bytes.put(n.to_le_bytes()));
        }

        fn get(bytes: &mut Bytes<'_>) -> Self {
            let mut large = Self(bytes.u64(), [0; 31]);
            large.1.iter_mut().for_each(|n| *n = bytes.u64());
            large
        }
    }

    #[test]
    fn a_long_list_is_as_it_was_written_and_most_of_it_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut list = List::new(Some(folder.path()));
        let count = 100 * PAGE + 7;
        for number in 0..count {
            list.push(Large::new(number as u64));
        }
        for index in (0..count).step_by(701) {
            list.change(index, |item| *item = Large::new(item.0 + 1));
        }
        assert!(resident(&list).len() <= list.most());
        assert_eq!(list.len(), count);
        for (index, item) in list.iter().enumerate() {
            let expected = (index + usize::from(index % 701 == 0)) as u64;
            assert_eq!(item, Large::new(expected));
        }
        assert!(!list.is_broken());
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 0, "its file has no name");
    }

    #[test]
    fn without_a_folder_all_of_it_stays_in_memory() {
        for folder in [None, Some(Path::new("/no/such"))] {
            let mut list = List::new(folder);
            for number in 0..100 * PAGE {
                list.push(Large::new(number as u64));
            }
            let numbers: Vec<u64> = list.iter().map(|item| item.0).collect();
            assert!(numbers.into_iter().eq(0..100 * PAGE as u64));
        }
    }

    proptest! {
        #[test]
        fn places_are_found_and_changed_in_any_order(steps in proptest::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..80)) {
            let folder = tempfile::tempdir().unwrap();
            let mut list = List::new(Some(folder.path()));
            let mut plain: Vec<u64> = (0..96 * PAGE as u64).collect();
            plain.iter().for_each(|number| list.push(Large::new(*number)));
            for (step, (index, change)) in steps.into_iter().enumerate() {
                let index = index.index(plain.len());
                if change {
                    plain[index] = step as u64;
                    list.change(index, |item| *item = Large::new(step as u64));
                }
                prop_assert_eq!(list.get(index), Large::new(plain[index]));
            }
        }

        #[test]
        fn a_walk_meets_what_the_list_has_and_moves_no_page_of_it(
            changed in proptest::collection::vec(0..96 * PAGE, 0..9),
            leaps in proptest::collection::vec(prop_oneof![0..3usize, 0..40 * PAGE], 0..200),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut list = List::new(Some(folder.path()));
            let mut plain: Vec<u64> = (0..96 * PAGE as u64).collect();
            plain.iter().for_each(|number| list.push(Large::new(*number)));
            for index in changed {
                plain[index] += 1;
                list.change(index, |item| *item = Large::new(item.0 + 1));
            }
            let before = resident(&list);
            let (mut walk, mut at) = (list.walk(), 0);
            for leap in leaps {
                at += leap;
                if at < plain.len() {
                    prop_assert_eq!(walk.get(at), Large::new(plain[at]));
                }
            }
            prop_assert_eq!(resident(&list), before);
            prop_assert!(!list.is_broken());
        }
    }
}
