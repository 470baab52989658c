//! Numbers that are missing.

use std::time::Duration;

use tokio::time::sleep;

use super::{Fake, follow, settle};
use crate::{
    Slot,
    table::tests::{SLOT, id, primary, record},
};

#[tokio::test(start_paused = true)]
async fn many_moving_slots_cost_no_reading_at_all() {
    // A table that is dropped with each message is fetched once a message.
    let fake = Fake::new();
    let table = follow(&fake).await;
    for round in 1..=100 {
        for slot in (0..16).map(Slot::new) {
            fake.change(record(slot, 100 + round, &[2, 3]));
        }
    }
    settle().await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(table.version(), 10 + 1_600);
    assert_eq!(fake.snapshots(), 1, "the first");
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_repaired_by_one_snapshot_however_many_notices_follow() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    fake.be_slow(Duration::from_millis(100));
    fake.change_silently(record(Slot::new(4), 7, &[3]));
    for epoch in 101..150 {
        fake.change(record(SLOT, epoch, &[2]));
    }
    settle().await;
    assert_eq!(fake.snapshots(), 2, "it is being read");
    for epoch in 150..200 {
        fake.change(record(SLOT, epoch, &[3]));
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(
        primary(&table, Slot::new(4)),
        Some(id(3)),
        "what was missed"
    );
    assert_eq!(table.epoch(SLOT).number(), 199);
    assert_eq!(table.version(), fake.truth().version);
    assert_eq!(fake.snapshots(), 2);
}

#[tokio::test(start_paused = true)]
async fn routing_goes_on_while_a_gap_is_repaired() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    fake.be_slow(Duration::from_secs(10));
    fake.change_silently(record(Slot::new(4), 7, &[3]));
    fake.change(record(Slot::new(5), 7, &[3]));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(primary(&table, SLOT), Some(id(1)));
    sleep(Duration::from_secs(6)).await;
    assert_eq!(primary(&table, Slot::new(4)), Some(id(3)));
}

#[tokio::test(start_paused = true)]
async fn the_loss_of_the_last_notice_is_noticed() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    fake.change_silently(record(SLOT, 101, &[2]));
    sleep(Duration::from_secs(4)).await;
    assert_eq!(primary(&table, SLOT), Some(id(2)), "nothing came after it");
    assert_eq!(fake.snapshots(), 2);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_lost_the_check_reads_two_numbers() {
    let fake = Fake::new();
    let _table = follow(&fake).await;
    sleep(Duration::from_secs(600)).await;
    assert_eq!(fake.snapshots(), 1);
    assert!((190..=230).contains(&fake.heads()), "{}", fake.heads());
}

#[tokio::test(start_paused = true)]
async fn a_notice_that_comes_late_is_no_loss() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    // Just before the next check; the check reads the number first.
    while fake.heads() == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    let asked = fake.heads();
    let late = fake.change_silently(record(SLOT, 101, &[2]));
    while fake.heads() == asked {
        sleep(Duration::from_millis(1)).await;
    }
    sleep(Duration::from_millis(10)).await;
    fake.publish(&late);
    settle().await;
    assert_eq!(primary(&table, SLOT), Some(id(2)));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(fake.snapshots(), 1);
}

#[tokio::test(start_paused = true)]
async fn repeated_notices_change_nothing_and_read_nothing() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    let notice = fake.change_silently(record(SLOT, 101, &[2]));
    for _ in 0..100 {
        fake.publish(&notice);
    }
    sleep(Duration::from_secs(1)).await;
    assert_eq!(table.version(), 11);
    assert_eq!(fake.snapshots(), 1);
    assert!(
        fake.heads() <= 2,
        "one look for a hundred of them: {}",
        fake.heads()
    );
}

#[tokio::test(start_paused = true)]
async fn more_notices_than_are_kept_are_read_again_as_a_whole() {
    let fake = Fake::new();
    fake.be_slow(Duration::from_secs(1));
    let table = follow(&fake).await;
    for epoch in 101..10_000 {
        fake.change(record(SLOT, epoch, &[2]));
    }
    sleep(Duration::from_secs(10)).await;
    assert_eq!(table.epoch(SLOT).number(), 9_999);
    assert_eq!(table.version(), fake.truth().version);
    assert!(fake.snapshots() <= 3, "{}", fake.snapshots());
}
