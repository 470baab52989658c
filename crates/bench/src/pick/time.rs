//! The one place that reads the clock.

use std::time::Instant;

#[expect(
    clippy::disallowed_methods,
    reason = "what a pick costs is real time, and nothing else"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}
