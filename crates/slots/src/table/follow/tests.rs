mod fake;
mod gaps;
mod losses;
mod redis;
mod trouble;

use std::time::Duration;

use tokio::{task::yield_now, time::sleep};

use self::fake::Fake;
use super::{FollowError, Pace};
use crate::table::{
    SlotTable,
    tests::{SLOT, id, primary, record},
};

/// Lets the task run until it waits for time or for nothing.
async fn settle() {
    for _ in 0..50 {
        yield_now().await;
    }
}

async fn follow(fake: &Fake) -> SlotTable {
    let table = SlotTable::follow_source(fake.clone(), Pace::default()).expect("a runtime");
    settle().await;
    table
}

#[tokio::test(start_paused = true)]
async fn it_subscribes_before_it_reads() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    table.ready().await;
    assert_eq!(fake.story(), ["subscribe", "snapshot"]);
    assert_eq!(primary(&table, SLOT), Some(id(1)));
}

#[tokio::test(start_paused = true)]
async fn notices_are_applied_as_they_come() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    for epoch in 101..200 {
        fake.change(record(SLOT, epoch, &[1 + (epoch % 2) as u16]));
        settle().await;
        assert_eq!(table.epoch(SLOT).number(), epoch);
    }
    assert_eq!(fake.snapshots(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_told_while_a_snapshot_is_read_is_applied_after_it() {
    let fake = Fake::new();
    fake.be_slow(Duration::from_secs(1));
    let table = follow(&fake).await;
    // The snapshot was read as it is now, and is on its way.
    fake.change(record(SLOT, 101, &[2]));
    fake.change(record(SLOT, 102, &[3]));
    table.ready().await;
    settle().await;
    assert_eq!(primary(&table, SLOT), Some(id(3)));
    assert_eq!(fake.snapshots(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_may_come_before_the_group() {
    let fake = Fake::new();
    fake.lose_everything();
    let table = follow(&fake).await;
    sleep(Duration::from_secs(60)).await;
    assert!(!table.is_ready());
    fake.begin("two");
    table.ready().await;
    assert_eq!(primary(&table, SLOT), None);
    fake.change(record(SLOT, 5, &[2]));
    settle().await;
    assert_eq!(primary(&table, SLOT), Some(id(2)));
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_with_the_last_handle() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    let other = table.clone();
    drop(table);
    settle().await;
    assert_eq!(fake.holders(), 2, "the test and the task");
    drop(other);
    settle().await;
    assert_eq!(fake.holders(), 1, "the test");
    let away = Fake::new();
    away.go_away();
    drop(follow(&away).await);
    settle().await;
    assert_eq!(away.holders(), 1, "also while it waits to try again");
}

#[test]
fn outside_of_a_runtime_nobody_can_follow() {
    let error = SlotTable::follow_source(Fake::new(), Pace::default()).expect_err("no runtime");
    assert_eq!(error, FollowError::NoRuntime);
    assert!(error.to_string().contains("runtime"));
}
