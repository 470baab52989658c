use std::time::Duration;

use super::{At, pick, picked};
use crate::{
    Cluster, NoNode, Outcome, Scope,
    cluster::ManualClock,
    policy::{InScope, PowerOfTwo, RoundRobin},
    tests::fakes::{host, placed},
};

const MS: Duration = Duration::from_millis(1);

/// 1 to 3 in rack 1, 4 to 6 in rack 2, 7 in another datacenter.
fn cluster(clock: &ManualClock) -> Cluster {
    let nodes = (1..=7).map(|host| match host {
        1..=3 => placed(host, "dc1", "rack1"),
        4..=6 => placed(host, "dc1", "rack2"),
        _ => placed(host, "dc2", "rack1"),
    });
    Cluster::fixed_at(nodes, clock).expect("nodes")
}

fn policy(scope: Scope) -> InScope<PowerOfTwo> {
    InScope::new(scope, PowerOfTwo::least_in_flight()).expect("names")
}

fn rack1() -> Scope {
    Scope::rack("dc1", "rack1")
}

/// Lets the node answer one request after so long.
fn answer(cluster: &Cluster, clock: &ManualClock, node: u8, after: Duration) {
    let mut lease = pick(cluster, &At(node), 0, &[]).expect("a node");
    assert_eq!(host(lease.node()), node);
    let begun = clock.now();
    clock.set(begun.after(after));
    lease.learn(Outcome::SERVED);
}

fn refuse(cluster: &Cluster, node: u8) {
    let mut lease = pick(cluster, &At(node), 0, &[]).expect("a node");
    assert_eq!(host(lease.node()), node);
    lease.learn(Outcome::REFUSED);
}

/// Drives a policy for some seconds: rack 1 answers after `home`, the others after `away`. Returns the
/// share of its requests that left rack 1 in the last second.
fn share_away(
    cluster: &Cluster,
    clock: &ManualClock,
    policy: &InScope<PowerOfTwo>,
    seconds: u64,
    home: Duration,
    away: Duration,
) -> f64 {
    let end = clock.now().after(Duration::from_secs(seconds));
    let last = clock.now().after(Duration::from_secs(seconds - 1));
    let (mut left, mut all) = (0, 0);
    let mut seed = 0;
    while clock.now() < end {
        seed += 1;
        let mut lease = pick(cluster, policy, seed, &[]).expect("a node");
        let is_away = host(lease.node()) > 3;
        let begun = clock.now();
        clock.set(begun.after(if is_away { away } else { home }));
        lease.learn(Outcome::SERVED);
        if begun >= last {
            all += 1;
            left += u32::from(is_away);
        }
    }
    f64::from(left) / f64::from(all)
}

#[test]
fn a_scope_without_a_fallback_is_never_left() {
    let clock = ManualClock::new();
    let cluster = cluster(&clock);
    let policy = policy(rack1());
    (1..=3).for_each(|node| refuse(&cluster, node));
    for seed in 0..100 {
        assert!(
            picked(&cluster, &policy, seed, &[]) <= 3,
            "none is well, and still"
        );
    }
    let declined = pick(&cluster, &policy, 0, &[1, 2, 3]).expect_err("all tried");
    assert!(matches!(declined, NoNode::Declined), "{declined:?}");
}

#[test]
fn the_chain_is_followed_in_its_order() {
    let clock = ManualClock::new();
    let cluster = cluster(&clock);
    let policy = policy(rack1().or_rack("dc2", "rack1").or_datacenter("dc1"));
    assert!(picked(&cluster, &policy, 0, &[]) <= 3);
    assert_eq!(picked(&cluster, &policy, 0, &[1, 2, 3]), 7);
    assert!((4..=6).contains(&picked(&cluster, &policy, 0, &[1, 2, 3, 7])));
}

#[test]
fn a_node_that_is_well_further_away_is_better_than_one_at_home_that_is_not() {
    let clock = ManualClock::new();
    let cluster = cluster(&clock);
    let policy = policy(rack1().or_datacenter("dc1"));
    (1..=3).for_each(|node| refuse(&cluster, node));
    for seed in 0..100 {
        assert!((4..=6).contains(&picked(&cluster, &policy, seed, &[])));
    }
    assert!(
        picked(&cluster, &policy, 0, &[4, 5, 6]) <= 3,
        "home, where none is well anywhere in the scope"
    );
}

#[test]
fn nothing_leaves_a_place_that_is_as_fast_as_the_others() {
    let clock = ManualClock::new();
    let cluster = cluster(&clock);
    for node in 1..=6 {
        answer(&cluster, &clock, node, 2 * MS);
    }
    let policy = policy(rack1().or_cluster());
    let share = share_away(&cluster, &clock, &policy, 10, 3 * MS, 2 * MS);
    assert_eq!(share, 0.0);
}

#[test]
fn more_and_more_leaves_a_place_that_stays_worse_off_and_comes_home_when_it_is_not() {
    let clock = ManualClock::new();
    let cluster = cluster(&clock);
    let policy = policy(rack1().or_cluster());
    let calm = share_away(&cluster, &clock, &policy, 5, 2 * MS, 2 * MS);
    assert_eq!(calm, 0.0);
    let busy = share_away(&cluster, &clock, &policy, 10, 20 * MS, 2 * MS);
    assert!(busy > 0.5, "{busy}");
    let calm = share_away(&cluster, &clock, &policy, 10, 2 * MS, 2 * MS);
    assert!(calm < 0.01, "{calm}");
}

#[test]
fn a_surplus_never_leaves_its_datacenter() {
    for scope in [
        rack1().or_datacenter("dc2"),
        rack1().or_rack("dc2", "rack1").or_cluster(),
    ] {
        let clock = ManualClock::new();
        let cluster = cluster(&clock);
        let policy = policy(scope);
        share_away(&cluster, &clock, &policy, 5, 2 * MS, 2 * MS);
        let busy = share_away(&cluster, &clock, &policy, 10, 40 * MS, 2 * MS);
        assert_eq!(busy, 0.0);
    }
}

#[test]
fn a_service_that_is_slower_everywhere_is_not_left() {
    let clock = ManualClock::new();
    let cluster = cluster(&clock);
    let policy = policy(rack1().or_cluster());
    share_away(&cluster, &clock, &policy, 5, 2 * MS, 2 * MS);
    let share = share_away(&cluster, &clock, &policy, 5, 20 * MS, 20 * MS);
    assert!(share < 0.03, "{share}: a few find out how it is elsewhere");
}

#[test]
fn an_empty_name_is_refused() {
    let error = InScope::new(Scope::rack("dc1", ""), RoundRobin::new()).expect_err("no name");
    assert!(error.to_string().contains("rack"), "{error}");
    assert!(InScope::new(rack1().or_datacenter(""), RoundRobin::new()).is_err());
}
