//! Changes of one slot that Redis forgot, and a site has seen.

use std::time::Duration;

use super::rig::{HIGH, LOW, MIDDLE, Rig, Site, next, roles};
use crate::{
    Epoch,
    record::{Event, SlotRecord},
    store::Removal,
};

/// An epoch that Redis does not have: of a clock that went ahead.
async fn forgotten(rig: &Rig) -> Epoch {
    Epoch::new(rig.record(0).await.epoch.number() + 3_600_000)
}

/// Whatever was asked for: nobody is primary, nor becomes it yet.
async fn assert_mended(rig: &Rig, floor: Epoch, record: &SlotRecord) {
    assert_eq!(record.primary, None, "{record:?}");
    assert!(record.epoch > floor, "{record:?}");
    assert_eq!(rig.record(0).await, *record);
    let pending: u8 = rig.tell("HGET muster:{g}:group pending").await;
    let (hold, clock): (u64, u64) = rig.tell("HMGET muster:{g}:group hold clock").await;
    assert_eq!((pending, hold >= clock + 60_000), (1, true));
}

async fn remove(site: &Site, floor: Epoch) -> SlotRecord {
    match site.remove_having_seen(0, floor).await {
        Removal::Overtaken(record) => record,
        other => panic!("{other:?}"),
    }
}

async fn add(site: &Site, floor: Epoch) -> SlotRecord {
    let added = site.add_above(0, MIDDLE, floor.number()).await;
    added.expect("added")
}

#[tokio::test]
async fn an_epoch_that_redis_forgot_leaves_the_slot_without_a_primary_for_a_timeout() {
    for ask in ["add", "remove", "fail", "hand_over"] {
        let rig = Rig::of(Rig::builder().replicas(1)).await;
        let [a, b, c] = rig.sites(["a", "b", "c"]).await;
        a.add(0, HIGH).await;
        b.add(0, LOW).await;
        let other = c.add(1, HIGH).await;
        let (floor, before) = (forgotten(&rig).await, rig.version().await);
        let mut notices = rig.notices().await;
        let record = match ask {
            "add" => add(&b, floor).await,
            "remove" => remove(&a, floor).await,
            "fail" => a.fail_having_seen(0, floor).await,
            _ => a.hand_over_having_seen(0, floor).await,
        };
        assert_mended(&rig, floor, &record).await;
        assert_eq!(roles(&record).1, ["a", "b"], "{ask}: nothing was taken");
        let notice = next(&mut notices).await;
        assert_eq!((notice.version, &notice.slots), (before + 1, &vec![record]));
        assert_eq!(rig.version().await, before + 1, "{ask}: one notice");
        let is_added = notice.event == Event::Added && notice.site.as_ref() == Some(b.id());
        assert!(is_added || notice.event == Event::Settled && notice.site.is_none());
        assert_eq!(rig.record(1).await, other, "{ask}: others go on");
    }
}

#[tokio::test]
async fn the_first_holder_is_primary_once_who_acted_under_a_forgotten_epoch_cannot() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    b.add(0, LOW).await;
    let floor = forgotten(&rig).await;
    let mended = add(&b, floor).await;
    // Again, and by others: it was mended once.
    assert_eq!(add(&b, floor).await, mended);
    assert_eq!(roles(&a.add(0, HIGH).await).0, "");
    let beat = a.beat().await.expect("heard");
    assert!(beat.next_expiry > Duration::from_secs(1), "{beat:?}");
    assert_eq!(roles(&rig.record(0).await).0, "", "not yet");
    rig.end_hold().await;
    a.beat().await.expect("heard");
    let settled = rig.record(0).await;
    assert_eq!(roles(&settled), ("a", vec!["a", "b"]));
    assert!(settled.epoch > mended.epoch);
}

#[tokio::test]
async fn a_slot_of_which_redis_forgot_all_has_no_primary_for_a_timeout_either() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    let floor = forgotten(&rig).await;
    let _: i64 = rig.tell("HDEL muster:{g}:slots 0").await;
    // Of who holds nothing here, too.
    let Removal::Removed(record) = b.remove_having_seen(0, floor).await else {
        panic!("it does not hold it");
    };
    assert_mended(&rig, floor, &record).await;
    let added = add(&b, floor).await;
    assert_eq!(
        (roles(&added), added.epoch),
        (("", vec!["b"]), record.epoch)
    );
    // With what it has seen now, the site is let go.
    assert_eq!(roles(&b.fail(0).await), ("", vec![]));
}
