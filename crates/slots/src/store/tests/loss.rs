//! What Redis loses: all, some, or the last of it.

use std::time::Duration;

use super::rig::{ANSWERED_WITHIN, HIGH, LOW, Rig, Site, next, roles};
use crate::{
    Epoch,
    record::{Event, SlotRecord},
    store::{Coordinator, StoreError},
};

/// Beats until slot 0 has a primary.
async fn beat_until_settled(rig: &Rig, sites: [&Site; 2]) -> SlotRecord {
    let beating = async {
        loop {
            for site in sites {
                // On a slow machine one of them may be evicted.
                let _ = site.beat().await;
            }
            let record = rig.record(0).await;
            if record.primary.is_some() {
                return record;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let beating = tokio::time::timeout(ANSWERED_WITHIN, beating).await;
    beating.expect("settled within a minute")
}

#[tokio::test]
async fn no_primary_is_given_in_a_new_life_until_leases_of_the_old_have_ended() {
    let rig = Rig::of(Rig::builder().timeout(Duration::from_millis(500))).await;
    let (a, b) = (rig.joined("a").await, rig.joined("b").await);
    let created: u64 = rig.tell("HGET muster:{g}:group clock").await;
    let mut notices = rig.notices().await;
    b.add(0, LOW).await;
    a.add(0, HIGH).await;
    let settled = beat_until_settled(&rig, [&a, &b]).await;
    assert!(settled.primary.is_some());
    // Whichever comes first is after the timeout: epochs are of the time of the change.
    let mut slots = Vec::new();
    while slots.last() != Some(&settled) {
        slots.extend(next(&mut notices).await.slots);
    }
    let given = slots
        .iter()
        .find(|slot| slot.primary.is_some())
        .expect("one");
    assert!(
        given.epoch.number() >= created + 400,
        "{given:?}, {created}"
    );
}

#[tokio::test]
async fn a_beat_is_due_when_primaries_can_be_given() {
    let rig = Rig::start().await;
    let a = rig.joined("a").await;
    a.add(0, HIGH).await;
    let _: i64 = rig.tell("HINCRBY muster:{g}:group hold -59000").await;
    let beat = a.beat().await.expect("heard");
    assert!(beat.next_expiry <= Duration::from_secs(1), "{beat:?}");
    let mut notices = rig.notices().await;
    rig.end_hold().await;
    a.beat().await.expect("heard");
    let settled = next(&mut notices).await;
    assert_eq!((settled.event, &settled.site), (Event::Settled, &None));
    assert_eq!(roles(&settled.slots[0]), ("a", vec!["a"]));
    let version = rig.version().await;
    a.beat().await.expect("heard");
    assert_eq!(rig.version().await, version, "once");
}

#[tokio::test]
async fn epochs_go_on_above_the_old_ones_when_redis_has_lost_all() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    let old = b.add(0, LOW).await;
    let life = rig.snapshot().await.life;
    let _: String = rig.tell("FLUSHALL").await;
    let error = a.beat().await.expect_err("unknown");
    assert!(matches!(error, StoreError::Stranger), "{error:?}");
    let joined = a.join_having(&life, 99).await.expect("joined");
    assert_ne!(joined.life, life);
    assert_eq!((joined.version, joined.hold > Duration::ZERO), (1, true));
    // An epoch of a clock that went ahead: the new one is above it nevertheless.
    let ahead = old.epoch.number() + 3_600_000;
    let held = a.add_above(0, HIGH, ahead).await.expect("added");
    assert_eq!((roles(&held).0, held.epoch > Epoch::new(ahead)), ("", true));
    b.join().await.expect("joined");
    rig.end_hold().await;
    a.beat().await.expect("settled");
    let new = rig.record(0).await;
    assert_eq!(roles(&new), ("a", vec!["a"]));
    assert!(new.epoch > held.epoch);
}

#[tokio::test]
async fn a_restart_with_its_data_evicts_nobody_and_changes_no_epoch() {
    let mut rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    b.add(0, LOW).await;
    let slots = rig.snapshot().await.slots;
    // As if it was away for longer than the timeout.
    for site in [&a, &b] {
        rig.silence(site, 100_000).await;
    }
    let _: i64 = rig.tell("HINCRBY muster:{g}:group clock -100000").await;
    rig.restart().await;
    assert_eq!(a.beat().await.expect("a member").evicted, []);
    assert_eq!(b.beat().await.expect("a member").evicted, []);
    assert_eq!(rig.snapshot().await.slots, slots);
}

#[tokio::test]
async fn silence_of_all_is_no_reason_to_evict_and_silence_of_one_is() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    // As if Redis had been away for 100 s.
    rig.silence(&a, 100_000).await;
    rig.silence(&b, 100_000).await;
    let _: i64 = rig.tell("HINCRBY muster:{g}:group clock -100000").await;
    let beat = a.beat().await.expect("heard");
    assert_eq!(beat.evicted, []);
    assert!(beat.next_expiry > Duration::from_secs(30), "{beat:?}");
    assert_eq!(a.beat().await.expect("heard").evicted, []);
    let error = b.again().join().await.expect_err("it may live");
    assert!(matches!(error, StoreError::Taken { .. }), "{error:?}");
    // As if a timeout had passed since.
    let _: i64 = rig.tell("HINCRBY muster:{g}:group grace -60000").await;
    assert_eq!(a.beat().await.expect("heard").evicted, [b.id().clone()]);
}

#[tokio::test]
async fn another_server_evicts_nobody_whose_last_heartbeat_it_may_lack() {
    let mut rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    rig.silence(&b, 60_000).await;
    rig.restart().await;
    assert_eq!(a.beat().await.expect("heard").evicted, []);
    let _: i64 = rig.tell("HSET muster:{g}:group grace 0").await;
    assert_eq!(a.beat().await.expect("heard").evicted, [b.id().clone()]);
}

/// Makes Redis forget what happens meanwhile, as a replica does that takes over too early.
async fn forgetting<F: Future>(rig: &Rig, meanwhile: F) -> F::Output {
    let keys = ["group", "sites", "beats", "slots"].map(|key| format!("muster:{{g}}:{key}"));
    let (mut connection, mut kept) = (rig.connection().await, Vec::new());
    for key in &keys {
        let dump: Vec<u8> = redis::cmd("DUMP")
            .arg(key)
            .query_async(&mut connection)
            .await
            .expect("kept");
        kept.push(dump);
    }
    let output = meanwhile.await;
    for (key, dump) in keys.iter().zip(kept) {
        let mut restore = redis::cmd("RESTORE");
        restore.arg(key).arg(0).arg(dump).arg("REPLACE");
        let _: String = restore
            .query_async(&mut connection)
            .await
            .expect("restored");
    }
    output
}

#[tokio::test]
async fn a_failover_to_older_data_is_noticed_by_who_has_seen_newer() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    b.add(0, LOW).await;
    b.add(1, LOW).await;
    let lost = forgetting(&rig, async {
        let record = a.fail(0).await;
        assert_eq!(roles(&record), ("b", vec!["b"]));
        record
    });
    let lost = lost.await;
    let (before, mut notices) = (rig.snapshot().await, rig.notices().await);
    assert_eq!(roles(&before.slots[0]), ("a", vec!["a", "b"]));
    let seen = before.version + 1;

    let joined = b.join_having(&before.life, seen).await.expect("joined");
    assert_eq!((&joined.life, joined.version), (&before.life, seen + 1));
    assert!(joined.hold > Duration::from_secs(1));
    let settled = next(&mut notices).await;
    assert_eq!((settled.event, settled.version), (Event::Settled, seen + 1));
    assert_eq!(settled.slots.len(), 2);
    for (slot, before) in settled.slots.iter().zip(&before.slots) {
        assert_eq!(slot.primary, None);
        assert!(slot.epoch > before.epoch && slot.epoch > lost.epoch);
    }
    // Heartbeats may be among what was lost.
    rig.silence(&a, 60_000).await;
    assert_eq!(b.beat().await.expect("heard").evicted, []);
    // Others that have seen as much change nothing more, and nobody is primary yet.
    a.join_having(&before.life, seen).await.expect("joined");
    assert_eq!(roles(&a.add(0, HIGH).await).0, "");
    rig.end_hold().await;
    a.beat().await.expect("heard");
    let after = rig.snapshot().await;
    assert_eq!(after.version, seen + 2);
    assert_eq!(roles(&after.slots[0]), ("a", vec!["a", "b"]));
    assert!(
        after
            .slots
            .iter()
            .zip(&settled.slots)
            .all(|(new, old)| new.epoch > old.epoch)
    );
}

