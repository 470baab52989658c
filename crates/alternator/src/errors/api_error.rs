//! An error as Alternator tells it.

use std::{borrow::Cow, fmt};

use http::StatusCode;
use serde::Deserialize;

/// Is an error as Alternator tells it: a status, a code and a text.
///
/// ```text
/// HTTP/1.1 400 Bad Request
///
/// {"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"..."}
/// ```
///
/// Its `Debug` leaves the text out: that may repeat what the request said, a signature among it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: Box<str>,
    message: Box<str>,
    was_complained_of: bool,
}

#[derive(Deserialize)]
struct Told<'a> {
    #[serde(rename = "__type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default, alias = "Message")]
    message: Cow<'a, str>,
}

impl ApiError {
    /// Makes an error of its parts, the first of its call; for tests of a [`ClassifyError`](super::ClassifyError).
    #[must_use]
    pub fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into().into(),
            message: message.into().into(),
            was_complained_of: false,
        }
    }

    /// Reads a body, if it is one of Alternator's shape.
    pub(crate) fn read(status: StatusCode, body: &[u8]) -> Option<Self> {
        let told: Told<'_> = serde_json::from_slice(body).ok()?;
        // The part before the hash is the API's version.
        let code = told.kind.rsplit('#').next().unwrap_or_default();
        Some(Self::new(status, code, told.message))
    }

    /// Returns the same error, whose request another node has complained of before.
    #[must_use]
    pub fn once_more(mut self) -> Self {
        self.was_complained_of = true;
        self
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the error's name, such as `RequestLimitExceeded`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Returns the error's text, whose wording differs by version.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Tells whether another node has refused an earlier attempt of the same call with a 400, too.
    ///
    /// One that only had no room for it does not count.
    #[must_use]
    pub fn was_complained_of(&self) -> bool {
        self.was_complained_of
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("status", &self.status)
            .field("code", &self.code)
            .field("was_complained_of", &self.was_complained_of)
            .finish_non_exhaustive()
    }
}
