//! What is known of one table.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

/// What is known of one table, and when it was last asked for.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) what: What,
    /// In milliseconds since the first of all tables could be known.
    used: AtomicU64,
}

#[derive(Debug)]
pub(super) enum What {
    /// By the caller, for ever.
    Given { key: Box<str> },
    /// By the cluster.
    Learned {
        key: Box<str>,
        at: Instant,
        /// Never, if that is further than the clock goes.
        until: Option<Instant>,
    },
    /// There is no such table, or it is not for us.
    Refused { until: Instant },
}

impl Entry {
    pub(super) fn new(what: What, used: u64) -> Self {
        let used = AtomicU64::new(used);
        Self { what, used }
    }

    pub(super) fn is_given(&self) -> bool {
        matches!(self.what, What::Given { .. })
    }

    pub(super) fn use_at(&self, moment: u64) {
        // A line of memory that all threads read is written no more than once in a millisecond.
        if self.used.load(Ordering::Relaxed) != moment {
            self.used.store(moment, Ordering::Relaxed);
        }
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}
