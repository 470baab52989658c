//! Calls that are carried out after the site has given up waiting for them.

use super::rig::{HIGH, LOW, MIDDLE, Rig, roles};
use crate::store::Removal;

#[tokio::test]
async fn a_call_that_was_made_before_a_change_takes_nothing_away_that_was_given_since() {
    let rig = Rig::of(Rig::builder().replicas(1)).await;
    let [a, b] = rig.sites(["a", "b"]).await;
    let seen = a.add(0, HIGH).await.epoch;
    b.add(0, LOW).await;
    // It gives the role away, and is given it again.
    a.add(0, 0).await;
    a.hand_over(0).await;
    a.add(0, HIGH).await;
    let given = b.hand_over(0).await;
    assert!(given.epoch > seen && roles(&given).0 == "a", "{given:?}");
    let before = rig.dump().await;
    assert_eq!(a.fail_having_seen(0, seen).await, given);
    let removal = a.remove_having_seen(0, seen).await;
    assert_eq!(removal, Removal::Overtaken(given.clone()));
    a.add(0, 0).await;
    let reordered = rig.record(0).await;
    assert_eq!(a.hand_over_having_seen(0, seen).await, reordered);
    a.add(0, HIGH).await;
    assert_eq!(rig.record(0).await, given);
    assert_eq!(rig.dump().await[3], before[3], "no slot has changed");
    // With what the answer says, it is done.
    assert_eq!(roles(&a.fail_having_seen(0, given.epoch).await).0, "b");
}

#[tokio::test]
async fn a_late_call_of_a_secondary_leaves_it_a_holder() {
    let rig = Rig::of(Rig::builder().replicas(1)).await;
    let [a, b, c] = rig.sites(["a", "b", "c"]).await;
    let seen = a.add(0, LOW).await.epoch;
    b.add(0, MIDDLE).await;
    c.add(0, HIGH).await;
    let given = a.hand_over(0).await;
    let version = rig.version().await;
    assert_eq!(b.fail_having_seen(0, seen).await, given);
    let removal = b.remove_having_seen(0, seen).await;
    assert_eq!(removal, Removal::Overtaken(given.clone()));
    assert_eq!(rig.version().await, version, "no change, no notice");
    let Removal::Removed(record) = b.remove_having_seen(0, given.epoch).await else {
        panic!("a and c hold it");
    };
    assert_eq!(roles(&record), ("c", vec!["c", "a"]));
}

#[tokio::test]
async fn a_removal_of_what_is_not_held_is_done_however_late_it_is() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    let record = a.add(0, HIGH).await;
    let removal = b.remove_having_seen(0, crate::Epoch::NONE).await;
    assert_eq!(removal, Removal::Removed(record));
}

#[tokio::test]
async fn a_late_addition_takes_nothing_from_anybody() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    let given = b.add(0, LOW).await;
    let added = b.add_above(0, LOW, 0).await.expect("added");
    assert_eq!(added, given);
}
