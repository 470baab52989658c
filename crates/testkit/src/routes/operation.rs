//! `POST /`: one operation, in the server's order of work.
//!
//! `alternator/server.cc`, `handle_api_request`: size, body, signature over the
//! raw body, the operation's name, JSON, execution. So a bad signature is told
//! before an unknown operation, and that before bad JSON.

use std::future::pending;

use bytes::Bytes;
use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, Request};
use hyper::body::Incoming;
use std::sync::Arc;

use super::body::{self, Unread};
use super::{Connection, Reply, cors, reply};
use crate::api_error::ApiError;
use crate::engine;
use crate::node::{Reset, count};

const TARGET: &str = "x-amz-target";

pub(super) async fn run(connection: &Connection, request: Request<Incoming>) -> Reply {
    let node = connection.node();
    let (head, body) = request.into_parts();
    let mut answer = match body::read(&head.headers, body).await {
        Ok(body) => match faulty(connection, &head, &body).await {
            Ok(answer) => reply::ok(node, reply::AMZ_JSON, answer),
            Err(error) => reply::error(node, &error),
        },
        Err(Unread::TooLarge) => reply::error(node, &body::too_large()),
        Err(Unread::Gone) => return pending().await,
    };
    cors::allow(head.headers.contains_key(ORIGIN), &mut answer);
    answer
}

/// Executes, unless the node's faults say otherwise.
async fn faulty(connection: &Connection, head: &Parts, body: &Bytes) -> Result<Bytes, ApiError> {
    let Some(faults) = connection.node().faults.current() else {
        return execute(connection, &head.headers, body).await;
    };
    if let Some(failure) = &faults.fail {
        return Err(failure.to_error());
    }
    if faults.reset == Some(Reset::BeforeExecution) {
        connection.reset().await;
    }
    let answer = execute(connection, &head.headers, body).await;
    if faults.reset == Some(Reset::AfterExecution) {
        connection.reset().await;
    }
    answer
}

async fn execute(
    connection: &Connection,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Bytes, ApiError> {
    let (shared, node) = (&connection.shared, connection.node());
    if !shared.credentials.is_empty() {
        let verdict = shared.credentials.verify(headers, body, node.clock.now());
        verdict.inspect_err(|_| count(&node.counters.signature_failures))?;
    }
    let target = headers
        .get(TARGET)
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let name = target.split_once('.').map_or("", |(_, name)| name);
    if name == "DescribeEndpoints" {
        return Ok(endpoints(headers));
    }
    let operation = engine::prepare(name, body)?;
    let (counted, index) = (Arc::clone(shared), connection.index);
    let work = move |database: &_| {
        let answer = operation(database);
        count(&counted.nodes[index].counters.executed);
        answer
    };
    let answer = shared.engine.run(work).await;
    answer.unwrap_or_else(|_| Err(ApiError::internal("the database engine has stopped")))
}

/// The one operation that is about the node: where the client found it, for a day.
fn endpoints(headers: &HeaderMap) -> Bytes {
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let answer = serde_json::json!({
        "Endpoints": [{ "Address": host, "CachePeriodInMinutes": 1440 }],
    });
    answer.to_string().into()
}
