//! Two pieces of work at once: a start is short, and no pool of threads is there yet.

use std::thread;

/// Does both, the first one on a thread of its own if there is one to be had.
pub fn both<A: Send, B>(one: impl Fn() -> A + Sync, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let spawned = thread::Builder::new().spawn_scoped(scope, &one);
        let other = other();
        let one = match spawned.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(one)) => one,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => one(),
        };
        (one, other)
    })
}

/// What comes of each of these, in their order.
pub fn each<T: Sync, A: Send>(all: &[T], of: impl Fn(&T) -> A + Sync) -> Vec<A> {
    let (front, back) = all.split_at(all.len() / 2);
    let some = |some: &[T]| -> Vec<A> { some.iter().map(&of).collect() };
    let (back, mut front) = both(|| some(back), || some(front));
    front.extend(back);
    front
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_of_each_stands_in_their_order() {
        for count in 0..9 {
            let all: Vec<usize> = (0..count).collect();
            let twice: Vec<usize> = all.iter().map(|one| one * 2).collect();
            assert_eq!(each(&all, |one| one * 2), twice);
        }
    }

    #[test]
    #[should_panic(expected = "in the other thread")]
    fn a_panic_in_the_other_thread_is_one_here() {
        both(|| panic!("in the other thread"), || ());
    }
}
