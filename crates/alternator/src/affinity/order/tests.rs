mod go;

use proptest::prelude::*;

use self::go::Go;
use super::{
    cooked::{COOKED, FIRST, WORDS},
    words::{NUMBERS, Words},
};
use crate::affinity::KeyHash;

fn order(seed: i64, nodes: usize) -> Vec<usize> {
    KeyHash::from_i64(seed).order(nodes).collect()
}

#[test]
fn orders_are_those_of_other_clients() {
    // The vectors of github.com/scylladb/alternator-load-balancing, `query-plan.tsv`.
    let vectors: [(i64, &[usize]); 5] = [
        (42, &[5, 8, 4, 10, 6, 1, 9, 2, 7, 3]),
        (123, &[5, 1, 3, 2, 9, 4, 7, 10, 6, 8]),
        (0, &[4, 1, 10, 9, 5, 7, 3, 2, 8, 6]),
        (-1, &[10, 4, 1, 2, 5, 9, 3, 6, 8, 7]),
        (42, &[6, 3, 1, 4, 2, 5]),
    ];
    for (seed, expected) in vectors {
        let mut nodes: Vec<_> = (1..=expected.len()).collect();
        nodes.sort_by_key(|node| format!("http://node{node}.example.com:8043"));
        let order = order(seed, nodes.len());
        let order: Vec<_> = order.into_iter().map(|at| nodes[at]).collect();
        assert_eq!(order, expected, "seed {seed}");
    }
}

#[test]
fn the_constants_are_all_there() {
    assert_eq!(COOKED.len(), WORDS - FIRST);
    assert_eq!(
        COOKED.last().map(|word| word.cast_signed()),
        Some(4_152_330_101_494_654_406)
    );
}

#[test]
fn nobody_comes_first_of_no_nodes() {
    assert_eq!(KeyHash::from_i64(7).preferred(0), None);
    assert_eq!(order(7, 0), [0; 0]);
    assert_eq!(order(7, 1), [0]);
}

#[test]
fn every_sort_of_seed_is_reduced_as_go_does() {
    const MODULUS: i64 = (1 << 31) - 1;
    let edges = [
        0,
        1,
        -1,
        89_482_311,
        MODULUS,
        -MODULUS,
        MODULUS - 1,
        MODULUS + 1,
        MODULUS * 4_294_967_298,
        MODULUS * -4_294_967_298,
        i64::MAX,
        i64::MIN,
    ];
    for seed in edges {
        assert_eq!(order(seed, 100), Go::seeded(seed).order(100), "seed {seed}");
    }
}

#[test]
fn an_order_goes_on_by_the_ring_when_the_numbers_are_used_up() {
    let nodes = 1000;
    let order = order(42, nodes);
    let (drawn, rest) = order.split_at(NUMBERS);
    assert_eq!(drawn, &Go::seeded(42).order(nodes as u32)[..NUMBERS]);
    assert!(rest.is_sorted());
    let mut all = order.clone();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..nodes));
}

proptest! {
    #[test]
    fn the_closed_form_draws_what_the_generator_draws(seed: i64, nodes in 1..=250_u32) {
        let expected = Go::seeded(seed).order(nodes);
        prop_assert_eq!(KeyHash::from_i64(seed).preferred(nodes as usize), Some(expected[0]));
        prop_assert_eq!(order(seed, nodes as usize), expected);
    }

    #[test]
    fn the_closed_form_redraws_what_the_generator_redraws(seed: i64, bound in 1..=1_u32 << 31) {
        let (mut words, mut go) = (Words::of(seed), Go::seeded(seed));
        for _ in 0..NUMBERS / 8 {
            prop_assert_eq!(words.draw(bound), Some(go.int_below(bound)));
        }
    }

    #[test]
    fn an_order_has_every_node_once_whatever_its_length(seed: i64, nodes in 1..=600_usize) {
        let mut order = order(seed, nodes);
        let drawn = order.len().min(NUMBERS - 8);
        prop_assert_eq!(&order[..drawn], &Go::seeded(seed).order(nodes as u32)[..drawn]);
        order.sort_unstable();
        prop_assert!(order.into_iter().eq(0..nodes));
    }
}
