//! How many requests may be in flight at one node.

use std::{num::NonZeroU32, sync::Arc, thread};

use crate::{
    Cluster, Lease, NoNode, Outcome, Scope,
    policy::{InScope, Policy, PowerOfTwo, Random, RoundRobin, Route},
    tests::fakes::{node, placed},
};

/// Two nodes, with at most three requests in flight at each.
fn two_of_three() -> Cluster {
    let most = NonZeroU32::new(3).expect("not zero");
    let cluster = Cluster::builder().max_in_flight_per_node(most);
    cluster.fixed([node(1), node(2)]).expect("two nodes")
}

fn pick(cluster: &Cluster, policy: &dyn Policy) -> Result<Lease, NoNode> {
    cluster.pick(policy, &Route::of(&http::Request::new(())))
}

#[test]
fn no_policy_gives_a_node_more_than_it_may_have() {
    let policies: [Arc<dyn Policy>; 4] = [
        Arc::new(PowerOfTwo::latency_aware()),
        Arc::new(PowerOfTwo::least_in_flight()),
        Arc::new(RoundRobin::new()),
        Arc::new(Random::new()),
    ];
    for policy in policies {
        let cluster = two_of_three();
        let leases: Vec<_> = (0..6).map(|_| pick(&cluster, &policy)).collect();
        assert!(leases.iter().all(Result::is_ok), "{leases:?}");
        assert!(cluster.nodes().iter().all(|node| node.in_flight() == 3));
        let error = pick(&cluster, &policy).expect_err("both are full");
        assert!(matches!(
            error,
            NoNode::Full {
                max_in_flight: 3,
                ..
            }
        ));
        drop(leases);
        assert!(pick(&cluster, &policy).is_ok(), "there is room again");
    }
}

#[test]
fn a_node_that_is_full_is_not_chosen_although_all_others_are_down() {
    let cluster = two_of_three();
    let leases: Vec<_> = (0..6)
        .filter_map(|_| pick(&cluster, &RoundRobin::new()).ok())
        .collect();
    let (down, busy): (Vec<_>, Vec<_>) = leases
        .into_iter()
        .partition(|lease| lease.node().origin() == node(1).origin());
    for mut lease in down {
        lease.learn(Outcome::REFUSED);
    }
    let chosen = pick(&cluster, &RoundRobin::new()).expect("one that is down");
    assert_eq!(chosen.node().origin(), node(1).origin());
    drop(busy);
}

#[test]
fn a_rack_that_is_full_is_left_for_the_next_place_and_told_of_if_there_is_none() {
    let most = NonZeroU32::MIN;
    let cluster = Cluster::builder().max_in_flight_per_node(most);
    let cluster = cluster
        .fixed([placed(1, "dc1", "r1"), placed(2, "dc1", "r2")])
        .expect("nodes");
    let near = Scope::rack("dc1", "r1");
    let or_far = near.clone().or_datacenter("dc1");
    let within = |scope: Scope| InScope::new(scope, RoundRobin::new()).expect("a scope");
    let _first = pick(&cluster, &within(near.clone())).expect("room in the rack");
    let error = pick(&cluster, &within(near)).expect_err("no room in the rack");
    assert!(matches!(error, NoNode::Full { .. }), "{error}");
    let second = pick(&cluster, &within(or_far)).expect("room elsewhere");
    assert_eq!(second.node().rack(), Some("r2"));
}

#[test]
fn threads_that_race_for_the_last_places_never_take_more() {
    let cluster = two_of_three();
    let take = || {
        (0..100)
            .filter_map(|_| pick(&cluster, &Random::new()).ok())
            .collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
        let leases = threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("it ends"));
        // A place may stay free that two threads were refused at the same time, but none is given twice.
        let leases: Vec<_> = leases.collect();
        assert!(leases.len() <= 6, "{} at a time", leases.len());
    });
    assert!(cluster.nodes().iter().all(|node| node.in_flight() == 0));
}
