use super::rig::{HIGH, LOW, MIDDLE, Rig, next, roles};
use crate::{Epoch, record::Event, store::Removal};

#[tokio::test]
async fn the_first_holder_is_primary_and_keeps_the_role_when_a_better_one_comes() {
    let rig = Rig::start().await;
    let [a, b, c] = rig.sites(["a", "b", "c"]).await;
    let first = a.add(3, LOW).await;
    assert_eq!(roles(&first), ("a", vec!["a"]));
    assert!(first.epoch > Epoch::NONE);
    let second = b.add(3, HIGH).await;
    assert_eq!(roles(&second), ("a", vec!["b", "a"]));
    let third = c.add(3, MIDDLE).await;
    assert_eq!(roles(&third), ("a", vec!["b", "c", "a"]));
    assert_eq!((second.epoch, third.epoch), (first.epoch, first.epoch));
    assert_eq!(rig.record(3).await, third);
}

#[tokio::test]
async fn the_same_call_twice_answers_the_same_and_is_told_once() {
    let rig = Rig::start().await;
    let [a, b, _c] = rig.sites(["a", "b", "c"]).await;
    let mut notices = rig.notices().await;
    assert_eq!(a.add(0, HIGH).await, a.add(0, HIGH).await);
    assert_eq!(b.add(0, LOW).await, b.add(0, LOW).await);
    let handed_over = a.add(0, 0).await;
    assert_eq!(roles(&handed_over), ("a", vec!["b", "a"]));
    assert_eq!(a.hand_over(0).await, a.hand_over(0).await);
    let failed = a.fail(0).await;
    assert_eq!(failed, a.fail(0).await);
    assert_eq!(b.remove(0).await, b.remove(0).await);
    a.add(0, HIGH).await;
    _c.add(0, MIDDLE).await;
    assert_eq!(b.remove(0).await, b.remove(0).await);
    a.leaving().await;
    a.leaving().await;
    a.leave().await;
    a.leave().await;
    b.add(1, LOW).await;
    let mut events = Vec::new();
    while events.last() != Some(&(Event::Added, Some("b".to_owned()))) || events.len() < 9 {
        let notice = next(&mut notices).await;
        let site = notice.site.as_ref().map(ToString::to_string);
        events.push((notice.event, site));
    }
    let expected = [
        (Event::Added, "a"),
        (Event::Added, "b"),
        (Event::Added, "a"),
        (Event::HandedOver, "a"),
        (Event::Failed, "a"),
        (Event::Added, "a"),
        (Event::Added, "c"),
        (Event::Removed, "b"),
        (Event::Leaving, "a"),
        (Event::Left, "a"),
        (Event::Added, "b"),
    ];
    let expected = expected.map(|(event, site)| (event, Some(site.to_owned())));
    assert_eq!(events, expected);
}

#[tokio::test]
async fn a_removal_is_refused_until_enough_others_hold_the_slot() {
    let rig = Rig::of(Rig::builder().replicas(2)).await;
    let [a, b, c] = rig.sites(["a", "b", "c"]).await;
    a.add(0, HIGH).await;
    let kept = |others, needed| Removal::Kept { others, needed };
    assert_eq!(a.remove(0).await, kept(0, 2));
    b.add(0, MIDDLE).await;
    let before = rig.version().await;
    assert_eq!(a.remove(0).await, kept(1, 2));
    assert_eq!(rig.version().await, before, "a refusal is no change");
    c.add(0, LOW).await;
    let Removal::Removed(record) = a.remove(0).await else {
        panic!("b and c hold it");
    };
    assert_eq!(roles(&record), ("b", vec!["b", "c"]));
}

