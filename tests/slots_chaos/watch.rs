//! Sees that no epoch goes back, in the tables that follow the group and in Redis itself.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{sleep, timeout};
use tower_muster_slots::{Redis, Slot, SlotTable};

use super::{GROUP, SLOTS, TIMEOUT, log::Journal};

/// How often tables are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What was seen that must not be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn put(&self, what: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(what);
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Looks at one table for as long as it is let: its epochs only grow.
pub(crate) async fn table(table: SlotTable, journal: Arc<Journal>, seen: Seen) {
    let mut last = vec![0; usize::from(SLOTS)];
    loop {
        for slot in 0..SLOTS {
            let epoch = table.epoch(Slot::new(slot)).number();
            let before = std::mem::replace(&mut last[usize::from(slot)], epoch);
            if epoch < before {
                seen.put(format!(
                    "a table goes back: slot {slot}, {before}, then {epoch}"
                ));
            }
            journal.saw(slot, epoch);
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Reads the group anew, again and again: Redis has no primary under a lower epoch than anybody had seen before.
pub(crate) async fn redis(url: String, journal: Arc<Journal>, seen: Seen) {
    loop {
        sleep(TIMEOUT / 4).await;
        let before: Vec<u64> = (0..SLOTS).map(|slot| journal.highest(slot)).collect();
        let redis = Redis::at(&url).unwrap();
        let table = SlotTable::follow(&redis, GROUP).unwrap();
        // It is away at times.
        if timeout(TIMEOUT * 2, table.ready()).await.is_err() {
            continue;
        }
        for (slot, before) in (0..SLOTS).zip(before) {
            let epoch = table.epoch(Slot::new(slot)).number();
            let has_primary = table.primary(Slot::new(slot)).is_some();
            if epoch < before && has_primary {
                seen.put(format!(
                    "Redis goes back: slot {slot}, {before}, then {epoch}"
                ));
            }
        }
    }
}
