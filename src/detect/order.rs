//! Which format is tried first: the more specific one, found from which formats accept each other's samples.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::grammar::format::Format;
use crate::grammar::looks::Looks;

/// The indices of formats, the most specific first; the order does not depend on the order of the input. `looks`: where what
/// was once compared is known.
pub fn by_specificity(formats: &[(usize, &Arc<Format>)], looks: Option<&Looks>) -> Vec<usize> {
    let mut left: Vec<(usize, &Arc<Format>)> = formats.to_vec();
    left.sort_by(|a, b| a.1.id.cmp(&b.1.id));
    let mut ordered = Vec::with_capacity(left.len());
    let is_before = |(a, one): (usize, &Arc<Format>), (b, other): (usize, &Arc<Format>)| {
        let compared = || compare(one, other) == Ordering::Less;
        looks.map_or_else(compared, |looks| looks.is_before((a, b), compared))
    };
    while !left.is_empty() {
        let free = |candidate: &(usize, &Arc<Format>)| {
            !left.iter().any(|other| is_before(*other, *candidate))
        };
        // In a circle nobody is free: then the id decides.
        let next = left.iter().position(free).unwrap_or(0);
        ordered.push(left.remove(next).0);
    }
    ordered
}

/// `Less` if `a` is the more specific one: `b` accepts more of `a`'s samples than `a` accepts of `b`'s.
fn compare(a: &Format, b: &Format) -> Ordering {
    // In cross multiplication, so that no fraction is rounded.
    let a_in_b = accepted(b, a) * b.samples.len();
    let b_in_a = accepted(a, b) * a.samples.len();
    b_in_a.cmp(&a_in_b)
}

fn accepted(by: &Format, of: &Format) -> usize {
    let read = |line: &&String| by.read(line.as_bytes()).is_some();
    of.samples.iter().filter(read).count()
}
