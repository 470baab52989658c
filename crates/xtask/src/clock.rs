//! The one place of this program that reads a clock.

use std::time::{Duration, Instant};

/// A running measurement.
#[derive(Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    #[expect(
        clippy::disallowed_methods,
        reason = "the seconds of a step are for people to read; nothing decides by them"
    )]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Tells how long it has run.
    pub(crate) fn read(&self) -> Duration {
        self.0.elapsed()
    }
}
