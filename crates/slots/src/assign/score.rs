//! How much a site is drawn to a slot: weighted rendezvous hashing, in whole numbers.
//!
//! A site's *cost* for a slot is `-log2(h / 2^64) / weight`, where `h` is the 64-bit hash of the pair: an exponential
//! variable whose rate is the weight, so that the least cost of a slot is a site's with a chance in proportion to its
//! weight (Efraimidis and Spirakis, 2006; `straw2` in Ceph's CRUSH). The least cost wins; the score is its complement.
//!
//! Numbers have 48 bits behind the point, and no machine's floating point has a part in them. The logarithm is read
//! from a table of 1,024 steps and taken as straight between them. It is off by at most 2^-22.4 (an eighth of the
//! square of the step's width, times log2(e)), and by at most one part in 4,096 of itself: so much may the share of a
//! site be off beside one of another weight, and not at all beside one of the same. It never falls where the hash does
//! not: of two sites with one weight the higher hash has the higher score, or the same one.

use crate::hash::{GOLDEN, mix};
use crate::slot::Slot;

/// Bits behind the point.
pub(super) const POINT: u32 = 48;
/// 2^10 steps: 8 KiB, which a core's first cache holds beside the rest.
const STEP_BITS: u32 = 10;
const STEPS: usize = 1 << STEP_BITS;

/// log2(1 + i / 1,024).
static LOG2: [u64; STEPS + 1] = table();

/// What a slot adds to the hash of a pair.
pub(super) fn seed(slot: Slot) -> u64 {
    mix((u64::from(slot.number()) + 1).wrapping_mul(GOLDEN))
}

/// The hash of a pair.
#[inline]
pub(super) const fn pair(seed: u64, site: u64) -> u64 {
    mix(seed ^ site)
}

/// The cost of a pair: 0 for the highest hash, and never more than 64,000 with 48 bits behind the point.
#[inline]
pub(super) fn cost(hash: u64, thousandths: u64) -> u64 {
    negative_log2(hash) * 1_000 / thousandths.max(1)
}

/// What Redis orders holders by, without its top bit.
#[inline]
pub(super) const fn claim(cost: u64) -> u64 {
    (u64::MAX - cost) >> 1
}

/// The least hash that costs no more than `most`.
pub(super) fn least_hash(most: u64, thousandths: u64) -> u64 {
    // The highest hash costs next to nothing; a bound that even it misses lets it through, and no other.
    let (mut low, mut high) = (0, u64::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        match cost(middle, thousandths) <= most {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    low
}

/// `-log2(hash / 2^64)`; 64 for 0 as for 1.
#[inline]
fn negative_log2(hash: u64) -> u64 {
    let hash = hash.max(1);
    let zeros = hash.leading_zeros();
    // The first bit is set: what follows is the part behind the point.
    let fraction = (hash << zeros) & (u64::MAX >> 1);
    let step = (fraction >> (63 - STEP_BITS)) as usize;
    let rest = fraction & ((1 << (63 - STEP_BITS)) - 1);
    let (below, above) = (LOG2[step], LOG2[step + 1]);
    let within = (u128::from(above - below) * u128::from(rest)) >> (63 - STEP_BITS);
    (u64::from(zeros + 1) << POINT) - below - within as u64
}

const fn table() -> [u64; STEPS + 1] {
    let mut table = [0; STEPS + 1];
    let mut step = 0;
    while step < STEPS {
        table[step] = log2((STEPS + step) as u64);
        step += 1;
    }
    table[STEPS] = 1 << POINT;
    table
}

/// log2(number / 1,024) for a number of at least 1,024 and below 2,048, bit by bit: squaring doubles a logarithm.
const fn log2(number: u64) -> u64 {
    const ONE: u128 = 1 << 62;
    let mut power = (number as u128) << (62 - STEP_BITS);
    let mut log = 0;
    let mut bit = 0;
    while bit < POINT {
        power = (power * power) >> 62;
        log <<= 1;
        if power >= 2 * ONE {
            power >>= 1;
            log |= 1;
        }
        bit += 1;
    }
    log
}

#[cfg(test)]
mod tests;
