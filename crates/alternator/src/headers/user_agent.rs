//! Who a client says it is.

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderValue, header::USER_AGENT};

use super::HeadersError;

/// What the default says.
const OURS: &str = concat!("tower-muster/", env!("CARGO_PKG_VERSION"));

/// Says which `User-Agent` a node is sent.
///
/// ScyllaDB shows it in `system.clients` (scylladb/scylladb#25178). The default replaces what the client says
/// by `tower-muster/` and the version: an SDK says its own name and much else, at each request.
///
/// `x-amz-user-agent`, which some SDKs send besides, is another header; [`Trim`](super::Trim) drops it.
#[derive(Clone)]
#[must_use = "it does nothing until it is given to a layer"]
pub struct UserAgent(Rule);

type Transform = dyn Fn(Option<&HeaderValue>) -> Option<HeaderValue> + Send + Sync;

#[derive(Clone)]
enum Rule {
    Replace(HeaderValue),
    Transform(Arc<Transform>),
    Remove,
    Keep,
}

impl UserAgent {
    /// Sends this, whatever the client says.
    ///
    /// # Errors
    ///
    /// [`HeadersError::UserAgent`] if a header cannot have this value, as one with a line break in it.
    pub fn replace(value: impl Into<String>) -> Result<Self, HeadersError> {
        let value = value.into();
        match HeaderValue::from_str(&value) {
            Ok(value) => Ok(Self(Rule::Replace(value))),
            Err(source) => Err(HeadersError::UserAgent { value, source }),
        }
    }

    /// Sends what a function makes of what the client says.
    ///
    /// The function is asked at each attempt; `None` stands for no `User-Agent`.
    ///
    /// ```
    /// use http::HeaderValue;
    /// use tower_muster_alternator::headers::UserAgent;
    ///
    /// let short = UserAgent::transform(|agent| {
    ///     let first = agent?.as_bytes().split(|byte| *byte == b' ').next()?;
    ///     HeaderValue::from_bytes(first).ok()
    /// });
    /// # let _ = short;
    /// ```
    pub fn transform(
        transform: impl Fn(Option<&HeaderValue>) -> Option<HeaderValue> + Send + Sync + 'static,
    ) -> Self {
        Self(Rule::Transform(Arc::new(transform)))
    }

    /// Sends none.
    pub fn none() -> Self {
        Self(Rule::Remove)
    }

    /// Sends what the client says.
    pub fn keep() -> Self {
        Self(Rule::Keep)
    }

    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        let agent = match &self.0 {
            Rule::Keep => return,
            Rule::Remove => None,
            Rule::Replace(value) => Some(value.clone()),
            Rule::Transform(transform) => transform(headers.get(USER_AGENT)),
        };
        let Some(agent) = agent else {
            headers.remove(USER_AGENT);
            return;
        };
        // The one error is that the map is full: tens of thousands of headers, which no node takes anyway.
        let _ = headers.try_insert(USER_AGENT, agent);
    }
}

impl Default for UserAgent {
    fn default() -> Self {
        Self(Rule::Replace(HeaderValue::from_static(OURS)))
    }
}

impl fmt::Debug for UserAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Rule::Replace(value) => f.debug_tuple("Replace").field(value).finish(),
            Rule::Transform(_) => f.write_str("Transform"),
            Rule::Remove => f.write_str("Remove"),
            Rule::Keep => f.write_str("Keep"),
        }
    }
}
