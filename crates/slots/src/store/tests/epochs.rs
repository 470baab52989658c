use super::rig::{HIGH, LOW, MIDDLE, Rig};
use crate::{
    Epoch,
    store::{Removal, StoreError},
};

#[tokio::test]
async fn an_epoch_grows_with_every_change_of_the_primary_and_with_nothing_else() {
    let rig = Rig::start().await;
    let [a, b, c] = rig.sites(["a", "b", "c"]).await;
    let mut last = (None, Epoch::NONE);
    let mut steps = Vec::new();
    for round in 0..5 {
        steps.push(a.add(0, MIDDLE).await);
        steps.push(b.add(0, HIGH).await);
        steps.push(c.add(0, LOW + round).await);
        steps.push(a.hand_over(0).await);
        let Removal::Removed(record) = b.remove(0).await else {
            panic!("a and c hold it");
        };
        steps.push(record);
        steps.push(c.fail(0).await);
        steps.push(a.fail(0).await);
    }
    for step in steps {
        let (primary, epoch) = last;
        match step.primary == primary {
            true => assert_eq!(step.epoch, epoch, "{step:?}"),
            false => assert!(step.epoch > epoch, "{step:?} after {epoch}"),
        }
        last = (step.primary, step.epoch);
    }
}

#[tokio::test]
async fn an_epoch_is_above_the_clock_the_last_one_and_what_the_site_has_seen() {
    let rig = Rig::start().await;
    let [a] = rig.sites(["a"]).await;
    let (seconds, _): (u64, u64) = rig.tell("TIME").await;
    let first = a.add(0, HIGH).await.epoch.number();
    assert!(first >= seconds * 1_000, "the clock");
    a.fail(0).await;
    let floor = first + 7_200_000;
    let second = a.add_above(0, HIGH, floor).await.expect("added");
    assert_eq!(second.epoch, Epoch::new(floor + 1), "what it has seen");
    rig.end_hold().await;
    a.beat().await.expect("settled");
    let third = rig.record(0).await.epoch;
    assert_eq!(third, Epoch::new(floor + 2), "the last one");
    assert_eq!(a.fail(0).await.epoch, Epoch::new(floor + 3), "the last one");
}

#[tokio::test]
async fn an_epoch_that_no_script_could_count_with_is_refused_before_it_is_sent() {
    let rig = Rig::start().await;
    let [a] = rig.sites(["a"]).await;
    let highest = 900_000_000_000_000;
    for floor in [highest + 1, u64::MAX] {
        let error = a.add_above(0, HIGH, floor).await.expect_err("too large");
        assert!(matches!(error, StoreError::Malformed { .. }), "{error:?}");
        assert!(error.to_string().contains(&floor.to_string()), "{error}");
    }
    let most = a.add_above(0, HIGH, highest).await.expect("as much");
    assert_eq!(rig.record(0).await, most, "it is read again");
    let error = a.join_having("x", u64::MAX).await.expect_err("too large");
    assert!(matches!(error, StoreError::Malformed { .. }), "{error:?}");
}
