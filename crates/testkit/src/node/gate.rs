//! How many requests a node takes at one time: `max_concurrent_requests_per_shard`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The option's default is the largest number there is, which no count reaches.
const OFF: u64 = u64::MAX;

#[derive(Debug)]
pub(crate) struct Gate {
    inside: Arc<AtomicU64>,
    limit: AtomicU64,
}

/// Proof that a request is inside.
#[derive(Debug)]
pub(crate) struct Inside(Arc<AtomicU64>);

impl Default for Gate {
    fn default() -> Self {
        Self {
            inside: Arc::default(),
            limit: AtomicU64::new(OFF),
        }
    }
}

impl Gate {
    pub(crate) fn set_limit(&self, limit: Option<u64>) {
        self.limit.store(limit.unwrap_or(OFF), Ordering::Relaxed);
    }

    pub(crate) fn limit(&self) -> Option<u64> {
        Some(self.limit.load(Ordering::Relaxed)).filter(|limit| *limit != OFF)
    }

    /// Lets a request in, whatever the limit.
    pub(crate) fn enter(&self) -> Inside {
        self.inside.fetch_add(1, Ordering::Relaxed);
        Inside(Arc::clone(&self.inside))
    }

    /// Lets a request in if there is room; otherwise says how many are inside.
    pub(crate) fn admit(&self) -> Result<Inside, u64> {
        let limit = self.limit.load(Ordering::Relaxed);
        let room = |inside: u64| (inside < limit).then_some(inside + 1);
        let entered = self
            .inside
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, room);
        entered.map(|_| Inside(Arc::clone(&self.inside)))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_everyone_and_stops_only_those_who_ask() {
        let gate = Gate::default();
        assert_eq!(gate.limit(), None);
        gate.set_limit(Some(2));
        let health = gate.enter();
        let first = gate.admit().unwrap();
        assert_eq!(gate.admit().unwrap_err(), 2);
        let more = gate.enter();
        assert_eq!(gate.admit().unwrap_err(), 3);
        drop((health, more, first));
        gate.set_limit(Some(0));
        assert_eq!(gate.admit().unwrap_err(), 0);
    }
}
