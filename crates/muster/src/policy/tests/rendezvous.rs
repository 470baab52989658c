use std::{collections::BTreeMap, time::Duration};

use http::Request;
use proptest::prelude::*;

use super::{At, assert_even, occupy, pick, set_aside};
use crate::{
    Cluster, Node, Outcome,
    policy::{AffinityKey, Random, Rendezvous, RoundRobin, Route},
    tests::fakes::{attempt_after, cluster, host, node},
};

/// Where a key goes, of a call that has tried some nodes.
fn home(cluster: &Cluster, policy: &Rendezvous<Random>, key: AffinityKey, tried: &[u8]) -> u8 {
    let mut request = Request::new(());
    request.extensions_mut().insert(key);
    if !tried.is_empty() {
        request
            .extensions_mut()
            .insert(attempt_after(cluster, tried));
    }
    let lease = cluster.pick(policy, &Route::of(&request)).expect("a node");
    host(lease.node())
}

fn keys(count: u64) -> impl Iterator<Item = AffinityKey> {
    (0..count).map(|key| AffinityKey::of(&key.to_le_bytes()))
}

fn policy() -> Rendezvous<Random> {
    Rendezvous::new(Random::new())
}

fn shares(cluster: &Cluster, count: u64) -> BTreeMap<u8, u64> {
    let mut shares = BTreeMap::new();
    for key in keys(count) {
        *shares
            .entry(home(cluster, &policy(), key, &[]))
            .or_default() += 1;
    }
    shares
}

#[test]
fn keys_are_spread_evenly() {
    let shares = shares(&cluster(9), 45_000);
    assert_eq!(shares.len(), 9);
    assert_even(&shares, 0.05);
}

#[test]
fn the_homes_of_these_keys_never_change() {
    // Worked out by another program, from the hash's description alone.
    let cluster = cluster(9);
    let homes: Vec<_> = [
        "a",
        "b",
        "user 7",
        "",
        "00000000-0000-0000-0000-000000000000",
    ]
    .into_iter()
    .map(|key| home(&cluster, &policy(), AffinityKey::of(key.as_bytes()), &[]))
    .collect();
    assert_eq!(homes, GOLDEN_HOMES);
    let from_hash = home(&cluster, &policy(), AffinityKey::from_hash(42), &[]);
    assert_eq!(from_hash, GOLDEN_OF_42);
}

const GOLDEN_HOMES: [u8; 5] = [1, 2, 2, 6, 2];
const GOLDEN_OF_42: u8 = 6;

#[test]
fn the_hashes_of_these_keys_never_change() {
    // FNV-1a's published values of these texts are cbf29ce484222325, af63dc4c8601ec8c and 85944171f73967e8.
    for (text, hash) in [
        ("", 0xf52a_15e9_a9b5_e89b),
        ("a", 0x02c0_bdbf_4814_20f8),
        ("foobar", 0x404d_a9e3_b740_78c2),
    ] {
        let expected = AffinityKey::from_hash(hash);
        assert_eq!(AffinityKey::of(text.as_bytes()), expected, "{text:?}");
    }
}

/// A cluster whose nodes weigh so much, from the first on.
fn weighing(weights: &[f64]) -> Cluster {
    let nodes = (1..).zip(weights);
    let nodes = nodes.map(|(host, weight)| node(host).weighted(*weight).expect("a weight"));
    Cluster::fixed(nodes).expect("nodes")
}

#[test]
fn weights_that_are_all_the_same_change_nothing() {
    let (one, other) = (cluster(7), weighing(&[3.5; 7]));
    for key in keys(2_000) {
        let home_of = |cluster| home(cluster, &policy(), key, &[]);
        assert_eq!(home_of(&one), home_of(&other));
    }
}

#[test]
fn a_node_that_becomes_heavier_takes_keys_and_no_other_key_moves() {
    let (before, after) = (cluster(5), weighing(&[1.0, 1.0, 2.0, 1.0, 1.0]));
    let mut taken = 0;
    for key in keys(20_000) {
        let home_of = |cluster| home(cluster, &policy(), key, &[]);
        match (home_of(&before), home_of(&after)) {
            (before, 3) if before != 3 => taken += 1,
            (before, after) => assert_eq!(before, after),
        }
    }
    // From a fifth of them to a third.
    assert!((2_450..=2_880).contains(&taken), "{taken}");
}

#[test]
fn a_node_that_comes_takes_no_more_than_its_part() {
    let (nine, ten) = (cluster(9), cluster(10));
    let homes = |cluster: &Cluster| -> Vec<_> {
        keys(20_000)
            .map(|key| home(cluster, &policy(), key, &[]))
            .collect()
    };
    let moved = homes(&nine).into_iter().zip(homes(&ten));
    let moved = moved.filter(|(before, after)| before != after).count();
    assert!((1_850..=2_150).contains(&moved), "{moved} of 2,000");
}

