//! Which operations do no harm when they are carried out twice.

use std::borrow::Cow;

use http::{HeaderName, request::Parts};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tower_muster::failover::Repeat;

use crate::{Alternator, operation::operation};

/// Operations that change nothing.
const READS: [&str; 18] = [
    "BatchGetItem",
    "DescribeContinuousBackups",
    "DescribeEndpoints",
    "DescribeLimits",
    "DescribeStream",
    "DescribeTable",
    "DescribeTimeToLive",
    "GetItem",
    "GetRecords",
    "GetShardIterator",
    "ListGlobalTables",
    "ListStreams",
    "ListTables",
    "ListTagsOfResource",
    "Query",
    "Scan",
    "SearchVectors",
    "TransactGetItems",
];

/// Says whether a request may be carried out twice, in the place of what its operation says.
///
/// Put into a request's extensions. An `UpdateItem` that only sets values may be sent again after a
/// timeout, and a put whose order matters may not:
///
/// ```
/// use http::Request;
/// use tower_muster_alternator::Repeatable;
///
/// let mut request = Request::post("/").body(()).expect("a request");
/// request.extensions_mut().insert(Repeatable(true));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "it says one thing")]
pub struct Repeatable(pub bool);

impl Repeat for Alternator {
    fn is_repeatable(&self, head: &Parts, body: &[u8]) -> bool {
        if let Some(Repeatable(is_repeatable)) = head.extensions.get() {
            return *is_repeatable;
        }
        match operation(&head.headers) {
            Some("PutItem" | "DeleteItem") => is_unconditional(body),
            // A batch holds puts and deletes, and no conditions.
            Some("BatchWriteItem") => true,
            Some(operation) => READS.contains(&operation),
            None => false,
        }
    }

    fn is_read(&self, head: &Parts, _: &[u8]) -> bool {
        if let Some(Repeatable(false)) = head.extensions.get() {
            return false;
        }
        operation(&head.headers).is_some_and(|operation| READS.contains(&operation))
    }

    fn is_repetition(&self, head: &Parts) -> bool {
        // To hash the name takes longer than to go through a few others.
        let mut headers = head.headers.iter();
        let request = headers.find(|(name, _)| **name == SDK_REQUEST);
        request.is_some_and(|(_, value)| is_later_attempt(value.as_bytes()))
    }
}

/// In which AWS SDKs say which attempt of theirs a request is, as in `attempt=2; max=3`.
const SDK_REQUEST: HeaderName = HeaderName::from_static("amz-sdk-request");

fn is_later_attempt(value: &[u8]) -> bool {
    let mut parts = value.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let attempt = parts.find_map(|part| part.strip_prefix(b"attempt="));
    attempt.is_some_and(|number| number != b"1")
}

/// The members of `PutItem` and `DeleteItem` that make it matter how often they are carried out. The
/// rest of the body is skipped over, not built.
#[derive(Deserialize)]
struct Conditions<'a> {
    #[serde(rename = "ConditionExpression")]
    expression: Option<IgnoredAny>,
    #[serde(rename = "Expected")]
    expected: Option<IgnoredAny>,
    #[serde(rename = "ReturnValues", borrow)]
    return_values: Option<Cow<'a, str>>,
    #[serde(rename = "ReturnItemCollectionMetrics", borrow)]
    metrics: Option<Cow<'a, str>>,
}

/// A body that cannot be read (it may be compressed) is not known to be unconditional.
fn is_unconditional(body: &[u8]) -> bool {
    let Ok(conditions) = serde_json::from_slice::<Conditions<'_>>(body) else {
        return false;
    };
    let is_none = |value: Option<Cow<'_, str>>| value.is_none_or(|value| value == "NONE");
    conditions.expression.is_none()
        && conditions.expected.is_none()
        // The second time it would return what the first time has put.
        && is_none(conditions.return_values)
        && is_none(conditions.metrics)
}

#[cfg(test)]
mod tests;
