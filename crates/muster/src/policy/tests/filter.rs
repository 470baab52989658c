use std::collections::BTreeSet;

use http::Request;

use super::{picked, set_aside};
use crate::{
    Node,
    policy::{Filter, Random, Route},
    tests::fakes::{cluster, host},
};

fn even(_: &Route<'_>, node: &Node) -> bool {
    host(node) % 2 == 0
}

#[test]
fn only_nodes_are_chosen_for_which_the_condition_holds() {
    let cluster = cluster(6);
    let policy = Filter::new(even, Random::new());
    let picked: BTreeSet<_> = (0..200)
        .map(|seed| picked(&cluster, &policy, seed, &[]))
        .collect();
    assert_eq!(picked.into_iter().collect::<Vec<_>>(), [2, 4, 6]);
}

#[test]
fn conditions_nest() {
    let cluster = cluster(6);
    let large = |_: &Route<'_>, node: &Node| host(node) > 3;
    let policy = Filter::new(even, Filter::new(large, Random::new()));
    assert!((0..50).all(|seed| [4, 6].contains(&picked(&cluster, &policy, seed, &[]))));
}

#[test]
fn a_condition_may_ask_the_request() {
    let cluster = cluster(3);
    let wanted = |route: &Route<'_>, node: &Node| {
        let wanted = route
            .headers()
            .get("node")
            .and_then(|value| value.to_str().ok());
        wanted == Some(&*host(node).to_string())
    };
    let request = Request::get("/")
        .header("node", "3")
        .body(())
        .expect("a request");
    let policy = Filter::new(wanted, Random::new());
    let lease = cluster.pick(&policy, &Route::of(&request)).expect("a node");
    assert_eq!(host(lease.node()), 3);
}

#[tokio::test(start_paused = true)]
async fn rather_a_node_that_is_not_well_than_one_that_is_not_wanted() {
    let cluster = cluster(3);
    set_aside(&cluster, 2);
    let policy = Filter::new(even, Random::new());
    assert_eq!(picked(&cluster, &policy, 0, &[]), 2);
}
