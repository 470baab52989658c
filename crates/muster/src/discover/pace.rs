//! How often a source is asked.

use std::{error::Error, fmt, time::Duration};

/// Says how often a source is asked: while calls are made, and while none are.
///
/// By default each second and each minute, as most of ScyllaDB's Alternator clients do; a tenth of
/// jitter comes on top. An idle cluster is asked again with the first call after the idling, and one in use when
/// a node goes down and while it is, but not more than once a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    active: Duration,
    idle: Duration,
}

impl Pace {
    /// Makes a pace of two periods.
    ///
    /// # Errors
    ///
    /// [`PaceError`] if `active` is zero, or longer than `idle`.
    pub fn new(active: Duration, idle: Duration) -> Result<Self, PaceError> {
        if active.is_zero() || active > idle {
            return Err(PaceError { active, idle });
        }
        Ok(Self { active, idle })
    }

    /// Returns the period while calls are made.
    #[must_use]
    pub fn active(self) -> Duration {
        self.active
    }

    /// Returns the period while no calls are made.
    #[must_use]
    pub fn idle(self) -> Duration {
        self.idle
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            active: Duration::from_secs(1),
            idle: Duration::from_secs(60),
        }
    }
}

/// Says that two periods are no pace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaceError {
    active: Duration,
    idle: Duration,
}

impl fmt::Display for PaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { active, idle } = self;
        write!(
            f,
            "pace: active ({active:?}) must be above zero and at most idle ({idle:?})"
        )
    }
}

impl Error for PaceError {}
