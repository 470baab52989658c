//! The faults that a node has while it runs.

mod fault;
mod inject;
mod switch;

use std::time::Duration;

use http::StatusCode;
use serde::Serialize;

pub use fault::{Fault, Injection};
pub(crate) use switch::{FaultSwitch, Hit};

use super::Close;
use crate::api_error::ApiError;

/// The faults that a running node has now; all off by default.
///
/// A fault that is set for some requests only is shown as long as it may hit one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Faults {
    /// The node accepts and reads, and never answers nor executes.
    pub black_hole: bool,
    /// How long each answer is held back, in milliseconds on the wire.
    #[serde(rename = "slow_ms", serialize_with = "milliseconds")]
    pub slow: Option<Duration>,
    /// How idle connections are closed as the next request arrives.
    pub close_on_arrival: Option<Close>,
    /// How connections are closed once a request's head is read.
    pub close_after_head: Option<Close>,
    /// Connections are closed after each answer, which does not say so.
    pub close_after_answer: bool,
    /// What every operation is answered with instead of being executed.
    pub fail: Option<Failure>,
    /// Whether each operation's connection is reset instead of answered.
    pub reset: Option<Reset>,
    /// Operations are answered as by too few live replicas, unexecuted.
    pub refuse: bool,
    /// Operations are answered as over their partition's rate, unexecuted.
    pub rate_limit: bool,
    /// Operations are executed and answered with a timeout.
    pub ambiguous: bool,
    /// Operations are executed and half of the answer is sent.
    pub truncate: bool,
    /// How many requests may be in flight before operations are shed.
    pub max_in_flight: Option<u64>,
    /// New connections are not even refused.
    pub drop_syns: bool,
}

/// The error that a failing node answers with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// The error's name, such as `InternalServerError`.
    pub error_type: String,
    /// The error's text.
    pub message: String,
}

/// When a resetting node resets the connection of a request it has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reset {
    /// Before the operation is executed.
    BeforeExecution,
    /// After it, so that the client cannot know.
    AfterExecution,
}

impl Failure {
    fn of(status: StatusCode) -> Self {
        let error_type = match status.as_u16() {
            413 => "PayloadTooLarge",
            500.. => "InternalServerError",
            _ => "ValidationException",
        };
        Self::new(
            status,
            error_type.to_owned(),
            "the node was told to fail".to_owned(),
        )
    }

    fn new(status: StatusCode, error_type: String, message: String) -> Self {
        Self {
            status: status.as_u16(),
            error_type,
            message,
        }
    }

    pub(crate) fn to_error(&self) -> ApiError {
        let status = StatusCode::from_u16(self.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        ApiError::new(status, self.error_type.clone(), self.message.clone())
    }
}

#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
fn milliseconds<S: serde::Serializer>(
    slow: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    slow.map(|slow| u64::try_from(slow.as_millis()).unwrap_or(u64::MAX))
        .serialize(serializer)
}
