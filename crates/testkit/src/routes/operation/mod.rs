//! `POST /`: one operation, in the server's order of work.
//!
//! `alternator/server.cc`, `handle_api_request`: size, in-flight limit, body,
//! signature over the raw body, decompression, the operation's name, JSON,
//! execution. So a bad signature is told before an unknown operation, and that
//! before bad JSON.

mod execute;
mod plan;
mod success;
mod transaction;

use std::future::pending;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Request};
use hyper::body::{Body, Incoming};

use super::body::{self, Unread};
use super::{Answered, Connection, Reply, cors, reply};
use crate::api_error::{ApiError, cluster};
use crate::encoding::{Undecoded, decode};
use crate::node::{Close, Fault, Inside, Reset, Settings, count};
use crate::signature::Verifier;

/// One operation on its way.
struct Work<'a> {
    connection: &'a Arc<Connection>,
    settings: &'a Settings,
    head: &'a Parts,
    outcome: Option<Fault>,
    /// There once the in-flight limit has let it in.
    inside: Option<Inside>,
    unread: bool,
}

pub(super) async fn run(
    connection: &Arc<Connection>,
    request: Request<Incoming>,
    settings: &Settings,
    outcome: Option<Fault>,
) -> Answered {
    let (head, body) = request.into_parts();
    let mut work = Work {
        connection,
        settings,
        head: &head,
        outcome,
        inside: None,
        unread: !body.is_end_stream(),
    };
    let done = work.reply(body).await;
    let mut reply = done.unwrap_or_else(|error| work.error(&error));
    cors::allow(head.headers.contains_key(ORIGIN), &mut reply);
    reply.headers_mut().extend(settings.headers.clone());
    Answered {
        reply,
        unread: work.unread,
        _inside: work.inside,
    }
}

impl Work<'_> {
    async fn reply(&mut self, body: Incoming) -> Result<Reply, ApiError> {
        let version = self.settings.version;
        if let Some(length) = body::announced_too_large(&self.head.headers) {
            if version.sizes_bodies_itself() {
                return Err(body::too_large());
            }
            return Ok(body::too_large_for_seastar(length));
        }
        if version.limits_early() {
            self.admit()?;
        }
        let raw = match body::read(version, body).await {
            Ok(raw) => raw,
            Err(Unread::TooLarge) => return Err(body::too_large()),
            Err(Unread::Gone) => return pending().await,
        };
        self.unread = false;
        match &self.outcome {
            Some(Fault::Fail(failure)) => return Err(failure.to_error()),
            Some(Fault::Reset(Reset::BeforeExecution)) => {
                return Ok(self.connection.end(Close::Reset).await);
            }
            _ => {}
        }
        let answer = self.execute(raw).await;
        if self.outcome == Some(Fault::Reset(Reset::AfterExecution)) {
            return Ok(self.connection.end(Close::Reset).await);
        }
        answer
    }

    async fn execute(&mut self, raw: Bytes) -> Result<Reply, ApiError> {
        self.verify(&raw)?;
        let body = self.decode(raw)?;
        if !self.settings.version.limits_early() {
            self.admit()?;
        }
        let name = operation(&self.head.headers);
        let answer = execute::run(self, name, &body).await?;
        Ok(self.success(name, answer))
    }

    fn admit(&mut self) -> Result<(), ApiError> {
        let node = self.connection.node();
        let inside = node.gate.admit().map_err(|inside| {
            count(&node.counters.shed);
            cluster::too_many_in_flight(inside)
        })?;
        self.inside = Some(inside);
        Ok(())
    }

    fn verify(&self, raw: &[u8]) -> Result<(), ApiError> {
        let (shared, node) = (self.connection.shared(), self.connection.node());
        if !shared.verifies {
            return Ok(());
        }
        let verifier = Verifier {
            credentials: &shared.credentials,
            cache: &node.keys,
            version: self.settings.version,
            now: node.clock.now(),
        };
        let verdict = verifier.verify(&self.head.headers, raw);
        verdict.inspect_err(|_| count(&node.counters.signature_failures))
    }

    /// Older servers do not look at the encoding, and then fail to read the JSON.
    fn decode(&self, raw: Bytes) -> Result<Bytes, ApiError> {
        if !self.settings.version.compresses() {
            return Ok(raw);
        }
        let encoding = joined(&self.head.headers, &CONTENT_ENCODING);
        decode(encoding.as_bytes(), raw, body::LIMIT).map_err(|undecoded| match undecoded {
            Undecoded::TooLarge => body::too_large(),
            Undecoded::Bad(text) => cluster::plain(text),
        })
    }

    fn error(&self, error: &ApiError) -> Reply {
        reply::error(self.connection.node(), self.settings.version, error)
    }
}

/// The operation's name follows the first dot; its prefix is not looked at.
fn operation(headers: &HeaderMap) -> &str {
    let target = headers.get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok());
    let split = target.and_then(|target| target.split_once('.'));
    split.map_or("", |(_, name)| name)
}

/// A header as Seastar keeps it: repeated ones are joined with a comma.
fn joined(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name).iter();
    let values: Vec<_> = values
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    values.join(",")
}
