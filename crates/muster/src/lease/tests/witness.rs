use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::lease;
use crate::{
    Node, Outcome,
    lease::witness::{self, Dropped, Silence},
    tests::fakes::{cluster, host, status},
};

/// The node that was heard of.
fn drop_attempt(silence: Silence, drop_it: impl FnOnce()) -> Option<Arc<Node>> {
    match witness::drop_attempt(silence, drop_it) {
        Dropped::At(node) => Some(node),
        Dropped::Unsent | Dropped::Unknown => None,
    }
}

#[tokio::test(start_paused = true)]
async fn the_lease_of_an_attempt_that_is_given_up_is_heard() {
    let cluster = cluster(1);
    let lease = lease(&cluster);
    let node = drop_attempt(Silence::IsBad, || drop(lease)).expect("heard");
    assert_eq!(host(&node), 1);
    assert!(status(&cluster, 1).is_set_aside());
    assert_eq!(status(&cluster, 1).in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_has_learned_is_not_heard() {
    let cluster = cluster(1);
    let mut lease = lease(&cluster);
    lease.learn(Outcome::SERVED);
    assert!(drop_attempt(Silence::IsBad, || drop(lease)).is_none());
    assert!(!status(&cluster, 1).is_set_aside());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_a_lease_is_at_no_node() {
    assert!(drop_attempt(Silence::IsBad, || {}).is_none());
}

#[tokio::test(start_paused = true)]
async fn only_one_lease_is_heard() {
    let cluster = cluster(2);
    let leases = (lease(&cluster), lease(&cluster));
    let heard = drop_attempt(Silence::IsBad, || drop(leases)).expect("heard");
    let aside: Vec<_> = (1..=2)
        .filter(|n| status(&cluster, *n).is_set_aside())
        .collect();
    assert_eq!(aside, [host(&heard)]);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_dropped_afterwards_is_not_heard() {
    let cluster = cluster(1);
    assert!(drop_attempt(Silence::IsBad, || {}).is_none());
    drop(lease(&cluster));
    assert!(!status(&cluster, 1).is_set_aside());
}

#[tokio::test(start_paused = true)]
async fn a_lease_of_another_thread_is_not_heard() {
    let cluster = cluster(1);
    let lease = lease(&cluster);
    let heard = drop_attempt(Silence::IsBad, || {
        let other = std::thread::spawn(move || drop(lease));
        other.join().expect("no panic");
    });
    assert!(heard.is_none());
    assert!(!status(&cluster, 1).is_set_aside());
}

#[tokio::test(start_paused = true)]
async fn nobody_listens_after_a_drop_that_panics() {
    let cluster = cluster(1);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        #[expect(clippy::panic, reason = "a drop of somebody else's may")]
        drop_attempt(Silence::IsBad, || panic!("while dropping"))
    }));
    assert!(panicked.is_err());
    drop(lease(&cluster));
    assert!(!status(&cluster, 1).is_set_aside());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_held_back_was_not_sent() {
    let dropped = witness::drop_attempt(Silence::IsBad, witness::was_held_back);
    assert!(matches!(dropped, Dropped::Unsent));
    let dropped = witness::drop_attempt(Silence::IsBad, || {});
    assert!(matches!(dropped, Dropped::Unknown));
    // What is said while nobody listens is said of nothing.
    witness::was_held_back();
    assert!(drop_attempt(Silence::IsBad, || {}).is_none());
}
