//! Asks the cluster what the partition key of a table is called.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, Request, Response, StatusCode, Uri,
    header::{CONTENT_TYPE, HOST},
    request::Parts,
};
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use serde::{Deserialize, Serialize};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;
use tower_muster::BoxError;
use tower_service::Service;

use super::tables::Ticket;
use crate::{Gathered, errors::ApiError};

/// How often a table is asked for in a row: as ScyllaDB's own clients do.
const ATTEMPTS: u32 = 4;
/// How long the first wait between two attempts is; each is twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// By which part a wait is longer or shorter than that, by chance.
const JITTER: f64 = 0.2;
/// How long one attempt may take, so that a silent node cannot keep the table from being asked for: a node
/// has given up by then itself (`alternator_timeout_in_ms` in `db/config.cc`).
const ONE_ATTEMPT: Duration = Duration::from_secs(10);
/// How large a description may be; a table with every index has a few kilobytes.
const MOST_BYTES: usize = 1 << 20;

/// Asks for the ticket's table until there is an answer, or not worth asking again.
///
/// It is asked where the request went that wanted to know: where a Host has to be kept, that one is.
///
/// What fails for the moment leaves no trace: the next request for the table begins anew.
pub(super) async fn learn<S, B, R>(client: S, ticket: Ticket, target: Target)
where
    S: Service<Request<Gathered<B>>, Response = Response<R>> + Clone,
    B: Body,
    R: Body<Error: Into<BoxError>>,
{
    let mut wait = FIRST_WAIT;
    for attempt in 1..=ATTEMPTS {
        let answer = timeout(
            ONE_ATTEMPT,
            ask(client.clone(), ticket.table(), target.clone()),
        )
        .await;
        match answer.ok().flatten() {
            Some(Answer::Key(key)) => return ticket.learned(&key),
            Some(Answer::Refused) => return ticket.refused(),
            None if attempt == ATTEMPTS => {}
            None => {
                sleep(wait.mul_f64(1.0 + JITTER * (2.0 * fastrand::f64() - 1.0))).await;
                wait = LONGEST_WAIT.min(2 * wait);
            }
        }
    }
}

/// Where a request went, as its caller has it.
#[derive(Debug, Clone)]
pub(super) struct Target {
    uri: Uri,
    host: Option<HeaderValue>,
}

impl Target {
    pub(super) fn of(head: &Parts) -> Self {
        Self {
            uri: head.uri.clone(),
            host: head.headers.get(HOST).cloned(),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Key(String),
    /// What another attempt would be answered, too.
    Refused,
}

#[derive(Serialize)]
struct DescribeTable<'a> {
    #[serde(rename = "TableName")]
    table: &'a str,
}

#[derive(Deserialize)]
struct Described {
    #[serde(rename = "Table")]
    table: Table,
}

#[derive(Deserialize)]
struct Table {
    #[serde(rename = "KeySchema")]
    key_schema: Vec<KeyElement>,
}

#[derive(Deserialize)]
struct KeyElement {
    #[serde(rename = "AttributeName")]
    name: String,
    #[serde(rename = "KeyType")]
    kind: String,
}

/// One attempt; `None` if it failed for the moment.
async fn ask<S, B, R>(client: S, table: &str, target: Target) -> Option<Answer>
where
    S: Service<Request<Gathered<B>>, Response = Response<R>>,
    B: Body,
    R: Body<Error: Into<BoxError>>,
{
    let body = serde_json::to_vec(&DescribeTable { table }).ok()?;
    // Which node it goes to, the layers below say.
    let mut request = Request::post(target.uri)
        .header("x-amz-target", "DynamoDB_20120810.DescribeTable")
        .header(CONTENT_TYPE, "application/x-amz-json-1.0")
        .body(Gathered::whole(Bytes::from(body)))
        .ok()?;
    if let Some(host) = target.host {
        request.headers_mut().insert(HOST, host);
    }
    let response = client.oneshot(request).await.ok()?;
    let status = response.status();
    let body = Limited::new(response.into_body(), MOST_BYTES)
        .collect()
        .await;
    let body = body.ok()?.to_bytes();
    if status == StatusCode::OK {
        return Some(described(&body));
    }
    is_refusal(status, &body).then_some(Answer::Refused)
}

fn described(body: &[u8]) -> Answer {
    let described: Result<Described, _> = serde_json::from_slice(body);
    let elements = described.map(|described| described.table.key_schema);
    let mut elements = elements.into_iter().flatten();
    let hash = elements.find(|element| element.kind == "HASH" && !element.name.is_empty());
    hash.map_or(Answer::Refused, |element| Answer::Key(element.name))
}

/// Whether the table is not there, or is not for us, or the request is not understood.
fn is_refusal(status: StatusCode, body: &[u8]) -> bool {
    if !status.is_client_error() {
        return false;
    }
    let is_for_now = match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::BAD_REQUEST => is_throttling(body),
        _ => false,
    };
    !is_for_now
}

/// Whether the node would have answered at another time. DynamoDB says so with status 400.
fn is_throttling(body: &[u8]) -> bool {
    let error = ApiError::read(StatusCode::BAD_REQUEST, body);
    let code = error.as_ref().map_or("", ApiError::code);
    matches!(
        code,
        "ThrottlingException"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "LimitExceededException"
    )
}

#[cfg(test)]
mod tests;
