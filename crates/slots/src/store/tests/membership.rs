use std::time::Duration;

use super::rig::{HIGH, LOW, Rig, next, roles};
use crate::{
    record::Event,
    store::{Coordinator, StoreError, keys::Keys},
};

#[tokio::test]
async fn the_first_site_makes_the_group_and_the_next_find_it() {
    let rig = Rig::start().await;
    let error = rig.store.snapshot().await.expect_err("nothing");
    assert!(matches!(error, StoreError::NoGroup), "{error:?}");

    let (a, b) = (rig.site("a"), rig.site("b"));
    let first = a.join().await.expect("joined");
    assert_eq!(first.version, 1);
    assert!(first.hold > Duration::ZERO && first.hold <= rig.group.timeout());
    let second = b.join().await.expect("joined");
    assert_eq!((&second.life, second.version), (&first.life, 2));

    let snapshot = rig.snapshot().await;
    assert_eq!((&snapshot.life, snapshot.version), (&first.life, 2));
    assert_eq!(snapshot.group, rig.group);
    let members: Vec<_> = snapshot.members.into_iter().map(|m| m.member).collect();
    assert_eq!(members, [a.member, b.member]);
}

/// One that is missing would stop a group while a Redis Cluster gives its hash slot away.
#[tokio::test]
async fn each_key_that_scripts_ask_for_is_there() {
    let rig = Rig::start().await;
    rig.joined("a").await;
    for key in Keys::of("g").all() {
        let exists: u32 = rig.tell(&format!("EXISTS {key}")).await;
        assert_eq!(exists, 1, "{key}");
    }
}

#[tokio::test]
async fn a_site_that_joins_again_is_renewed_without_a_notice_and_changed_with_one() {
    let rig = Rig::start().await;
    let mut notices = rig.notices().await;
    let mut a = rig.site("a");
    let first = a.join().await.expect("joined");
    rig.silence(&a, 50_000).await;
    let again = a.join().await.expect("renewed");
    assert_eq!(again.version, first.version);
    assert!(again.next_expiry > Duration::from_secs(30), "it was heard");

    a.member = a.member.in_rack("dc", "rack").expect("a rack");
    assert_eq!(a.join().await.expect("changed").version, 2);
    a.leaving().await;
    assert_eq!(a.join().await.expect("stays").version, 4);
    let expected = [
        (Event::Joined, None, false),
        (Event::Joined, Some("rack"), false),
        (Event::Leaving, Some("rack"), true),
        (Event::Joined, Some("rack"), false),
    ];
    for expected in expected {
        let notice = next(&mut notices).await;
        let member = notice.member.expect("a member");
        let rack = member.member.node().rack();
        assert_eq!((notice.event, rack, member.leaving), expected);
    }
}

#[tokio::test]
async fn an_id_is_one_live_sessions_until_it_expires_and_its_slots_go_first() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    b.add(0, LOW).await;
    a.add(1, HIGH).await;
    let other = a.again();
    let error = other.join().await.expect_err("a lives");
    let StoreError::Taken { id, free_in } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(id, a.id());
    assert!(*free_in > Duration::ZERO && *free_in <= rig.group.timeout());
    assert!(error.to_string().contains("site id a is taken"), "{error}");

    rig.silence(&a, 60_000).await;
    let mut notices = rig.notices().await;
    other.join().await.expect("a is dead");
    let (evicted, joined) = (next(&mut notices).await, next(&mut notices).await);
    assert_eq!(
        (evicted.event, joined.event),
        (Event::Evicted, Event::Joined)
    );
    assert_eq!(evicted.slots.len(), 2);
    assert_eq!(roles(&rig.record(0).await), ("b", vec!["b"]));
    assert_eq!(roles(&rig.record(1).await), ("", vec![]));
    let error = a.beat().await.expect_err("replaced");
    assert!(matches!(error, StoreError::Stranger), "{error:?}");
}

#[tokio::test]
async fn who_was_evicted_is_a_stranger_to_every_call_and_changes_nothing() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    rig.silence(&a, 60_000).await;
    assert_eq!(b.beat().await.expect("heard").evicted, [a.id().clone()]);
    let before = rig.dump().await;
    let (store, id, session) = (&rig.store, a.id(), &a.session);
    let (slot, floor) = (crate::Slot::new(0), crate::Epoch::NONE);
    let answers = [
        store.beat(id, session).await.map(drop),
        store
            .add(id, session, slot, HIGH, floor, floor)
            .await
            .map(drop),
        store.remove(id, session, slot, floor).await.map(drop),
        store.fail(id, session, slot, floor).await.map(drop),
        store.hand_over(id, session, slot, floor).await.map(drop),
        store.leaving(id, session).await,
    ];
    for answer in answers {
        let error = answer.expect_err("a stranger");
        assert!(matches!(error, StoreError::Stranger), "{error:?}");
    }
    a.leave().await;
    assert_eq!(rig.dump().await, before);
}

#[tokio::test]
async fn a_site_without_slots_stays_a_member_as_long_as_it_beats() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    a.add(0, HIGH).await;
    b.add(0, LOW).await;
    assert_eq!(roles(&b.fail(0).await), ("a", vec!["a"]));
    for _ in 0..5 {
        rig.silence(&b, 50_000).await;
        b.beat().await.expect("a member");
        assert_eq!(a.beat().await.expect("a member").evicted, []);
    }
    assert_eq!(rig.snapshot().await.members.len(), 2);
}

#[tokio::test]
async fn the_last_site_may_leave_and_the_group_keeps_its_epochs() {
    let rig = Rig::start().await;
    let [a] = rig.sites(["a"]).await;
    let before = a.add(0, HIGH).await;
    let mut notices = rig.notices().await;
    a.leave().await;
    a.leave().await;
    let left = next(&mut notices).await;
    assert_eq!(
        (left.event, left.site.as_ref()),
        (Event::Left, Some(a.id()))
    );
    let snapshot = rig.snapshot().await;
    assert_eq!(
        (snapshot.version, snapshot.members.len()),
        (left.version, 0)
    );
    assert_eq!(left.slots, snapshot.slots);

    a.join().await.expect("back");
    let after = a.add(0, HIGH).await;
    assert_eq!(roles(&after), ("a", vec!["a"]));
    assert!(before.epoch < left.slots[0].epoch && left.slots[0].epoch < after.epoch);
}
