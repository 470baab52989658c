//! What another coordinator gets wrong, and the bad input that an assignment may be given.

use super::{assigned, group, id, rows, site};
use crate::{AssignError, Assignment, Group, Slot, Spread};

#[test]
fn sites_with_equal_scores_are_ordered_by_id() {
    let group = group(64, 2, Spread::Anywhere);
    let ids = ["b", "d", "a", "c"];
    let alike = |order: [usize; 4]| {
        let members = order.map(|place| site(ids[place], 0, 1_000));
        Assignment::hashed(&group, members, |_| 7).expect("an assignment")
    };
    let first = alike([0, 1, 2, 3]);
    let claims = ids.map(|site| first.claim(Slot::new(63), &id(site)) << 1);
    assert_eq!(claims, [claims[0]; 4], "the scores are equal");
    // Every slot would rather be at `a`; it takes its share, a little more, and the rest goes on by id.
    let rows = rows(&first);
    let firsts = |name: &str| rows.iter().filter(|row| row[0] == name).count();
    assert_eq!(["a", "b", "c", "d"].map(firsts), [18, 18, 18, 10]);
    for order in [[3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
        assert_eq!(super::rows(&alike(order)), rows);
    }
}

#[test]
fn the_first_site_has_the_highest_claim_and_the_others_follow_theirs() {
    let members: Vec<_> = (0..12)
        .map(|n| site(&format!("s{n}"), n % 3, 500 + 250 * n))
        .collect();
    let group = group(256, 3, Spread::Racks);
    let assignment = assigned(&group, &members);
    for slot in group.slots().slots() {
        let claims: Vec<u64> = assignment
            .sites(slot)
            .map(|id| assignment.claim(slot, id))
            .collect();
        assert!(claims.is_sorted_by(|a, b| a > b), "{slot}: {claims:x?}");
        let all = members
            .iter()
            .filter(|member| assignment.claim(slot, member.id()) >> 63 == 1);
        assert_eq!(all.count(), 1, "one comes first");
    }
}

#[test]
fn a_site_holds_by_its_weight_and_no_rack_holds_a_slot_twice() {
    let members: Vec<_> = (0..9)
        .map(|n| site(&format!("s{n}"), n % 3, if n < 3 { 3_000 } else { 1_000 }))
        .collect();
    let assignment = assigned(&group(9_000, 2, Spread::Racks), &members);
    for (n, member) in members.iter().enumerate() {
        let share = if n < 3 { 3_600 } else { 1_200 };
        let held = assignment.slots_of(member.id()).count();
        assert!(
            held.abs_diff(share) * 100 <= share * 14,
            "{n}: {held} of {share}"
        );
    }
    let rack = |id: &str| id[1..].parse::<u32>().expect("a number") % 3;
    assert!(
        rows(&assignment)
            .iter()
            .all(|row| rack(&row[0]) != rack(&row[1]))
    );
}

#[test]
fn below_the_least_number_of_sites_nothing_is_assigned() {
    let group = Group::builder("g")
        .slots(8)
        .min_sites(3)
        .build()
        .expect("a group");
    let mut assignment = assigned(&group, &[site("a", 0, 1_000), site("b", 0, 1_000)]);
    assert!(rows(&assignment).iter().all(Vec::is_empty));
    assert_eq!(assignment.slots_of(&id("a")).count(), 0);
    assignment.join(site("c", 0, 1_000)).expect("a third");
    assert!(rows(&assignment).iter().all(|row| row.len() == 1));
    assignment.leave(&id("a")).expect("a site");
    assert!(rows(&assignment).iter().all(Vec::is_empty));
}

#[test]
fn an_id_that_comes_twice_is_an_error_and_changes_nothing() {
    let group = group(16, 1, Spread::Racks);
    let twice = [
        site("a", 0, 1_000),
        site("b", 0, 1_000),
        site("a", 1, 2_000),
    ];
    let error = Assignment::of(&group, twice.clone()).expect_err("twice");
    assert_eq!(error, AssignError::Twice { id: id("a") });
    assert_eq!(error.to_string(), "two sites have the id a");
    let mut assignment = assigned(&group, &twice[..2]);
    let before = assignment.digest();
    assignment.join(twice[2].clone()).expect_err("twice");
    let unknown = assignment.leave(&id("c")).expect_err("unknown");
    assert_eq!(unknown.to_string(), "no site has the id c");
    assert_eq!(assignment.digest(), before);
}

#[test]
fn what_nobody_has_is_nobodys() {
    let group = group(16, 2, Spread::Racks);
    let nobody = assigned(&group, &[]);
    assert_eq!(nobody.sites(Slot::new(0)).count(), 0);
    let assignment = assigned(&group, &[site("a", 0, 1_000)]);
    assert_eq!(assignment.sites(Slot::new(16)).count(), 0);
    assert_eq!(assignment.claim(Slot::new(0), &id("b")), 0);
    assert_eq!(assignment.slots_of(&id("b")).count(), 0);
    assert_eq!(
        assignment
            .slots_of(&id("a"))
            .filter(|(_, primary)| *primary)
            .count(),
        16
    );
}

#[test]
fn heavy_sites_of_a_small_group_leave_nobody_with_too_much() {
    for weights in [
        &[1_000, 2_000, 3_000][..],
        &[2_000, 3_000, 4_000, 1_000],
        &[1_000, 1_000, 2_900],
    ] {
        let named = |(n, weight): (usize, &u32)| site(&format!("site-{n}"), 0, *weight);
        let members: Vec<_> = weights.iter().enumerate().map(named).collect();
        let replicas = members.len() - 1;
        let assignment = assigned(&group(4_096, replicas as u16, Spread::Anywhere), &members);
        let shares = super::super::Shares::of(&assignment.rules, &assignment.sites);
        for member in &members {
            let number = assignment.sites.number(member.id()).expect("a site");
            let most = shares.held[number as usize] as usize;
            assert!(
                assignment.slots_of(member.id()).count() <= most,
                "{weights:?}: {member:?}"
            );
        }
    }
}
