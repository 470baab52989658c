//! Long lives of groups: what is mended is what would have been without a past.

use std::collections::BTreeMap;

use super::{assigned, group, rows, site};
use crate::{Member, Spread, hash::mix};

/// A group of sites, how often each slot is held, and over what.
struct Life {
    slots: u32,
    replicas: u16,
    spread: Spread,
    racks: u32,
    weights: &'static [u32],
    /// How many sites there may be.
    sites: u64,
    /// How many candidates of each slot are kept.
    kept: usize,
}

impl Life {
    fn member(&self, number: u64) -> Member {
        let weight = self.weights[number as usize % self.weights.len()];
        site(&format!("s{number}"), number as u32 % self.racks, weight)
    }

    /// Lets sites come and go at random; says how often the outcome was mended.
    fn run(&self, steps: u64) -> usize {
        let group = group(self.slots, self.replicas, self.spread.clone());
        let half: Vec<_> = (0..self.sites / 2).map(|n| self.member(n)).collect();
        let mut assignment = assigned(&group, &half);
        assignment.mended_from = 0;
        assignment.rows.keep(self.kept, &assignment.sites);
        assignment.choose();
        let mut present: BTreeMap<_, _> = (0..).zip(half).collect();
        let mut mended = 0;
        for step in 0..steps {
            let number = mix(step) % self.sites;
            match present.remove(&number) {
                Some(member) => drop(assignment.leave(member.id()).expect("it is there")),
                None => {
                    present.insert(number, self.member(number));
                    assignment.join(self.member(number)).expect("it is new");
                }
            }
            let outcome = assignment.outcome.as_ref();
            mended += usize::from(outcome.is_some_and(|outcome| outcome.mended > 0));
            if step % 4 != 3 {
                continue;
            }
            let anew = assigned(&group, &present.values().cloned().collect::<Vec<_>>());
            assert_eq!(rows(&assignment), rows(&anew), "after step {step}");
        }
        mended
    }
}

const LIFE: Life = Life {
    slots: 256,
    replicas: 1,
    spread: Spread::Anywhere,
    racks: 1,
    weights: &[1_000],
    sites: 60,
    kept: 24,
};

#[test]
fn a_group_of_single_replicas() {
    assert!(LIFE.run(200) > 180);
}

#[test]
fn a_group_of_several_replicas_and_different_weights() {
    let weights = &[1_000, 2_000, 3_000, 4_000, 500];
    for replicas in [2, 3] {
        let life = Life {
            replicas,
            weights,
            ..LIFE
        };
        assert!(life.run(120) > 100);
    }
}

#[test]
fn a_group_in_three_racks_of_different_sizes() {
    for (replicas, spread) in [
        (2, Spread::Racks),
        (3, Spread::Racks),
        (3, Spread::Strictly { racks: 3 }),
    ] {
        let life = Life {
            replicas,
            spread,
            racks: 3,
            weights: &[1_000, 2_000, 1_500, 1_000, 700],
            ..LIFE
        };
        assert!(life.run(120) > 60);
    }
}

#[test]
fn a_group_with_several_replicas_in_each_rack() {
    let life = Life {
        replicas: 5,
        spread: Spread::Racks,
        racks: 2,
        weights: &[1_000, 1_500, 2_000],
        ..LIFE
    };
    assert!(life.run(120) > 60);
}

#[test]
fn a_group_that_keeps_few_candidates() {
    for kept in [4, 8] {
        let life = Life {
            replicas: 2,
            spread: Spread::Racks,
            racks: 4,
            weights: &[1_000, 3_000],
            kept,
            ..LIFE
        };
        assert!(life.run(80) > 0);
    }
}

#[test]
fn a_group_of_so_few_sites_that_some_are_at_their_limits() {
    for replicas in [1, 2, 3] {
        let life = Life {
            slots: 300,
            replicas,
            weights: &[1_000, 2_000, 4_000, 1_000],
            sites: 8,
            ..LIFE
        };
        assert!(life.run(150) > 20);
    }
}