#[tokio::test]
async fn a_failover_to_older_data_is_noticed_even_when_versions_have_gone_on() {
    let rig = Rig::start().await;
    let [a, b, c] = rig.sites(["a", "b", "c"]).await;
    a.add(0, HIGH).await;
    b.add(0, LOW).await;
    let before = rig.snapshot().await;
    let lost = forgetting(&rig, a.fail(0)).await;
    let (seen, server) = (before.version + 1, "0".repeat(40));
    // As if that was another server's.
    let _: i64 = rig
        .tell(&format!("HSET muster:{{g}}:group run {server}"))
        .await;
    for slot in 1..9 {
        c.add(slot, HIGH).await;
    }
    let beat = b.beat().await.expect("a member");
    assert!(beat.version > seen && beat.lacks(seen) && beat.lacks(seen + 1));
    assert!(!beat.lacks(before.version) && !beat.lacks(beat.version));
    assert!(beat.lacks(beat.version + 1));
    b.join_having(&before.life, before.version)
        .await
        .expect("joined");
    assert_eq!(
        roles(&rig.record(0).await).0,
        "a",
        "nothing that it knows was lost"
    );

    b.join_having(&before.life, seen).await.expect("joined");
    let after = rig.snapshot().await;
    assert_eq!((after.version, after.slots.len()), (beat.version + 1, 9));
    assert!(
        after
            .slots
            .iter()
            .all(|slot| slot.primary.is_none() && slot.epoch > lost.epoch)
    );
    // Once is enough.
    assert!(!a.beat().await.expect("a member").lacks(seen));
    a.join_having(&before.life, seen).await.expect("joined");
    assert_eq!(rig.version().await, after.version);
}

