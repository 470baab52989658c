//! Waiting for a slot to change.

use std::time::Duration;

use tokio::time::timeout;
use tokio_test::{assert_pending, assert_ready, task};

use super::{SLOT, notice, record, snapshot, table};
use crate::{Epoch, Slot, table::SlotTable};

#[test]
fn a_change_wakes_whoever_waits_for_it() {
    let table = table();
    let mut waiting = task::spawn(table.changed(SLOT, Epoch::new(100)));
    assert_pending!(waiting.poll());
    table.apply(&notice(11, vec![record(SLOT, 101, &[2])]));
    assert!(waiting.is_woken());
    assert_eq!(assert_ready!(waiting.poll()), Epoch::new(101));
}

#[test]
fn a_change_of_before_is_seen_at_once() {
    let table = table();
    let mut waiting = task::spawn(table.changed(SLOT, Epoch::new(99)));
    assert_eq!(assert_ready!(waiting.poll()), Epoch::new(100));
}

#[test]
fn a_change_of_holders_alone_is_no_other_epoch() {
    let table = table();
    let mut waiting = task::spawn(table.changed(SLOT, Epoch::new(100)));
    assert_pending!(waiting.poll());
    table.apply(&notice(11, vec![record(SLOT, 100, &[1, 2, 3])]));
    assert_pending!(waiting.poll());
    table.learn(SLOT, Epoch::new(101), None);
    assert_eq!(assert_ready!(waiting.poll()), Epoch::new(101));
}

#[test]
fn who_stops_waiting_leaves_nothing_behind_and_takes_nothing_away() {
    let table = table();
    let mut stays = task::spawn(table.changed(SLOT, Epoch::new(100)));
    let mut goes = task::spawn(table.changed(SLOT, Epoch::new(100)));
    assert_pending!(stays.poll());
    assert_pending!(goes.poll());
    drop(goes);
    table.apply(&notice(11, vec![record(SLOT, 101, &[2])]));
    assert_ready!(stays.poll());
}

#[test]
fn ready_waits_for_the_first_snapshot() {
    let table = SlotTable::empty();
    let waits = table.clone();
    let mut ready = task::spawn(waits.ready());
    assert_pending!(ready.poll());
    table.replace(&snapshot(0, &[], Vec::new()));
    assert_ready!(ready.poll());
    assert!(table.is_ready());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_change_is_missed_between_looking_and_waiting() {
    const CHANGES: u64 = 5_000;
    let table = table();
    // Each waits for one epoch after the other; one that is missed is never told again.
    let waiting = (0..4).map(|_| {
        let table = table.clone();
        tokio::spawn(async move {
            let mut epoch = Epoch::new(100);
            while epoch.number() < 100 + CHANGES {
                let next = table.changed(SLOT, epoch).await;
                assert!(next > epoch, "an epoch never goes back");
                epoch = next;
            }
        })
    });
    let waiting: Vec<_> = waiting.collect();
    for change in 1..=CHANGES {
        table.apply(&notice(
            10 + change,
            vec![record(SLOT, 100 + change, &[1 + (change % 2) as u16])],
        ));
        if change % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
    for task in waiting {
        let ended = timeout(Duration::from_secs(60), task).await;
        ended.expect("nobody waits for ever").expect("no panic");
    }
}

#[test]
fn those_who_wait_for_other_slots_go_on_waiting() {
    let table = table();
    let mut other = task::spawn(table.changed(Slot::new(4), Epoch::NONE));
    assert_pending!(other.poll());
    table.apply(&notice(11, vec![record(SLOT, 101, &[2])]));
    assert_pending!(other.poll());
}
