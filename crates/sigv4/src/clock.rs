//! Where the time comes from.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub(crate) type TimeSource = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// One moment, by our clock and by the one of who ends credentials: as far as it is known, the server's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) ours: SystemTime,
    pub(crate) theirs: SystemTime,
}

impl Moment {
    pub(crate) fn after(self, span: Duration) -> Self {
        let after = |time: SystemTime| time.checked_add(span).unwrap_or(time);
        Self {
            ours: after(self.ours),
            theirs: after(self.theirs),
        }
    }
}

/// A moment by our clock alone.
impl From<SystemTime> for Moment {
    fn from(ours: SystemTime) -> Self {
        let theirs = ours;
        Self { ours, theirs }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock, unless a time source is given"
)]
pub(crate) fn system_clock() -> SystemTime {
    SystemTime::now()
}
