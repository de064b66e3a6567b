//! Numbers in as few bytes as they need: most of what a list holds is little different from what stands before it.

use super::Bytes;

/// Appends a number: seven bits a byte, the lowest first; the highest bit says that more follow.
#[inline]
pub fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Appends a number with a sign: numbers near 0 are short, whatever their sign.
#[inline]
pub fn put_signed(bytes: &mut Vec<u8>, number: i64) {
    put_number(bytes, ((number << 1) ^ (number >> 63)) as u64);
}

impl Bytes<'_> {
    /// What [`put_number`] wrote.
    #[inline]
    pub fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8();
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        number
    }

    /// What [`put_signed`] wrote.
    #[inline]
    pub fn signed(&mut self) -> i64 {
        let number = self.number();
        (number >> 1) as i64 ^ -((number & 1) as i64)
    }
}

/// A time after another one, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub struct Later {
    /// How much later.
    by: i64,
    /// True if `by` is in milliseconds, which is all that most stamps tell.
    pub in_millis: bool,
}

const MILLI: i64 = 1_000_000;

impl Later {
    /// From the one to the other.
    #[inline]
    pub fn of(from: i64, to: i64) -> Self {
        let nanos = to.wrapping_sub(from);
        let in_millis = nanos % MILLI == 0;
        let by = if in_millis { nanos / MILLI } else { nanos };
        Self { by, in_millis }
    }

    /// Appends it; whoever reads it must know `in_millis`.
    #[inline]
    pub fn put(self, bytes: &mut Vec<u8>) {
        put_signed(bytes, self.by);
    }

    /// The time that was so much later than `from`.
    #[inline]
    pub fn get(bytes: &mut Bytes<'_>, from: i64, in_millis: bool) -> i64 {
        let unit = if in_millis { MILLI } else { 1 };
        from.wrapping_add(bytes.signed().wrapping_mul(unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_and_times_are_read_as_they_were_written(
            numbers in proptest::collection::vec((any::<u64>(), 0..64u32), 0..9),
            from in any::<i64>(),
            millis in -5_000..5_000i64,
        ) {
            let mut bytes = Vec::new();
            let small = |(number, shift): &(u64, u32)| number >> shift;
            let times = |number: u64| [number as i64, from.wrapping_add(millis * MILLI)];
            for number in numbers.iter().map(small) {
                put_number(&mut bytes, number);
                put_signed(&mut bytes, number as i64);
                for to in times(number) {
                    let later = Later::of(from, to);
                    bytes.push(u8::from(later.in_millis));
                    later.put(&mut bytes);
                }
            }
            let mut bytes = Bytes(&bytes);
            for number in numbers.iter().map(small) {
                prop_assert_eq!(bytes.number(), number);
                prop_assert_eq!(bytes.signed(), number as i64);
                for to in times(number) {
                    let in_millis = bytes.u8() != 0;
                    prop_assert_eq!(Later::get(&mut bytes, from, in_millis), to);
                }
            }
            prop_assert!(bytes.0.is_empty());
        }
    }
}