#[tokio::test]
async fn a_restart_that_loses_nothing_leaves_no_gap_that_anybody_has_seen() {
    let mut rig = Rig::start().await;
    let [a] = rig.sites(["a"]).await;
    let mut seen = a.beat().await.expect("heard").version;
    for slot in 0..10 {
        rig.restart().await;
        a.add(slot, HIGH).await;
        let beat = a.beat().await.expect("heard");
        assert!(beat.version > seen + 1_000_000, "it begins anew");
        assert!(!beat.lacks(seen) && !beat.lacks(beat.version), "{beat:?}");
        assert!(beat.lacks(seen + 1), "{beat:?}");
        seen = beat.version;
    }
    let version = seen;
    a.beat().await.expect("heard");
    assert_eq!(rig.version().await, version, "once for each server");
}

#[tokio::test]
async fn a_restart_that_loses_nothing_disturbs_no_group_in_which_nothing_happens() {
    let mut rig = Rig::start().await;
    let [a] = rig.sites(["a"]).await;
    a.add(0, HIGH).await;
    let before = rig.record(0).await;
    rig.restart().await;
    let seen = a.beat().await.expect("heard").version;
    assert_eq!(rig.version().await, seen);
    assert!(!a.beat().await.expect("heard").lacks(seen));
    let life = a.beat().await.expect("heard").life;
    a.join_having(&life, seen).await.expect("joined");
    assert_eq!(rig.record(0).await, before);
}

#[tokio::test]
async fn who_has_seen_less_or_another_life_disturbs_nobody() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    let before = rig.snapshot().await;
    b.join_having(&before.life, before.version)
        .await
        .expect("joined");
    b.join_having(&before.life, 0).await.expect("joined");
    b.join_having(&"0".repeat(32), before.version + 9)
        .await
        .expect("joined");
    assert_eq!(rig.snapshot().await, before);
}

#[tokio::test]
async fn a_group_that_lost_one_of_its_keys_is_made_anew() {
    for key in ["group", "sites", "beats", "slots"] {
        let rig = Rig::start().await;
        let [a, b] = rig.sites(["a", "b"]).await;
        let old = a.add(0, HIGH).await;
        let life = rig.snapshot().await.life;
        let _: i64 = rig.tell(&format!("DEL muster:{{g}}:{key}")).await;
        let error = b.beat().await.expect_err(key);
        assert!(matches!(error, StoreError::Stranger), "{error:?}");
        if key != "beats" {
            let error = rig.store.snapshot().await.expect_err(key);
            assert!(matches!(error, StoreError::NoGroup), "{error:?}");
        }
        let joined = a.join_having(&life, 99).await.expect("joined");
        assert!(joined.life != life && joined.hold > Duration::ZERO, "{key}");
        assert_eq!(rig.snapshot().await.members.len(), 1);
        let floor = old.epoch.number();
        let new = a.add_above(0, HIGH, floor).await.expect("added");
        assert!(new.primary.is_none() && new.epoch > old.epoch, "{new:?}");
    }
}