#[tokio::test]
async fn a_removal_counts_who_stays_and_never_takes_the_last_holder() {
    let rig = Rig::of(Rig::builder().replicas(3)).await;
    let [a, b, c] = rig.sites(["a", "b", "c"]).await;
    a.add(0, HIGH).await;
    b.add(0, LOW).await;
    // Two others stay, so both have to hold it.
    let kept = |others, needed| Removal::Kept { others, needed };
    assert_eq!(a.remove(0).await, kept(1, 2));
    c.leaving().await;
    assert!(
        matches!(a.remove(0).await, Removal::Removed(_)),
        "b is all that is left"
    );
    assert_eq!(b.remove(0).await, kept(0, 1));
    // Who leaves does not count as a holder.
    c.add(0, HIGH).await;
    assert_eq!(b.remove(0).await, kept(0, 1));
    b.leaving().await;
    assert_eq!(b.remove(0).await, kept(0, 1));
    c.leave().await;
    a.leave().await;
    assert_eq!(b.remove(0).await, kept(0, 1), "the only site left");
    b.leave().await;
    assert_eq!(roles(&rig.record(0).await), ("", vec![]));
}

#[tokio::test]
async fn one_that_is_about_to_leave_counts_again_when_it_stays_and_no_more_when_it_is_gone() {
    let rig = Rig::of(Rig::builder().replicas(3)).await;
    let [a, b, _c, d] = rig.sites(["a", "b", "c", "d"]).await;
    a.add(0, HIGH).await;
    b.add(0, LOW).await;
    let kept = |needed| Removal::Kept { others: 1, needed };
    assert_eq!(a.remove(0).await, kept(3));
    d.leaving().await;
    assert_eq!(a.remove(0).await, kept(2));
    d.join().await.expect("it stays");
    assert_eq!(a.remove(0).await, kept(3));
    d.leaving().await;
    d.leave().await;
    assert_eq!(a.remove(0).await, kept(2));
    d.join().await.expect("it is back");
    d.leaving().await;
    rig.silence(&d, 60_000).await;
    assert_eq!(a.beat().await.expect("heard").evicted, [d.id().clone()]);
    assert_eq!(a.remove(0).await, kept(2));
    // One that asks for itself is no other.
    a.leaving().await;
    assert_eq!(a.remove(0).await, kept(2));
}

#[tokio::test]
async fn a_secondary_that_goes_changes_neither_primary_nor_epoch() {
    let rig = Rig::of(Rig::builder().replicas(1)).await;
    let [a, b, c] = rig.sites(["a", "b", "c"]).await;
    let epoch = a.add(0, HIGH).await.epoch;
    b.add(0, MIDDLE).await;
    c.add(0, LOW).await;
    let Removal::Removed(record) = b.remove(0).await else {
        panic!("a and c hold it");
    };
    assert_eq!(
        (roles(&record), record.epoch),
        (("a", vec!["a", "c"]), epoch)
    );
    let record = c.fail(0).await;
    assert_eq!((roles(&record), record.epoch), (("a", vec!["a"]), epoch));
    b.add(0, MIDDLE).await;
    b.leave().await;
    let record = rig.record(0).await;
    assert_eq!((roles(&record), record.epoch), (("a", vec!["a"]), epoch));
}

#[tokio::test]
async fn a_primary_that_fails_is_followed_at_once_even_by_nobody() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    let first = a.add(0, HIGH).await;
    b.add(0, LOW).await;
    let second = a.fail(0).await;
    assert_eq!(roles(&second), ("b", vec!["b"]));
    let third = b.fail(0).await;
    assert_eq!(roles(&third), ("", vec![]));
    let fourth = a.add(0, HIGH).await;
    assert_eq!(roles(&fourth), ("a", vec!["a"]));
    let epochs = [first.epoch, second.epoch, third.epoch, fourth.epoch];
    assert!(epochs.is_sorted_by(|one, next| one < next), "{epochs:?}");
}

#[tokio::test]
async fn slots_of_a_site_that_leaves_have_new_primaries_with_one_notice() {
    let rig = Rig::start().await;
    let [a, b] = rig.sites(["a", "b"]).await;
    for slot in 0..16 {
        a.add(slot, HIGH).await;
        b.add(slot, LOW).await;
    }
    let before = rig.version().await;
    let mut notices = rig.notices().await;
    a.leave().await;
    let left = next(&mut notices).await;
    assert_eq!((left.event, left.version), (Event::Left, before + 1));
    assert_eq!(left.slots.len(), 16);
    assert!(
        left.slots
            .iter()
            .all(|slot| roles(slot) == ("b", vec!["b"]))
    );
    let snapshot = rig.snapshot().await;
    assert_eq!((snapshot.version, snapshot.slots), (before + 1, left.slots));
}
