//! Those who wait for a slot to change.

use tokio::sync::{Notify, futures::Notified};

use crate::Slot;

/// Over how many groups of slots those who wait are spread: a change wakes those of one of them.
const SHARDS: usize = 256;

/// Those who wait for a slot to change.
pub(super) struct Waiting {
    shards: Box<[Notify]>,
}

impl Waiting {
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Notify::new()).collect(),
        }
    }

    /// Wakes whoever waits for a slot; to be called after the change was written.
    pub(super) fn wake(&self, slot: Slot) {
        self.shards[slot.index() % SHARDS].notify_waiters();
    }

    pub(super) fn wake_all(&self) {
        self.shards.iter().for_each(Notify::notify_waiters);
    }

    /// Resolves with the next change of the slot, or of another one.
    ///
    /// It counts from when it was made on, polled or not: look at the slot after that, and no change is lost.
    pub(super) fn next(&self, slot: Slot) -> Notified<'_> {
        self.shards[slot.index() % SHARDS].notified()
    }
}
