//! Where a cluster takes the time from.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use tokio::time::Instant;

use super::moment::Moment;

/// Reads the time for one cluster.
#[derive(Debug, Clone)]
pub(crate) enum Clock {
    /// The runtime's clock, so that a paused one pauses everything.
    Runtime(Instant),
    Manual(ManualClock),
}

impl Clock {
    pub(super) fn start() -> Self {
        Self::Runtime(Instant::now())
    }

    pub(crate) fn now(&self) -> Moment {
        match self {
            Self::Runtime(start) => {
                Moment::default().after(Instant::now().saturating_duration_since(*start))
            }
            Self::Manual(clock) => clock.now(),
        }
    }
}

/// Is a clock that stands still until it is set.
///
/// With it a simulator drives the very policies and the very live state that ship, as fast as it can
/// and the same way each time.
///
/// # Clone
///
/// Clones are one clock.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::{Cluster, Node, cluster::{ManualClock, Moment}, policy::{RoundRobin, Route}};
///
/// let clock = ManualClock::new();
/// let cluster = Cluster::fixed_at([Node::new("http://10.0.0.1:8000")?], &clock)?;
/// clock.set(Moment::from_nanos(5_000_000));
/// let lease = cluster.pick(&RoundRobin::new(), &Route::of(&http::Request::new(())))?;
/// assert_eq!(lease.begun().as_nanos(), 5_000_000);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct ManualClock {
    now: Arc<AtomicU64>,
}

impl ManualClock {
    /// Makes a clock that stands at the beginning.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time; an earlier one than it was changes nothing, for time does not go back.
    pub fn set(&self, now: Moment) {
        self.now.fetch_max(now.as_nanos(), Relaxed);
    }

    /// Returns the time.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment::from_nanos(self.now.load(Relaxed))
    }
}
