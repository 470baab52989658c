//! A timeout that is none, and a body that was too slow.

use std::{error::Error, fmt, time::Duration};

/// Says that a body's timeout is zero, which no body could meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyTimeoutError {
    pub(super) value: Duration,
}

impl BodyTimeoutError {
    /// Returns the name of the field.
    #[must_use]
    pub fn field(&self) -> &'static str {
        "body_timeout"
    }

    /// Returns the value that was refused.
    #[must_use]
    pub fn value(&self) -> Duration {
        self.value
    }
}

impl fmt::Display for BodyTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "body_timeout: {:?} is no time at all", self.value)
    }
}

impl Error for BodyTimeoutError {}

/// Says that a body was silent for as long as it may be.
///
/// What came before is the beginning of an answer, and no more: whoever has it must not take it for the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilentBody {
    pub(super) after: Duration,
}

impl SilentBody {
    /// Returns how long it was waited for.
    #[must_use]
    pub fn after(&self) -> Duration {
        self.after
    }
}

impl fmt::Display for SilentBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the response's body was silent for {:?}", self.after)
    }
}

impl Error for SilentBody {}
