//! Every write that a group accepted, in the order in which it did.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tower_muster_slots::{Epoch, Fenced, Slot};

/// Is one write that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// By which site.
    pub site: String,
    /// Of which slot.
    pub slot: Slot,
    /// Under which epoch.
    pub epoch: Epoch,
}

/// Keeps every write that the sites of a group accepted.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<Write>>>);

impl Journal {
    /// Writes down what a site accepts, if it still may.
    pub(super) fn commit(&self, site: &str, fenced: &Fenced) -> bool {
        let mut writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody else commits between the check and the write.
        if !fenced.is_current() {
            return false;
        }
        let (slot, epoch) = (fenced.slot(), fenced.epoch());
        let site = site.to_owned();
        writes.push(Write { site, slot, epoch });
        true
    }

    /// Returns all of them.
    pub fn writes(&self) -> Vec<Write> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Fails unless each slot had one writer at each epoch, and epochs only grew.
    pub fn check(&self) {
        let mut owners = BTreeMap::new();
        let mut last: BTreeMap<Slot, Epoch> = BTreeMap::new();
        for write in self.writes() {
            let owner = owners.entry((write.slot, write.epoch));
            let owner = owner.or_insert_with(|| write.site.clone());
            assert_eq!(*owner, write.site, "two primaries: {write:?}");
            let before = last.insert(write.slot, write.epoch);
            assert!(before <= Some(write.epoch), "{write:?} after {before:?}");
        }
    }
}
