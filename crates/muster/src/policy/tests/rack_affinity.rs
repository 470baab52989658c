use std::{collections::BTreeSet, time::Duration};

use tokio::time::advance;

use super::{At, assert_even, occupy, pick, picked, set_aside, shares};
use crate::{
    Cluster, Outcome,
    policy::{PowerOfTwo, RackAffinity, RoundRobin},
    tests::fakes::{node, placed},
};

/// 1 and 2 in our rack, 3 and 4 in our datacenter, 5 in a rack of the same name elsewhere, 6 nowhere.
fn cluster() -> Cluster {
    Cluster::fixed([
        placed(1, "dc1", "rack1"),
        placed(2, "dc1", "rack1"),
        placed(3, "dc1", "rack2"),
        node(4).in_datacenter("dc1").expect("a name"),
        placed(5, "dc2", "rack1"),
        node(6),
    ])
    .expect("nodes")
}

fn policy() -> RackAffinity<PowerOfTwo> {
    RackAffinity::new("dc1", "rack1", PowerOfTwo::least_in_flight()).expect("names")
}

/// The nodes that a pick may fall to.
fn possible(cluster: &Cluster, tried: &[u8]) -> Vec<u8> {
    let possible: BTreeSet<_> = (0..200)
        .map(|seed| picked(cluster, &policy(), seed, tried))
        .collect();
    possible.into_iter().collect()
}

#[test]
fn the_order_is_rack_then_datacenter_then_the_rest() {
    let cluster = cluster();
    assert_eq!(possible(&cluster, &[]), [1, 2]);
    assert_eq!(possible(&cluster, &[1]), [2]);
    assert_eq!(possible(&cluster, &[1, 2]), [3, 4]);
    assert_eq!(possible(&cluster, &[1, 2, 4]), [3]);
    assert_eq!(possible(&cluster, &[1, 2, 3, 4]), [5, 6]);
    assert_eq!(possible(&cluster, &[1, 2, 3, 4, 5]), [6]);
}

#[test]
fn load_does_not_drive_a_request_out_of_its_rack() {
    let cluster = cluster();
    let _busy = (occupy(&cluster, 1, 50), occupy(&cluster, 2, 50));
    assert_eq!(possible(&cluster, &[]), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_rack_that_is_set_aside_is_left_and_returned_to() {
    let cluster = cluster();
    set_aside(&cluster, 1);
    assert_eq!(possible(&cluster, &[]), [2]);
    set_aside(&cluster, 2);
    assert_eq!(possible(&cluster, &[]), [3, 4]);
    advance(Duration::from_millis(187)).await;
    assert_eq!(possible(&cluster, &[]), [3, 4], "too soon to ask again");
    advance(Duration::from_millis(126)).await;
    for host in [1, 2] {
        let mut lease = pick(&cluster, &At(host), 0, &[]).expect("it is asked again");
        lease.learn(Outcome::SERVED);
    }
    assert_eq!(possible(&cluster, &[]), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn our_rack_comes_first_also_when_no_node_is_well() {
    let cluster = cluster();
    for host in 1..=6 {
        set_aside(&cluster, host);
    }
    assert_eq!(possible(&cluster, &[]), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn the_load_of_a_lost_rack_is_spread_evenly_over_the_datacenter() {
    let racks = (1..=9).map(|host| placed(host, "dc1", &format!("rack{}", host % 3)));
    let cluster = Cluster::fixed(racks).expect("nodes");
    for host in [3, 6, 9] {
        set_aside(&cluster, host);
    }
    for _ in 0..2 {
        let policy = RackAffinity::new("dc1", "rack0", PowerOfTwo::least_in_flight());
        assert_even(&shares(&cluster, &policy.expect("names"), 60_000), 0.05);
        let policy = RackAffinity::new("dc1", "rack0", RoundRobin::new());
        assert_even(&shares(&cluster, &policy.expect("names"), 60_000), 0.05);
    }
}

#[test]
fn an_unknown_rack_or_datacenter_leaves_what_there_is() {
    let cluster = cluster();
    let far = RackAffinity::new("dc9", "rack1", RoundRobin::new()).expect("names");
    assert_eq!(shares(&cluster, &far, 600).len(), 6);
    let near = RackAffinity::new("dc2", "rack9", RoundRobin::new()).expect("names");
    assert_eq!(
        shares(&cluster, &near, 600).into_keys().collect::<Vec<_>>(),
        [5]
    );
}

#[test]
fn an_empty_name_is_refused_by_its_field() {
    let error = RackAffinity::new("", "rack1", RoundRobin::new()).expect_err("no name");
    assert_eq!(error.field(), "datacenter");
    let error = RackAffinity::new("dc1", " ", RoundRobin::new()).expect_err("no name");
    assert_eq!(error.field(), "rack");
}
