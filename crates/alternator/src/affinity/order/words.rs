//! The numbers of Go's generator, without the generator.
//!
//! Seeding `math/rand` fills 607 words, by 1,841 steps of a linear congruential generator. But each
//! step multiplies by 48,271 modulo 2^31 - 1, so that a word is known from the seed and a power of that
//! factor; and of the first 273 numbers each is the sum of two words that nothing has overwritten yet.

use super::cooked::{COOKED, FIRST};

/// How many numbers are known without the generator.
pub(super) const NUMBERS: usize = 273;

/// What the linear congruential generator counts modulo: a prime.
const MODULUS: u64 = (1 << 31) - 1;
/// What it multiplies by.
const FACTOR: u64 = 48_271;
/// The word before which the first number's two words stand, and by how much they are apart.
const FEED: usize = 333;

/// What the reduced seed is multiplied by for the first third of each word.
const POWERS: [u32; COOKED.len()] = powers();

/// The first numbers of one seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    seed: u64,
    taken: usize,
}

impl Words {
    pub(super) fn of(seed: i64) -> Self {
        let seed = match seed.rem_euclid(MODULUS.cast_signed()) {
            // What Go takes in its place: a zero would stay one.
            0 => 89_482_311,
            seed => seed.cast_unsigned(),
        };
        Self { seed, taken: 0 }
    }

    /// A number below `bound` as Go's `Int31n` draws it; `None` when the numbers are used up.
    pub(super) fn draw(&mut self, bound: u32) -> Option<u32> {
        if bound.is_power_of_two() {
            return Some(self.next()? & (bound - 1));
        }
        // Above the last multiple of the bound small numbers would be drawn more often.
        let most = (1 << 31) - 1 - (1_u32 << 31) % bound;
        loop {
            let number = self.next()?;
            if number <= most {
                return Some(number % bound);
            }
        }
    }

    /// The next number of 31 bits.
    fn next(&mut self) -> Option<u32> {
        let taken = self.taken;
        if taken == NUMBERS {
            return None;
        }
        self.taken += 1;
        let sum = self.word(FEED - taken).wrapping_add(self.word(606 - taken));
        // The highest bit is not used.
        Some((sum << 1 >> 33) as u32)
    }

    fn word(&self, place: usize) -> u64 {
        let at = place - FIRST;
        let high = times(self.seed, u64::from(POWERS[at]));
        let middle = times(high, FACTOR);
        let low = times(high, const { times(FACTOR, FACTOR) });
        high << 40 ^ middle << 20 ^ low ^ COOKED[at]
    }
}

/// A product modulo a Mersenne prime, of factors that are neither zero nor larger.
const fn times(one: u64, two: u64) -> u64 {
    let product = one * two;
    let sum = (product & MODULUS) + (product >> 31);
    if sum >= MODULUS { sum - MODULUS } else { sum }
}

/// Twenty steps are thrown away, and each word takes three.
const fn powers() -> [u32; COOKED.len()] {
    let mut power = FACTOR;
    let mut step = 1;
    while step < 21 + 3 * FIRST {
        power = times(power, FACTOR);
        step += 1;
    }
    let mut powers = [0; COOKED.len()];
    let mut at = 0;
    while at < powers.len() {
        powers[at] = power as u32;
        power = times(times(times(power, FACTOR), FACTOR), FACTOR);
        at += 1;
    }
    powers
}
