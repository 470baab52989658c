//! Go's `math/rand` as it is written, to compare with.
//!
//! After the Go project (`math/rand/rng.go`, `math/rand/rand.go`), Copyright 2009 The Go Authors,
//! BSD-3-Clause.

use crate::affinity::order::cooked::{COOKED, FIRST, WORDS};

/// The constants before those that the closed form needs.
#[rustfmt::skip]
const BEFORE: [u64; FIRST] = [
    0xc5f74a33eb98ffea, 0xc07b4a41ba965f5b, 0x135ec513cb81af0f, 0x4a04fb5ca74395eb,
    0xa7e8831c7710cf8e, 0x7d5de4e88f37c1c3, 0x6321cf7743ff85a9, 0x42cb06556a9ff961,
    0x6e26c8d140e8d7d2, 0x49a7511f3411faa0, 0x71ed774922a65055, 0x9d5c9fc65fea2d5c,
    0x3fbdab394a014368, 0x70fa33596992340b, 0xae10fb4ecea66a02, 0xf79fbca98bbcd18a,
    0x97f7ccb12ea380ac, 0x0191d794caf32b1b, 0x3f6a323424e32caf, 0xc642cc921f01142b,
    0xa122869f4ff38068, 0xa5b1a31127af3920, 0x5b07a4f9bdc29d96, 0x6a2a973c29812586,
    0x6aa433dbf77a52e1, 0x8394216e3b8ac99e, 0xdb80a9c5515b997c, 0x03c3f2eff3cbf769,
    0xa6b5e431eeff210c, 0x0ec85334992953f5, 0x2e6a1432df10d1e9, 0xbde4629959d1b149,
    0x67994c3876387951, 0x0e15d461559bae63, 0xbdbf96c4e9d2a077, 0xb04f62866ada20f3,
    0x2190da1646db97bf, 0x5071873c1832957a, 0x3e3b503a19da904b, 0x33e388a5f2c78528,
    0xbec70bac19d0e877, 0x00256970f81bf072, 0xf7d18a14f64fa886, 0xa46ef978b4d4734c,
    0x782ff1573127a78e, 0x00241b0ad59beba6, 0xdac549591fe95b2f, 0x6195faf2884c2d39,
    0x569c2bbdb0ef345d, 0x0b8b6039508ce21e, 0xef1576705435d2bb, 0x1d5e900af5f1d8f7,
    0x1e902d187d7fd437, 0x7f227b7c8fe0eb79, 0x38790e6201ebbb98, 0x44818eac7922e171,
    0x0658d6c550dad340, 0x84bfb894cc72969a, 0xa7855141e3b329bd, 0x9cb31556b1bae746,
    0x3ca09004f9686f49,
];

pub(super) struct Go {
    words: [u64; WORDS],
    tap: usize,
    feed: usize,
}

impl Go {
    pub(super) fn seeded(seed: i64) -> Self {
        let mut x = seed % i64::from(i32::MAX);
        if x < 0 {
            x += i64::from(i32::MAX);
        }
        if x == 0 {
            x = 89_482_311;
        }
        let mut words = [0; WORDS];
        let cooked = BEFORE.iter().chain(&COOKED);
        for _ in 0..20 {
            x = step(x);
        }
        for (word, cooked) in words.iter_mut().zip(cooked) {
            let mut u = 0;
            for shift in [40, 20, 0] {
                x = step(x);
                u ^= x << shift;
            }
            *word = u.cast_unsigned() ^ cooked;
        }
        Self {
            words,
            tap: 0,
            feed: WORDS - 273,
        }
    }

    fn int31(&mut self) -> u32 {
        self.tap = self.tap.checked_sub(1).unwrap_or(WORDS - 1);
        self.feed = self.feed.checked_sub(1).unwrap_or(WORDS - 1);
        let sum = self.words[self.feed].wrapping_add(self.words[self.tap]);
        self.words[self.feed] = sum;
        ((sum & i64::MAX.cast_unsigned()) >> 32) as u32
    }

    pub(super) fn int_below(&mut self, bound: u32) -> u32 {
        if bound & (bound - 1) == 0 {
            return self.int31() & (bound - 1);
        }
        let most = (1 << 31) - 1 - (1_u32 << 31) % bound;
        let mut number = self.int31();
        while number > most {
            number = self.int31();
        }
        number % bound
    }

    /// The whole order, by taking one node out of a list after the other.
    pub(super) fn order(&mut self, nodes: u32) -> Vec<usize> {
        let mut left: Vec<_> = (0..nodes as usize).collect();
        let draws = (1..=nodes).rev();
        draws
            .map(|bound| left.swap_remove(self.int_below(bound) as usize))
            .collect()
    }
}

/// Schrage's way of multiplying by 48,271 modulo 2^31 - 1.
fn step(x: i64) -> i64 {
    let (high, low) = (x / 44_488, x % 44_488);
    let x = 48_271 * low - 3_399 * high;
    if x < 0 { x + i64::from(i32::MAX) } else { x }
}
