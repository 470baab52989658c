//! What holds of every group.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{assigned, group, rows, site};
use crate::{Assignment, Group, Member, Spread};

/// A group and its sites: id, rack, weight.
fn groups() -> impl Strategy<Value = (Group, Vec<Member>)> {
    let spread = prop_oneof![
        Just(Spread::Anywhere),
        Just(Spread::Racks),
        Just(Spread::Strictly { racks: 5 })
    ];
    let weight = prop_oneof![Just(1_000), 1_u32..=1_000_000, 500_u32..3_000];
    let sites = prop::collection::btree_map(0_u32..200, (0_u32..4, weight), 0..40);
    (1_u32..80, 1_u16..=5, spread, sites).prop_map(|(slots, replicas, spread, sites)| {
        let sites = sites.into_iter();
        let members = sites.map(|(id, (rack, weight))| site(&format!("s{id}"), rack, weight));
        (group(slots, replicas, spread), members.collect())
    })
}

fn racks(members: &[Member]) -> BTreeMap<String, usize> {
    let mut racks = BTreeMap::new();
    for member in members {
        let rack = member.node().rack().expect("a rack").to_owned();
        *racks.entry(rack).or_insert(0) += 1;
    }
    racks
}

/// How many sites of each rack a slot can have at most, so that no rack has two more than another that has some left.
fn spread_of(racks: &BTreeMap<String, usize>, replicas: usize) -> Vec<usize> {
    let mut counts = vec![0; racks.len()];
    for _ in 0..replicas {
        let room = racks
            .values()
            .zip(&mut counts)
            .filter(|(sites, count)| **sites > **count);
        if let Some((_, count)) = room.min_by_key(|(_, count)| **count) {
            *count += 1;
        }
    }
    counts.sort_unstable();
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_order_of_the_list_does_not_matter((group, members) in groups(), seed: u64) {
        let mut shuffled = members.clone();
        shuffled.sort_by_key(|member| crate::hash::hash(member.id().as_str().as_bytes()) ^ seed);
        let (one, other) = (assigned(&group, &members), assigned(&group, &shuffled));
        prop_assert_eq!(rows(&one), rows(&other));
        prop_assert_eq!(one.digest(), other.digest());
    }

    #[test]
    fn joining_and_leaving_come_to_the_same_as_beginning_anew(
        (group, members) in groups(),
        steps in prop::collection::vec(any::<prop::sample::Index>(), 1..25),
        mended_from in 0_usize..20,
    ) {
        prop_assume!(!members.is_empty());
        let mut assignment = assigned(&group, &[]);
        assignment.mended_from = mended_from;
        let mut present = BTreeMap::new();
        for step in steps {
            let member = step.get(&members);
            match present.remove(member.id()) {
                Some(_) => drop(assignment.leave(member.id()).expect("it is there")),
                None => {
                    assignment.join(member.clone()).expect("it is new");
                    present.insert(member.id().clone(), member.clone());
                }
            }
            let list: Vec<_> = present.values().cloned().collect();
            prop_assert_eq!(rows(&assignment), rows(&assigned(&group, &list)));
        }
    }

    #[test]
    fn every_slot_has_as_many_sites_as_it_can_spread_as_far_as_they_can((group, members) in groups()) {
        let assignment = assigned(&group, &members);
        let racks = racks(&members);
        let replicas = usize::from(group.replicas());
        let expected = match group.spread() {
            Spread::Strictly { .. } => replicas.min(racks.len()),
            _ => replicas.min(members.len()),
        };
        let rack_of: BTreeMap<_, _> =
            members.iter().map(|member| (member.id().as_str(), member.node().rack())).collect();
        for row in rows(&assignment) {
            let sites: BTreeSet<_> = row.iter().collect();
            prop_assert_eq!((row.len(), sites.len()), (expected, expected));
            let mut used = BTreeMap::new();
            for id in &row {
                *used.entry(rack_of[&**id]).or_insert(0) += 1;
            }
            let mut counts: Vec<usize> = used.into_values().collect();
            counts.resize(racks.len(), 0);
            counts.sort_unstable();
            match group.spread() {
                Spread::Racks => prop_assert_eq!(counts, spread_of(&racks, replicas)),
                Spread::Strictly { .. } => prop_assert!(counts.iter().all(|count| *count <= 1)),
                _ => {}
            }
        }
    }

    #[test]
    fn no_site_is_first_too_often_nor_beyond_what_racks_ask_for((group, members) in groups()) {
        let assignment = assigned(&group, &members);
        let shares = super::super::Shares::of(&assignment.rules, &assignment.sites);
        for member in &members {
            let number = assignment.sites.number(member.id()).expect("a site") as usize;
            let primaries = assignment.slots_of(member.id()).filter(|(_, primary)| *primary);
            prop_assert!(primaries.count() <= shares.primaries[number] as usize);
        }
    }

    #[test]
    fn what_is_kept_of_candidates_changes_nothing((group, members) in groups(), kept in 1_usize..30) {
        let whole = assigned(&group, &members);
        let mut short = Assignment::clone(&whole);
        short.rows.keep(kept, &short.sites);
        short.choose();
        prop_assert_eq!(rows(&whole), rows(&short));
        for member in members.iter().take(3) {
            short.leave(member.id()).expect("it is there");
        }
        for member in members.iter().take(3) {
            short.join(member.clone()).expect("it is new");
        }
        prop_assert_eq!(rows(&whole), rows(&short));
    }
}
