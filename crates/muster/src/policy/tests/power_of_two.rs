use super::{assert_even, occupy, pick, picked, shares};
use crate::{
    policy::PowerOfTwo,
    tests::fakes::{cluster, status},
};

#[test]
fn the_least_loaded_of_up_to_sixteen_is_chosen() {
    let policy = PowerOfTwo::least_in_flight();
    for nodes in [2, 3, 16] {
        let cluster = cluster(nodes);
        let mut leases = Vec::new();
        for host in 1..nodes {
            leases.extend(occupy(&cluster, host, usize::from(host)));
        }
        for seed in 0..200 {
            assert_eq!(picked(&cluster, &policy, seed, &[]), nodes, "of {nodes}");
        }
        assert_eq!(
            picked(&cluster, &policy, 0, &[nodes]),
            1,
            "the least but one"
        );
    }
}

#[test]
fn the_better_of_two_is_chosen_among_more_than_sixteen() {
    let policy = PowerOfTwo::least_in_flight();
    let cluster = cluster(32);
    let _busy = occupy(&cluster, 7, 10);
    let shares = shares(&cluster, &policy, 64_000);
    // Only both draws together lead to the busy node: once in 32 x 32.
    let busy = shares.get(&7).copied().unwrap_or_default();
    assert!((20..=125).contains(&busy), "{busy} of an expected 62");
    let others = shares.into_iter().filter(|(host, _)| *host != 7).collect();
    assert_even(&others, 0.15);
}

#[test]
fn the_most_loaded_of_many_nodes_stays_near_the_mean() {
    let policy = PowerOfTwo::least_in_flight();
    let cluster = cluster(64);
    let leases: Vec<_> = (0..6_400)
        .map(|seed| pick(&cluster, &policy, seed, &[]).expect("a node"))
        .collect();
    let most = (1..=64)
        .map(|host| status(&cluster, host).in_flight())
        .max();
    // One draw alone leaves the most loaded node some 25 above the mean of 100.
    assert!(
        most <= Some(106),
        "{most:?} at one node, and 100 on average"
    );
    drop(leases);
}

#[test]
fn ties_are_spread_evenly() {
    let policy = PowerOfTwo::least_in_flight();
    for nodes in [2, 5, 16] {
        let shares = shares(&cluster(nodes), &policy, u64::from(nodes) * 10_000);
        assert_eq!(shares.len(), usize::from(nodes));
        assert_even(&shares, 0.05);
    }
    let shares = shares(&cluster(40), &policy, 400_000);
    assert_eq!(shares.len(), 40);
    assert_even(&shares, 0.05);
}

#[test]
fn ties_are_spread_evenly_among_the_least_loaded_only() {
    let policy = PowerOfTwo::least_in_flight();
    let cluster = cluster(5);
    let _busy = (occupy(&cluster, 1, 1), occupy(&cluster, 4, 2));
    let shares = shares(&cluster, &policy, 30_000);
    assert_eq!(shares.keys().copied().collect::<Vec<_>>(), [2, 3, 5]);
    assert_even(&shares, 0.05);
}
