use super::{picked, set_aside};
use crate::{
    NoNode, Node,
    policy::{Filter, FirstOf, PowerOfTwo, Route},
    tests::fakes::{cluster, host},
};

/// Only the nodes of these addresses.
fn only(hosts: &'static [u8]) -> Filter<impl Fn(&Route<'_>, &Node) -> bool, PowerOfTwo> {
    let holds = move |_: &Route<'_>, node: &Node| hosts.contains(&host(node));
    Filter::new(holds, PowerOfTwo::latency_aware())
}

#[test]
fn the_second_is_asked_only_where_the_first_declines() {
    let cluster = cluster(4);
    let policy = FirstOf::new(only(&[1, 2]), only(&[3]));
    for seed in 0..50 {
        assert!(picked(&cluster, &policy, seed, &[]) <= 2);
        assert_eq!(picked(&cluster, &policy, seed, &[1, 2]), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn nodes_that_are_well_come_first_whoever_wants_them() {
    let cluster = cluster(4);
    let policy = FirstOf::new(only(&[1, 2]), only(&[3]));
    (1..=2).for_each(|host| set_aside(&cluster, host));
    assert_eq!(picked(&cluster, &policy, 0, &[]), 3);
    set_aside(&cluster, 3);
    assert!(
        picked(&cluster, &policy, 0, &[]) <= 2,
        "none is well: in order"
    );
}

#[test]
fn where_all_decline_nothing_is_chosen() {
    let cluster = cluster(4);
    let policy = FirstOf::new(only(&[1]), only(&[2]));
    let declined = super::pick(&cluster, &policy, 0, &[1, 2]).expect_err("nobody");
    assert!(matches!(declined, NoNode::Declined), "{declined:?}");
}
