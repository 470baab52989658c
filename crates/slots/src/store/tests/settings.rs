use std::time::Duration;

use super::rig::{ANSWERED_WITHIN, HIGH, Rig, Site, next, roles};
use crate::{Epoch, Group, GroupBuilder, Spread, record::Event, store::StoreError};

fn with(site: &Site, group: GroupBuilder) -> Site {
    let group = group.build().expect("a group");
    Site {
        group,
        ..site.clone()
    }
}

#[tokio::test]
async fn a_site_that_counts_differently_is_refused_by_field_and_both_values() {
    let rig = Rig::start().await;
    rig.joined("a").await;
    let b = rig.site("b");
    let (group, ms) = (Rig::builder, Duration::from_millis);
    let cases = [
        (group().slots(17), "slots is 17, and the group's is 16"),
        (group().replicas(3), "replicas is 3, and the group's is 2"),
        (group().min_sites(9), "min_sites is 9, and the group's is 1"),
        (
            group().timeout(ms(60_001)),
            "timeout is 60001, and the group's is 60000",
        ),
        (
            group().heartbeat(ms(9)),
            "heartbeat is 9, and the group's is 15000",
        ),
        (
            group().margin(ms(9)),
            "margin is 9, and the group's is 7500",
        ),
        (
            group().spread(Spread::Anywhere),
            "spread is anywhere, and the group's is racks",
        ),
        (
            group().spread(Spread::Strictly { racks: 2 }),
            "spread is strictly:2, and the group's is racks",
        ),
    ];
    let before = rig.snapshot().await;
    for (group, expected) in cases {
        let error = with(&b, group).join().await.expect_err(expected);
        assert!(matches!(error, StoreError::Mismatch { .. }), "{error:?}");
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(rig.snapshot().await, before);
    b.join().await.expect("the same settings");
}

#[tokio::test]
async fn a_group_is_read_with_all_its_settings() {
    let group = Group::builder("g").slots(7).replicas(3).min_sites(4);
    let group = group
        .timeout(Duration::from_millis(7_776))
        .margin(Duration::from_millis(333));
    for spread in [
        Spread::Anywhere,
        Spread::Racks,
        Spread::Strictly { racks: 3 },
    ] {
        let rig = Rig::of(group.clone().spread(spread)).await;
        rig.joined("a").await;
        assert_eq!(rig.snapshot().await.group, rig.group);
    }
}

#[tokio::test]
async fn a_group_without_members_takes_new_settings_as_another_life_and_keeps_its_epochs() {
    let rig = Rig::start().await;
    let [a] = rig.sites(["a"]).await;
    a.add(0, HIGH).await;
    a.leave().await;
    let before = rig.snapshot().await;
    let b = with(&rig.site("b"), Rig::builder().slots(32).replicas(1));
    let joined = b.join().await.expect("nobody says otherwise");
    assert_ne!(joined.life, before.life);
    let after = rig.snapshot().await;
    assert_eq!((&after.group, &after.slots), (&b.group, &before.slots));
    assert!(b.add(0, HIGH).await.epoch > before.slots[0].epoch);
    b.leave().await;
    // Slots that there are no more are not shown.
    with(&b, Rig::builder().slots(1))
        .join()
        .await
        .expect("joined");
    let epoch = |slots: &[crate::record::SlotRecord]| slots.iter().map(|slot| slot.epoch).max();
    assert!(epoch(&rig.snapshot().await.slots) > Some(Epoch::NONE));
}

#[tokio::test]
async fn settings_of_the_dead_are_replaced_however_seldom_one_asks() {
    let group = Rig::builder().timeout(Duration::from_millis(200));
    let rig = Rig::of(group.clone()).await;
    let a = rig.joined("a").await;
    a.add(0, HIGH).await;
    let mut notices = rig.notices().await;
    let b = with(&rig.site("b"), group.replicas(1));
    let asked = async {
        while let Err(error) = b.join().await {
            assert!(matches!(error, StoreError::Mismatch { .. }), "{error:?}");
            // Nobody is heard in between, for longer than the timeout.
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    };
    let asked = tokio::time::timeout(ANSWERED_WITHIN, asked).await;
    asked.expect("it does not keep the dead alive");
    let evicted = next(&mut notices).await;
    assert_eq!(
        (evicted.event, evicted.site.as_ref()),
        (Event::Evicted, Some(a.id()))
    );
    assert_eq!(roles(&evicted.slots[0]), ("", vec![]));
}
