//! Where a string ends.

use memchr::{memchr, memchr2};

const EACH: u64 = 0x0101_0101_0101_0101;
const QUOTES: u64 = EACH * b'"' as u64;
const ESCAPES: u64 = EACH * b'\\' as u64;

/// The place of the first quote.
#[inline]
pub(super) fn quote(bytes: &[u8]) -> Option<usize> {
    let near = near(bytes, |word| zeros(word ^ QUOTES));
    near.or_else(|| memchr(b'"', bytes))
}

/// The place of the first quote or backslash.
#[inline]
pub(super) fn quote_or_escape(bytes: &[u8]) -> Option<usize> {
    let near = near(bytes, |word| zeros(word ^ QUOTES) | zeros(word ^ ESCAPES));
    near.or_else(|| memchr2(b'"', b'\\', bytes))
}

/// The place of the first hit, if it is among the first 16 bytes: most names are short, and `memchr` takes
/// longer to begin.
#[inline]
fn near(bytes: &[u8], hits: impl Fn(u64) -> u64) -> Option<usize> {
    let (words, _) = bytes.as_chunks();
    let [first, second, ..] = words else {
        return None;
    };
    let of_first = hits(u64::from_le_bytes(*first));
    if of_first != 0 {
        return Some(place(of_first));
    }
    let of_second = hits(u64::from_le_bytes(*second));
    (of_second != 0).then(|| 8 + place(of_second))
}

/// Which byte the first of the hits is.
#[inline]
fn place(hits: u64) -> usize {
    hits.trailing_zeros() as usize / 8
}

/// The highest bit of the first byte that is zero, and perhaps of some behind it.
///
/// A byte borrows from the next one when it is subtracted from, and only then.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(EACH) & !word & (EACH << 7)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_one_is_found_at_any_distance(
            bytes in proptest::collection::vec(prop::sample::select(b"\"\\\x21\x23\x5b\x5d\x00\xa2\xdc\xffaaaa".to_vec()), 0..60),
        ) {
            prop_assert_eq!(quote(&bytes), memchr(b'"', &bytes));
            prop_assert_eq!(quote_or_escape(&bytes), memchr2(b'"', b'\\', &bytes));
        }
    }
}
