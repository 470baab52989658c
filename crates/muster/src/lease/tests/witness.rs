use std::panic::{AssertUnwindSafe, catch_unwind};

use super::lease;
use crate::{
    Outcome,
    lease::witness::{Silence, drop_attempt},
    tests::fakes::{cluster, host, status},
};

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
