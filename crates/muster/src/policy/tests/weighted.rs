use std::{collections::BTreeMap, time::Duration};

use super::{assert_even, occupy, pick, picked, set_aside, shares};
use crate::{
    Cluster, Lease, Node, Outcome, Policy,
    policy::{PowerOfTwo, RackAffinity, Random, RoundRobin, Weighted},
    tests::fakes::{Found, Source, cluster, host, node, placed, status},
};

fn weighing(weights: &[f64]) -> Vec<Node> {
    let nodes = (1..).zip(weights);
    nodes
        .map(|(host, weight)| node(host).weighted(*weight).expect("a weight"))
        .collect()
}

fn weighted(weights: &[f64]) -> Cluster {
    Cluster::fixed(weighing(weights)).expect("nodes")
}

/// All of them, for what holds whatever the inner policy.
fn policies() -> [Box<dyn Policy>; 4] {
    [
        Box::new(Weighted::new(Random::new())),
        Box::new(Weighted::new(RoundRobin::new())),
        Box::new(Weighted::new(PowerOfTwo::least_in_flight())),
        Box::new(Weighted::new(PowerOfTwo::latency_aware())),
    ]
}

fn assert_in_proportion(shares: &BTreeMap<u8, u64>, weights: &[f64], tolerance: f64) {
    let all: u64 = shares.values().sum();
    let weight: f64 = weights.iter().sum();
    for (host, share) in shares {
        let fair = weights[usize::from(*host) - 1] / weight;
        let off = (*share as f64 / all as f64 / fair - 1.0).abs();
        assert!(off <= tolerance, "node {host} is {off:.3} off: {shares:?}");
    }
}

#[test]
fn idle_nodes_get_their_parts_by_weight() {
    let weights = [1.0, 3.0, 0.5, 2.0];
    for policy in policies() {
        let shares = shares(&weighted(&weights), &policy, 60_000);
        assert_eq!(shares.len(), 4);
        assert_in_proportion(&shares, &weights, 0.05);
    }
}

#[test]
fn many_nodes_get_their_parts_by_weight() {
    let weights: Vec<_> = (0..40).map(|n| f64::from(1 + n % 4)).collect();
    for policy in policies() {
        let shares = shares(&weighted(&weights), &policy, 400_000);
        assert_in_proportion(&shares, &weights, 0.1);
    }
}

#[test]
fn equal_weights_are_no_weights() {
    for policy in policies() {
        assert_even(&shares(&cluster(9), &policy, 45_000), 0.06);
        assert_even(&shares(&weighted(&[7.0; 9]), &policy, 45_000), 0.06);
    }
}

#[test]
fn the_turns_of_a_heavy_node_are_spread() {
    let cluster = weighted(&[3.0, 1.0]);
    let policy = Weighted::new(RoundRobin::new());
    let turns: Vec<_> = (0..4_000)
        .map(|seed| picked(&cluster, &policy, seed, &[]))
        .collect();
    for window in turns.windows(8) {
        let light = window.iter().filter(|host| **host == 2).count();
        assert!((1..=3).contains(&light), "two of eight: {window:?}");
    }
}

#[test]
fn turns_are_exact_over_a_full_cycle() {
    for (weights, turns) in [
        (&[3.0, 1.0][..], [3, 1, 0]),
        (&[5.0, 1.0, 1.0], [5, 1, 1]),
        (&[1.5, 1.0, 0.5], [3, 2, 1]),
        (&[0.001, 0.1, 0.899], [1, 100, 899]),
    ] {
        let (cluster, policy) = (weighted(weights), Weighted::new(RoundRobin::new()));
        for _ in 0..5 {
            let shares = shares(&cluster, &policy, turns.iter().sum());
            let expected = (1..).zip(turns).filter(|(_, turns)| *turns > 0);
            assert_eq!(shares, expected.collect(), "{weights:?}");
        }
    }
}

