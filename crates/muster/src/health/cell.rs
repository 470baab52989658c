//! The health of one node, shared.

use super::{Event, Health, Thresholds};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Holds the health of one node; every request to it writes here, every pick reads.
///
/// One word, so each change is whole, and its order is that of the word alone: what else goes with a
/// change (when a node may be asked again) is the caller's to write, and is seen a little later.
#[derive(Debug)]
pub(crate) struct HealthCell(AtomicU64);

/// What one event changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) from: Health,
    pub(crate) to: Health,
}

impl HealthCell {
    pub(crate) fn new(health: Health) -> Self {
        Self(AtomicU64::new(health.to_bits()))
    }

    pub(crate) fn load(&self) -> Health {
        Health::from_bits(self.0.load(Relaxed))
    }

    /// Takes in what an attempt or a probe showed that began in `generation`.
    ///
    /// Returns what it changed, if anything: to one caller for each change. What began in another generation
    /// is dropped. Nothing is written where nothing changes, as by each good answer of a node that is well;
    /// nor by a probe that fails when the wait is the longest already, so when to ask again is not to be
    /// taken from the changes alone.
    pub(crate) fn observe(
        &self,
        event: Event,
        generation: u16,
        thresholds: &Thresholds,
    ) -> Option<Change> {
        self.change(generation, |health| health.after(event, thresholds))
    }

    /// Takes in that the node has stayed active for [`SETTLES_IN`](super::SETTLES_IN) in `generation`.
    pub(crate) fn settle(&self, generation: u16) -> Option<Change> {
        self.change(generation, Health::settled)
    }

    fn change(&self, generation: u16, step: impl Fn(Health) -> Health) -> Option<Change> {
        let mut from = self.load();
        loop {
            if from.generation() != generation {
                return None;
            }
            let to = step(from);
            if to == from {
                return None;
            }
            let (old, new) = (from.to_bits(), to.to_bits());
            match self.0.compare_exchange_weak(old, new, Relaxed, Relaxed) {
                Ok(_) => return Some(Change { from, to }),
                Err(now) => from = Health::from_bits(now),
            }
        }
    }
}

impl Change {
    /// Whether the node is in another state than before.
    pub(crate) fn is_move(self) -> bool {
        self.from.state() != self.to.state()
    }
}
