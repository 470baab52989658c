use std::time::Duration;

use super::rig::{ANSWERED_WITHIN, HIGH, LOW, MIDDLE, Rig, Site, next, roles};
use crate::{GroupBuilder, record::Event};

/// A group in which time really passes.
fn brief() -> GroupBuilder {
    Rig::builder().timeout(Duration::from_millis(400))
}

async fn redis_time(rig: &Rig) -> u64 {
    let (seconds, micros): (u64, u64) = rig.tell("TIME").await;
    seconds * 1_000 + micros / 1_000
}

async fn last_beat(rig: &Rig, site: &Site) -> u64 {
    let id = site.id();
    let score: f64 = rig.tell(&format!("ZSCORE muster:{{g}}:beats {id}")).await;
    score as u64
}

/// Beats until somebody is evicted, much more often than the group asks for.
async fn beat_until_one_goes(site: &Site) {
    let beating = async {
        while site.beat().await.expect("heard").evicted.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let beating = tokio::time::timeout(ANSWERED_WITHIN, beating).await;
    beating.expect("evicted within a minute");
}

#[tokio::test]
async fn who_is_silent_for_the_timeout_by_rediss_clock_is_evicted_and_not_before() {
    let rig = Rig::of(brief()).await;
    let [a, b] = rig.sites(["a", "b"]).await;
    b.add(0, HIGH).await;
    a.add(0, LOW).await;
    let before = redis_time(&rig).await;
    b.beat().await.expect("heard");
    let beat = last_beat(&rig, &b).await;
    assert!((before..=redis_time(&rig).await).contains(&beat));
    let mut notices = rig.notices().await;
    beat_until_one_goes(&a).await;
    assert!(redis_time(&rig).await >= beat + 400);
    let evicted = next(&mut notices).await;
    assert_eq!(
        (evicted.event, evicted.site.as_ref()),
        (Event::Evicted, Some(b.id()))
    );
    assert_eq!(roles(&evicted.slots[0]), ("a", vec!["a"]));
    // The epoch is of the time of the change: not before the timeout.
    assert!(evicted.slots[0].epoch.number() >= beat + 400);
}

#[tokio::test]
async fn a_beat_says_when_the_next_site_could_be_evicted() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    let most = rig.group.timeout();
    assert!(a.beat().await.expect("heard").next_expiry <= most);
    rig.silence(&b, 59_000).await;
    assert!(a.beat().await.expect("heard").next_expiry <= Duration::from_secs(1));
    b.beat().await.expect("heard");
    assert!(a.beat().await.expect("heard").next_expiry > Duration::from_secs(1));
}

#[tokio::test]
async fn an_eviction_of_1000_slots_is_one_notice_and_one_version() {
    let rig = Rig::of(Rig::builder().slots(1_000)).await;
    let [a, b] = rig.sites(["a", "b"]).await;
    for slot in 0..1_000 {
        a.add(slot, HIGH).await;
        b.add(slot, LOW).await;
    }
    let (mut notices, before) = (rig.notices().await, rig.version().await);
    rig.silence(&a, 60_000).await;
    let beat = b.beat().await.expect("heard");
    assert_eq!(
        (beat.evicted, beat.version),
        (vec![a.id().clone()], before + 1)
    );
    let notice = next(&mut notices).await;
    assert_eq!((notice.version, notice.slots.len()), (before + 1, 1_000));
    assert!(
        notice
            .slots
            .iter()
            .all(|slot| roles(slot) == ("b", vec!["b"]))
    );
    let snapshot = rig.snapshot().await;
    assert_eq!(
        (snapshot.version, snapshot.slots),
        (before + 1, notice.slots)
    );
    assert_eq!(snapshot.members.len(), 1);
}

#[tokio::test]
async fn of_several_that_are_evicted_none_becomes_primary_in_between() {
    let rig = Rig::start().await;
    let [a, b, c, d] = rig.sites(["a", "b", "c", "d"]).await;
    for (site, score) in [(&a, HIGH), (&b, MIDDLE), (&c, LOW), (&d, 0)] {
        site.add(0, score).await;
    }
    a.add(1, HIGH).await;
    b.add(1, LOW).await;
    for site in [&a, &b, &c] {
        rig.silence(site, 60_000).await;
    }
    // The primary is the first of them to go.
    rig.silence(&a, 10_000).await;
    let mut notices = rig.notices().await;
    assert_eq!(d.beat().await.expect("heard").evicted.len(), 3);
    for _ in 0..3 {
        for slot in next(&mut notices).await.slots {
            let primary = roles(&slot).0;
            assert!(
                ["a", "d", ""].contains(&primary),
                "{primary} is gone as well"
            );
        }
    }
    assert_eq!(roles(&rig.record(0).await), ("d", vec!["d"]));
}

#[tokio::test]
async fn a_lonely_site_with_long_heartbeats_evicts_the_others_too() {
    let rig = Rig::of(Rig::builder().heartbeat(Duration::from_secs(45))).await;
    let [a, b] = rig.sites(["a", "b"]).await;
    rig.silence(&b, 60_000).await;
    // Nobody was heard for one heartbeat, which is more than half of the timeout.
    let _: i64 = rig.tell("HINCRBY muster:{g}:group clock -45000").await;
    let beat = a.beat().await.expect("heard");
    assert_eq!(beat.evicted, [b.id().clone()]);
}

#[tokio::test]
async fn a_slot_whose_primary_leaves_while_roles_are_held_back_again_is_given_to_another() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    b.add(0, LOW).await;
    assert_eq!(roles(&rig.record(0).await).0, "a");
    // As by a clock that was set back to before the last time that roles were held back.
    let _: i64 = rig
        .tell("HINCRBY muster:{g}:group hold 9000000000000")
        .await;
    a.leave().await;
    assert_eq!(roles(&rig.record(0).await).0, "");
    rig.end_hold().await;
    b.beat().await.expect("heard");
    assert_eq!(roles(&rig.record(0).await).0, "b");
}

#[tokio::test]
async fn no_heartbeat_of_a_clock_that_was_set_back_lasts_longer_than_the_timeout() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    let _: i64 = rig.tell("HINCRBY muster:{g}:group clock 3600000").await;
    let _: i64 = rig
        .tell("HINCRBY muster:{g}:group hold 9000000000000")
        .await;
    let _: String = rig.tell("ZINCRBY muster:{g}:beats 3600000 b").await;
    assert_eq!(a.beat().await.expect("heard").evicted, []);
    let now = redis_time(&rig).await;
    assert!(last_beat(&rig, &b).await <= now);
    let hold: u64 = rig.tell("HGET muster:{g}:group hold").await;
    assert!(hold <= now + 60_000);
}