#[test]
fn after_any_turn_a_node_is_less_than_two_from_its_part() {
    let weights = [8.0, 5.0, 3.0, 2.0, 1.0];
    let (cluster, policy) = (weighted(&weights), Weighted::new(RoundRobin::new()));
    let mut turns = [0.0; 5];
    for turn in 1..=2_000 {
        turns[usize::from(picked(&cluster, &policy, 0, &[])) - 1] += 1.0;
        for (turns, weight) in turns.iter().zip(weights) {
            let fair = f64::from(turn) * weight / 19.0;
            assert!((turns - fair).abs() < 2.0, "{turns} of {fair}");
        }
    }
}

#[test]
fn nodes_of_one_rack_take_even_turns_however_heavy_another_rack_is() {
    let heavy = placed(4, "dc1", "rack2").weighted(2.5).expect("a weight");
    let nodes = (1..=3)
        .map(|host| placed(host, "dc1", "rack1"))
        .chain([heavy]);
    let cluster = Cluster::fixed(nodes).expect("nodes");
    let turns = Weighted::new(RoundRobin::new());
    let policy = RackAffinity::new("dc1", "rack1", turns).expect("names");
    // A half is what all weights are multiples of, and three nodes have six.
    for _ in 0..5 {
        assert_even(&shares(&cluster, &policy, 6), 0.0);
    }
}

#[test]
fn in_flight_counts_for_the_weight() {
    let cluster = weighted(&[1.0, 4.0]);
    for policy in [PowerOfTwo::least_in_flight(), PowerOfTwo::latency_aware()] {
        let policy = Weighted::new(policy);
        let leases: Vec<Lease> = (0..50)
            .map(|seed| pick(&cluster, &policy, seed, &[]).expect("a node"))
            .collect();
        let light = status(&cluster, 1).in_flight();
        assert!((9..=11).contains(&light), "a fifth of fifty: {light}");
        drop(leases);
    }
}

#[test]
fn nodes_that_tie_share_by_weight_wherever_they_stand() {
    for policy in [PowerOfTwo::least_in_flight(), PowerOfTwo::latency_aware()] {
        let cluster = weighted(&[3.0, 1.0, 2.0, 1.0]);
        let _busy = occupy(&cluster, 1, 1);
        let shares = shares(&cluster, &Weighted::new(policy), 40_000);
        assert_eq!(shares.len(), 3, "the others are idle");
        assert_in_proportion(&shares, &[0.0, 1.0, 2.0, 1.0], 0.05);
    }
}

#[test]
fn a_heavy_node_that_is_busier_for_its_weight_is_left() {
    let cluster = weighted(&[1.0, 4.0]);
    let policy = Weighted::new(PowerOfTwo::latency_aware());
    let _busy = occupy(&cluster, 2, 8);
    let _light = occupy(&cluster, 1, 1);
    assert!((0..100).all(|seed| picked(&cluster, &policy, seed, &[]) == 1));
}

#[tokio::test(start_paused = true)]
async fn the_part_of_a_node_that_is_out_falls_to_the_others_by_weight() {
    let weights = [1.0, 5.0, 1.0, 2.0];
    for policy in policies() {
        let cluster = weighted(&weights);
        set_aside(&cluster, 2);
        let shares = shares(&cluster, &policy, 60_000);
        assert_eq!(shares.len(), 3);
        assert_in_proportion(&shares, &[1.25, 0.0, 1.25, 2.5], 0.06);
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_gets_another_weight_keeps_what_is_known_of_it() {
    let source = Source::of(weighing(&[1.0, 1.0]));
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect("a list");
    for seed in 0..20 {
        let mut lease = pick(&cluster, &RoundRobin::new(), seed, &[]).expect("a node");
        tokio::time::advance(Duration::from_millis(3)).await;
        lease.learn(Outcome::SERVED);
    }
    set_aside(&cluster, 1);
    source.find(Found::Nodes(weighing(&[9.0, 1.0])));
    cluster.refresh();
    tokio::time::sleep(Duration::from_millis(10)).await;
    let status = status(&cluster, 1);
    assert_eq!(status.node().weight(), 9.0);
    assert!(status.is_set_aside());
}

#[test]
fn a_tried_node_is_not_drawn_however_heavy() {
    let cluster = weighted(&[1_000.0, 0.001, 0.001]);
    for policy in policies() {
        for seed in 0..50 {
            let lease = pick(&cluster, &policy, seed, &[1]).expect("a node");
            assert_ne!(host(lease.node()), 1);
        }
    }
}