#[test]
fn heavy_nodes_are_home_to_more() {
    let weights = [1.0, 2.0, 5.0];
    let nodes = (1..).zip(weights);
    let nodes = nodes.map(|(host, weight)| node(host).weighted(weight).expect("a weight"));
    let shares = shares(&Cluster::fixed(nodes).expect("nodes"), 40_000);
    for (host, weight) in (1..).zip(weights) {
        let part = shares[&host] as f64 / 40_000.0;
        let off = (part / (weight / 8.0) - 1.0).abs();
        assert!(off < 0.05, "node {host} is {off} off");
    }
}

#[test]
fn a_request_without_a_key_is_chosen_for_by_the_other_policy() {
    let cluster = cluster(3);
    let policy = Rendezvous::new(At(2));
    let lease = cluster.pick(&policy, &Route::of(&Request::new(())));
    assert_eq!(host(lease.expect("a node").node()), 2);
}

#[test]
fn a_key_may_be_made_of_anything_in_the_request() {
    let cluster = cluster(5);
    let user = |route: &Route<'_>| {
        let user = route.headers().get("user")?;
        Some(AffinityKey::of(user.as_bytes()))
    };
    let policy = Rendezvous::by(user, RoundRobin::new());
    for user in ["a", "b", "c"] {
        let request = Request::get("/")
            .header("user", user)
            .body(())
            .expect("a request");
        let lease = cluster.pick(&policy, &Route::of(&request)).expect("a node");
        let expected = home(
            &cluster,
            &self::policy(),
            AffinityKey::of(user.as_bytes()),
            &[],
        );
        assert_eq!(host(lease.node()), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn the_keys_of_a_node_that_is_out_go_to_all_others_and_come_back() {
    let cluster = cluster(5);
    let before: Vec<_> = keys(5_000)
        .map(|key| home(&cluster, &policy(), key, &[]))
        .collect();
    set_aside(&cluster, 3);
    let mut moved = BTreeMap::new();
    for (key, before) in keys(5_000).zip(&before) {
        let now = home(&cluster, &policy(), key, &[]);
        match before {
            3 => *moved.entry(now).or_default() += 1,
            _ => assert_eq!(now, *before, "no other key moves"),
        }
    }
    assert_eq!(moved.len(), 4);
    assert_even(&moved, 0.2);
    for _ in 0..20 {
        tokio::time::advance(Duration::from_secs(10)).await;
        let mut lease = pick(&cluster, &At(3), 0, &[]).expect("a node");
        lease.learn(Outcome::SERVED);
    }
    let back: Vec<_> = keys(5_000)
        .map(|key| home(&cluster, &policy(), key, &[]))
        .collect();
    assert_eq!(back, before);
}

#[test]
fn a_hot_key_spills_to_the_next_in_line_and_no_further_than_it_must() {
    let cluster = cluster(4);
    let key = AffinityKey::of(b"hot");
    let bounded = policy().bounded(1.25).expect("a bound");
    let first = home(&cluster, &policy(), key, &[]);
    let second = home(&cluster, &policy(), key, &[first]);
    assert_eq!(home(&cluster, &bounded, key, &[]), first);
    // Two of two in flight are more than 1.25 times the part of one in four, and one more.
    let _busy = occupy(&cluster, first, 2);
    assert_eq!(
        home(&cluster, &policy(), key, &[]),
        first,
        "without a bound"
    );
    assert_eq!(home(&cluster, &bounded, key, &[]), second);
}

#[test]
fn no_node_exceeds_the_bound() {
    let cluster = cluster(5);
    let bounded = policy().bounded(1.5).expect("a bound");
    let mut request = Request::new(());
    request
        .extensions_mut()
        .insert(AffinityKey::of(b"the only key"));
    let mut leases = Vec::new();
    for count in 1..=200_u32 {
        leases.push(
            cluster
                .pick(&bounded, &Route::of(&request))
                .expect("a node"),
        );
        let most = cluster.nodes().iter().map(|node| node.in_flight()).max();
        let bound = (1.5 * f64::from(count) / 5.0).ceil();
        assert!(
            f64::from(most.expect("nodes")) <= bound,
            "{most:?} of {count}"
        );
    }
}

#[test]
fn what_is_no_bound_is_refused_by_its_value() {
    for bound in [1.0, 0.0, -2.0, f64::NAN, f64::INFINITY] {
        let error = policy().bounded(bound).expect_err("no bound").to_string();
        assert!(error.contains(&format!("bound is {bound}")), "{error}");
    }
}

fn some(hosts: impl Iterator<Item = u8>) -> Cluster {
    Cluster::fixed(hosts.map(node).collect::<Vec<Node>>()).expect("nodes")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_node_that_comes_or_leaves_moves_only_its_own_keys(
        count in 2_u8..30,
        other in 1_u8..30,
        seed in any::<u64>(),
    ) {
        let other = (other - 1) % count + 1;
        let (with, without) = (some(1..=count), some((1..=count).filter(|host| *host != other)));
        for key in (0..200).map(|key| AffinityKey::from_hash(seed.wrapping_add(key))) {
            let before = home(&without, &policy(), key, &[]);
            let after = home(&with, &policy(), key, &[]);
            prop_assert!(after == before || after == other);
            if after == other {
                let next = home(&with, &policy(), key, &[other]);
                prop_assert_eq!(next, before, "the next in line");
            }
        }
    }
}
