//! Connections and Redis itself that are lost.

use std::time::Duration;

use tokio::time::sleep;

use super::{Fake, follow, settle};
use crate::table::tests::{SLOT, id, primary, record};

#[tokio::test(start_paused = true)]
async fn what_happens_while_the_connection_is_lost_is_found_when_it_is_back() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    fake.drop_connections();
    fake.change(record(SLOT, 101, &[2]));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(primary(&table, SLOT), Some(id(2)));
    assert_eq!((fake.subscriptions(), fake.snapshots()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn while_redis_is_away_the_table_stays() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    fake.go_away();
    sleep(Duration::from_secs(3_600)).await;
    assert_eq!(primary(&table, SLOT), Some(id(1)));
    fake.come_back();
    fake.change(record(SLOT, 101, &[2]));
    sleep(Duration::from_secs(3)).await;
    assert_eq!(primary(&table, SLOT), Some(id(2)));
}

#[tokio::test(start_paused = true)]
async fn it_is_tried_again_at_a_pace_that_storms_nobody() {
    let fake = Fake::new();
    fake.go_away();
    let table = follow(&fake).await;
    sleep(Duration::from_secs(60)).await;
    assert!(!table.is_ready());
    let tried = fake.subscriptions();
    assert!(
        (30..=75).contains(&tried),
        "{tried} times in a minute, each up to 2 s after the other"
    );
    fake.come_back();
    table.ready().await;
    assert_eq!(primary(&table, SLOT), Some(id(1)));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_lost_again_and_again_is_no_storm_either() {
    let fake = Fake::new();
    let _table = follow(&fake).await;
    for _ in 0..1_000 {
        fake.drop_connections();
        sleep(Duration::from_millis(10)).await;
    }
    assert!(fake.snapshots() <= 1_000 / 2, "{}", fake.snapshots());
}

#[tokio::test(start_paused = true)]
async fn when_redis_has_forgotten_changes_the_table_follows_it_and_no_epoch_goes_back() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    let before = fake.truth();
    for epoch in 101..110 {
        fake.change(record(SLOT, epoch, &[2]));
    }
    settle().await;
    fake.restore(before);
    // Nothing is told of it, and what is told next has a number that was used before.
    fake.change(record(SLOT, 200, &[3]));
    sleep(Duration::from_millis(500)).await;
    assert_eq!(primary(&table, SLOT), Some(id(3)));
    assert_eq!(table.version(), 11);
}

#[tokio::test(start_paused = true)]
async fn a_silent_loss_of_changes_is_noticed_too() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    let before = fake.truth();
    fake.change(record(SLOT, 101, &[2]));
    settle().await;
    fake.restore(before);
    sleep(Duration::from_secs(4)).await;
    assert_eq!(table.version(), 10);
    assert_eq!(table.epoch(SLOT).number(), 101, "an epoch never goes back");
}

#[tokio::test(start_paused = true)]
async fn another_life_is_taken_over_as_a_whole() {
    let fake = Fake::new();
    let table = follow(&fake).await;
    fake.lose_everything();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(
        primary(&table, SLOT),
        Some(id(1)),
        "nobody has said otherwise"
    );
    fake.begin("two");
    settle().await;
    assert_eq!(primary(&table, SLOT), None);
    assert_eq!(table.head(), Some(("two".into(), 1)));
    assert_eq!(table.epoch(SLOT).number(), 100);
    fake.change(record(SLOT, 101, &[2]));
    settle().await;
    assert_eq!(primary(&table, SLOT), Some(id(2)));
}
