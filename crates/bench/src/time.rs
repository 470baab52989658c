//! The one place that reads the clocks.

use std::time::{Instant, SystemTime};

#[expect(
    clippy::disallowed_methods,
    reason = "what a benchmark measures is real time, and nothing else"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a signature is dated, and nothing else"
)]
pub(crate) fn wall() -> SystemTime {
    SystemTime::now()
}
