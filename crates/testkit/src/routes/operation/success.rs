//! The answer of an operation that was executed: compressed, chunked, or broken off.

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};

use super::super::{Reply, reply};
use super::{Work, joined};
use crate::encoding::{self, Coding};
use crate::node::Fault;

/// `alternator/executor.cc`: longer results of these are streamed.
const STREAMED_FROM: usize = 100_000;
const STREAMED: [&str; 4] = ["Query", "Scan", "BatchGetItem", "GetRecords"];

impl Work<'_> {
    pub(super) fn success(&self, name: &str, answer: Bytes) -> Reply {
        let streamed = answer.len() > STREAMED_FROM && STREAMED.contains(&name);
        let coding = self.coding(&answer, streamed);
        let coded = coding.and_then(|coding| {
            let coded = coding.encode(&answer, self.settings.level);
            Some((coding, coded.ok()?))
        });
        let (node, version) = (self.connection.node(), self.settings.version);
        let mut reply = match coded {
            Some((coding, coded)) => {
                let mut reply = reply::ok(node, version, reply::AMZ_JSON, coded);
                reply.headers_mut().insert(CONTENT_ENCODING, coding.name());
                reply
            }
            None => reply::ok(node, version, reply::AMZ_JSON, answer),
        };
        if self.outcome == Some(Fault::Truncate) {
            reply = reply.map(|body| body.truncated());
        } else if streamed {
            reply = reply.map(|body| body.chunked());
        }
        reply
    }

    /// What is streamed has no length yet, and counts as large enough.
    fn coding(&self, answer: &Bytes, streamed: bool) -> Option<Coding> {
        let settings = self.settings;
        let on = settings.version.compresses() && settings.threshold > 0 && settings.level > 0;
        if !on || (answer.len() < settings.threshold && !streamed) {
            return None;
        }
        encoding::select(&joined(&self.head.headers, &ACCEPT_ENCODING))
    }
}
