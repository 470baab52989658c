//! What the nodes of one cluster have in common.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use tokio::sync::Notify;

use super::usual::Usual;
use crate::health::Thresholds;

/// What the live state of every node refers to.
#[derive(Debug, Default)]
pub(crate) struct Common {
    pub(crate) usual: Usual,
    pub(crate) thresholds: Thresholds,
    is_probed: AtomicBool,
    /// Told when there is a node to be probed that was not before.
    pub(crate) failing: Notify,
    /// Told when a node is down, or still is: the list of nodes may have changed.
    pub(crate) lost: Notify,
}

impl Common {
    pub(crate) fn new(thresholds: Thresholds, max_in_flight: u32) -> Self {
        Self {
            usual: Usual::of_full(max_in_flight),
            thresholds,
            ..Self::default()
        }
    }

    /// Whether nodes that are down are asked beside the traffic, and not by it.
    pub(crate) fn is_probed(&self) -> bool {
        self.is_probed.load(Relaxed)
    }

    pub(crate) fn probe(&self) {
        self.is_probed.store(true, Relaxed);
    }
}
