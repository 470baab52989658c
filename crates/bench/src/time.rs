//! The one place that reads the clock.

use std::time::Instant;

#[expect(
    clippy::disallowed_methods,
    reason = "what a benchmark measures is real time, and nothing else"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
