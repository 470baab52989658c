//! What the requests of one connection have in common.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use http::Version;
use tokio::sync::{Notify, watch};

use super::Reply;
use crate::node::{Close, Node, Shared, count};

#[derive(Debug)]
pub(crate) struct Connection {
    shared: Arc<Shared>,
    pub(super) index: usize,
    requests: AtomicU64,
    http2: AtomicBool,
    /// A request has been answered, and the next one has not begun to arrive.
    idle: AtomicBool,
    /// Set once, by whoever first ends the connection.
    ends: OnceLock<Close>,
    broken: Notify,
    closing: AtomicBool,
    last_answer: Notify,
    /// A node that drains waits until nobody has this: also not an operation that
    /// goes on alone.
    _life: watch::Receiver<Option<Close>>,
}

impl Connection {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        index: usize,
        life: watch::Receiver<Option<Close>>,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            index,
            requests: AtomicU64::new(0),
            http2: AtomicBool::new(false),
            idle: AtomicBool::new(false),
            ends: OnceLock::new(),
            broken: Notify::new(),
            closing: AtomicBool::new(false),
            last_answer: Notify::new(),
            _life: life,
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn node(&self) -> &Node {
        &self.shared.nodes[self.index]
    }

    pub(super) fn count_request(&self, version: Version) {
        if version == Version::HTTP_2 {
            self.set_http2();
        }
        let earlier = self.requests.fetch_add(1, Ordering::Relaxed);
        self.node().counters.request(earlier + 1);
    }

    /// Counts the connection as one of HTTP/2, once.
    pub(crate) fn set_http2(&self) {
        if !self.is_http2() && !self.http2.swap(true, Ordering::Relaxed) {
            count(&self.node().counters.http2_connections);
        }
    }

    pub(crate) fn is_http2(&self) -> bool {
        self.http2.load(Ordering::Relaxed)
    }

    /// Waits until a request asks for the connection to be ended.
    pub(crate) async fn broken(&self) -> Close {
        self.broken.notified().await;
        self.how_it_ends().unwrap_or(Close::Reset)
    }

    /// Says how the connection ends, unless that is settled.
    pub(crate) fn ends(&self, how: Close) {
        let _ = self.ends.set(how);
    }

    pub(crate) fn how_it_ends(&self) -> Option<Close> {
        self.ends.get().copied()
    }

    /// Has the connection ended; there is no answer to come.
    pub(super) async fn end(&self, how: Close) -> Reply {
        self.break_off(how);
        pending().await
    }

    fn break_off(&self, how: Close) {
        self.ends(how);
        self.broken.notify_one();
    }

    /// Waits until the head of the last answer is written.
    pub(crate) async fn last_answer(&self) {
        self.last_answer.notified().await;
    }

    /// Notes that an answer has been given out, to its end.
    pub(super) fn answered(&self, last: bool) {
        if last {
            self.closing.store(true, Ordering::Release);
            self.last_answer.notify_one();
        } else if !self.is_http2() {
            self.idle.store(true, Ordering::Release);
        }
    }

    /// True if no further request of the connection is answered.
    pub(super) fn is_closing(&self) -> bool {
        // HTTP/2 itself tells the client which of its streams are not.
        self.closing.load(Ordering::Acquire) && !self.is_http2()
    }

    /// True if the first byte of the next request decides.
    pub(crate) fn looks_before_it_reads(&self) -> bool {
        self.idle.load(Ordering::Acquire) && self.node().faults.hits_arrivals()
    }

    /// The next request begins to arrive: draws whether the connection ends now.
    pub(crate) fn closes_on_arrival(&self) -> bool {
        self.idle.store(false, Ordering::Release);
        let hit = self.node().faults.strike_arrival();
        if let Some(how) = hit {
            self.break_off(how);
        }
        hit.is_some()
    }
}
