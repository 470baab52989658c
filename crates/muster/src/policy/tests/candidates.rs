use std::{collections::BTreeMap, time::Duration};

use tokio::time::advance;

use super::{
    At, Candidate, Candidates, Policy, Route, assert_even, pick, picked, set_aside, shares,
};
use crate::{
    Cluster, NoNode,
    policy::{PowerOfTwo, RoundRobin},
    tests::fakes::{cluster, host, in_flight, placed},
};

/// Draws by chance alone.
struct Sample;

impl Policy for Sample {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        Some(candidates.sample(route))
    }
}

/// Asserts something of the candidates.
struct Look<F>(F);

impl<F: Fn(&Candidates<'_, '_>) + Send + Sync + 'static> Policy for Look<F> {
    fn pick<'a>(&self, _: &Route<'_>, candidates: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        self.0(candidates);
        Some(candidates.any())
    }
}

fn look(
    cluster: &Cluster,
    tried: &[u8],
    look: impl Fn(&Candidates<'_, '_>) + Send + Sync + 'static,
) {
    drop(pick(cluster, &Look(look), 0, tried).expect("a node"));
}

fn hosts(candidates: &Candidates<'_, '_>) -> Vec<u8> {
    candidates.iter().map(|c| host(c.node())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_set_aside_is_not_picked_while_others_are_well() {
    let cluster = cluster(3);
    set_aside(&cluster, 2);
    for policy in [&RoundRobin::new() as &dyn Policy, &Sample, &At(2)] {
        let shares = shares(&cluster, policy, 1_000);
        assert!(!shares.contains_key(&2), "{shares:?}");
    }
    // A quarter of a second, a quarter of that more or less.
    advance(Duration::from_millis(187)).await;
    assert_ne!(picked(&cluster, &At(2), 0, &[]), 2);
    advance(Duration::from_millis(126)).await;
    assert_eq!(picked(&cluster, &At(2), 0, &[]), 2, "its time is over");
}

#[tokio::test(start_paused = true)]
async fn all_nodes_are_picked_when_none_is_well() {
    let cluster = cluster(3);
    for host in 1..=3 {
        set_aside(&cluster, host);
    }
    assert_eq!(
        shares(&cluster, &PowerOfTwo::least_in_flight(), 1_000).len(),
        3
    );
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_set_aside_is_better_than_one_that_was_tried() {
    let cluster = cluster(3);
    set_aside(&cluster, 2);
    for seed in 0..100 {
        assert_eq!(picked(&cluster, &Sample, seed, &[1]), 3);
        assert_eq!(picked(&cluster, &Sample, seed, &[1, 3]), 2);
    }
}

#[test]
fn a_node_that_was_tried_is_never_picked() {
    let cluster = cluster(4);
    for seed in 0..100 {
        for policy in [&RoundRobin::new() as &dyn Policy, &Sample, &At(1)] {
            assert!([2, 4].contains(&picked(&cluster, policy, seed, &[1, 3])));
        }
    }
}

#[test]
fn all_tried_is_told_with_their_number() {
    let cluster = cluster(3);
    let error = pick(&cluster, &Sample, 0, &[1, 2, 3]).expect_err("all tried");
    assert!(
        matches!(error, NoNode::AllTried { tried: 3, .. }),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "all 3 nodes were tried");
    assert_eq!(in_flight(&cluster), 0);
}

#[test]
fn a_place_holds_its_candidate_or_none() {
    look(&cluster(4), &[2], |candidates| {
        let places = (0..candidates.places()).map(|place| candidates.at(place));
        let places: Vec<_> = places.map(|c| c.map(|c| host(c.node()))).collect();
        assert_eq!(places, [Some(1), None, Some(3), Some(4)]);
        assert!(candidates.at(4).is_none());
        assert!(candidates.at(usize::MAX).is_none());
        assert_eq!(hosts(candidates), [1, 3, 4]);
        assert_eq!(host(candidates.any().node()), 1);
    });
}

#[test]
fn a_candidate_is_found_by_its_origin_and_nobody_else_is() {
    let nodes = [
        placed(3, "dc1", "rack1"),
        placed(1, "dc1", "rack2"),
        placed(2, "dc2", "rack1"),
    ];
    let origins: Vec<_> = nodes.iter().map(|node| node.origin().clone()).collect();
    let elsewhere = placed(9, "dc1", "rack1").origin().clone();
    look(&Cluster::fixed(nodes).expect("nodes"), &[1], move |all| {
        let found = |all: &Candidates<'_, '_>, origin| all.find(origin).map(|c| host(c.node()));
        let each: Vec<_> = origins.iter().map(|origin| found(all, origin)).collect();
        assert_eq!(each, [Some(3), None, Some(2)], "node 1 was tried");
        assert_eq!(found(all, &elsewhere), None);
        let dc2 = all.in_datacenter("dc2").expect("node 2");
        assert_eq!(found(&dc2, &origins[0]), None, "of another datacenter");
        assert_eq!(found(&dc2, &origins[2]), Some(2));
    });
}

#[test]
fn candidates_are_narrowed_and_never_widened() {
    let nodes = [
        placed(1, "dc1", "rack1"),
        placed(2, "dc1", "rack2"),
        placed(3, "dc2", "rack1"),
    ];
    look(&Cluster::fixed(nodes).expect("nodes"), &[1], |all| {
        assert_eq!(hosts(all), [2, 3]);
        assert!(all.in_rack("dc1", "rack1").is_none(), "tried");
        assert!(all.in_rack("dc2", "rack2").is_none(), "unknown");
        assert!(all.in_datacenter("").is_none());
        let dc1 = all.in_datacenter("dc1").expect("node 2");
        assert_eq!(hosts(&dc1), [2]);
        assert_eq!(dc1.places(), 2);
        assert!(dc1.in_datacenter("dc2").is_none(), "outside");
        assert!(dc1.in_rack("dc2", "rack1").is_none(), "outside");
        let rack = dc1.in_rack("dc1", "rack2").expect("node 2");
        assert_eq!((hosts(&rack), rack.places()), (vec![2], 1));
    });
}

#[tokio::test(start_paused = true)]
async fn a_sample_is_even_also_where_most_places_hold_no_candidate() {
    let cluster = cluster(60);
    for host in 1..=60 {
        if ![7, 30, 31].contains(&host) {
            set_aside(&cluster, host);
        }
    }
    let shares = shares(&cluster, &Sample, 60_000);
    assert_eq!(shares.keys().copied().collect::<Vec<_>>(), [7, 30, 31]);
    assert_even(&shares, 0.05);
}

#[test]
fn a_candidate_shows_its_load() {
    let cluster = cluster(2);
    let _lease = pick(&cluster, &At(2), 0, &[]).expect("a node");
    look(&cluster, &[], |candidates| {
        let loads: BTreeMap<_, _> = candidates
            .iter()
            .map(|c| (host(c.node()), c.in_flight()))
            .collect();
        assert_eq!(loads, BTreeMap::from([(1, 0), (2, 1)]));
        assert!(format!("{candidates:?}").contains("10.0.0.2"));
    });
}
