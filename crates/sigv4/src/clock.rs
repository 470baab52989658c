//! Where the time comes from.

use std::sync::Arc;
use std::time::SystemTime;

pub(crate) type TimeSource = Arc<dyn Fn() -> SystemTime + Send + Sync>;

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock, unless a time source is given"
)]
pub(crate) fn system_clock() -> SystemTime {
    SystemTime::now()
}
