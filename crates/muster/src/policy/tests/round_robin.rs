use std::collections::BTreeSet;

use super::{assert_even, picked, set_aside, shares};
use crate::{policy::RoundRobin, tests::fakes::cluster};

#[test]
fn all_nodes_get_the_same_number_of_requests() {
    let shares = shares(&cluster(9), &RoundRobin::new(), 9_000);
    assert_eq!(shares.into_values().collect::<Vec<_>>(), [1_000; 9]);
}

#[tokio::test(start_paused = true)]
async fn the_successor_of_a_node_that_is_out_carries_no_more_than_others() {
    let cluster = cluster(9);
    set_aside(&cluster, 4);
    let shares = shares(&cluster, &RoundRobin::new(), 90_000);
    assert_eq!(shares.len(), 8);
    assert!(!shares.contains_key(&4));
    assert_even(&shares, 0.05);
}

#[tokio::test(start_paused = true)]
async fn the_last_place_and_the_first_are_neighbours_like_any_others() {
    let cluster = cluster(3);
    set_aside(&cluster, 3);
    assert_even(&shares(&cluster, &RoundRobin::new(), 30_000), 0.05);
}

#[test]
fn clients_that_start_together_do_not_start_at_the_same_node() {
    fastrand::seed(1);
    let cluster = cluster(8);
    let starts: BTreeSet<_> = (0..64)
        .map(|_| picked(&cluster, &RoundRobin::new(), 0, &[]))
        .collect();
    assert_eq!(starts.len(), 8, "{starts:?}");
}

#[test]
fn clones_do_not_start_at_the_same_node() {
    fastrand::seed(1);
    let (cluster, policy) = (cluster(8), RoundRobin::new());
    let starts: BTreeSet<_> = (0..64)
        .map(|_| picked(&cluster, &policy.clone(), 0, &[]))
        .collect();
    assert_eq!(starts.len(), 8, "{starts:?}");
}
