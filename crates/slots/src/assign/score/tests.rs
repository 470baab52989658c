use proptest::prelude::*;

use super::{LOG2, POINT, claim, cost, least_hash, negative_log2, pair, seed};
use crate::Slot;

/// One, behind the point.
const ONE: f64 = (1_u64 << POINT) as f64;

#[test]
fn the_table_is_what_floating_point_says_to_its_last_bits() {
    for (step, log) in (0_u32..).zip(LOG2) {
        let expected = (1.0 + f64::from(step) / 1_024.0).log2() * ONE;
        assert!((log as f64 - expected).abs() < 2.0, "{step}: {log}");
    }
}

#[test]
fn the_ends_of_the_logarithm_are_exact() {
    assert!(negative_log2(u64::MAX) <= 1, "as near to 0 as can be");
    assert_eq!(negative_log2(1 << 63), 1 << POINT);
    assert_eq!(negative_log2(1), 64 << POINT);
    assert_eq!(negative_log2(0), 64 << POINT);
    assert_eq!(cost(0, 1), 64_000 << POINT, "the dearest fits");
    assert_eq!(claim(cost(0, 1)) >> 63, 0, "the top bit is for the first");
}

#[test]
fn the_error_is_within_its_bound() {
    let mut hash = 1;
    for _ in 0..100_000 {
        hash = crate::hash::mix(hash + 1);
        let exact = -(hash as f64 / 2_f64.powi(64)).log2();
        let ours = negative_log2(hash) as f64 / ONE;
        // Floating point is off itself by some 2^-52 of 64.
        assert!((ours - exact).abs() < 2_f64.powf(-22.4) + 1e-13, "{hash}");
        // Where the logarithm is small floating point says less than we do.
        assert!((ours - exact).abs() < exact / 4_096.0 + 1e-13, "{hash}");
    }
}

#[test]
fn a_pair_has_the_score_that_another_program_computed() {
    // In Python's whole numbers, with a table from its `decimal`.
    let hash = pair(seed(Slot::new(17)), crate::hash::hash(b"site-1"));
    assert_eq!(hash, PAIR);
    assert_eq!(cost(hash, 1_000), COST);
    assert_eq!(cost(hash, 2_500), 98_732_007_355_219);
}

const PAIR: u64 = 0x8b66_5323_86bb_3e91;
const COST: u64 = 246_830_018_388_049;

proptest! {
    #[test]
    fn a_higher_hash_never_costs_more(a: u64, b: u64, shift in 0_u32..64, weight in 1_u64..=1_000_000) {
        let (low, high) = (a.min(b) >> shift, a.max(b) >> shift);
        prop_assert!(cost(low, weight) >= cost(high, weight));
        // Beside each other, where a step begins and anywhere.
        prop_assert!(cost(low, weight) >= cost(low.saturating_add(1), weight));
        let step = low & !((1 << 53) - 1);
        prop_assert!(cost(step.saturating_sub(1), weight) >= cost(step, weight));
    }

    #[test]
    fn the_least_hash_is_the_last_that_costs_no_more(hash: u64, weight in 1_u64..=1_000_000) {
        let most = cost(hash, weight);
        let least = least_hash(most, weight);
        prop_assert!(least <= hash && cost(least, weight) <= most);
        prop_assert!(least == 0 || cost(least - 1, weight) > most);
    }
}
