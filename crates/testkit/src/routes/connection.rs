//! What the requests of one connection have in common.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::{Notify, watch};

use super::Reply;
use crate::node::{End, Node, Shared};

#[derive(Debug)]
pub(crate) struct Connection {
    pub(super) shared: Arc<Shared>,
    pub(super) index: usize,
    requests: AtomicU64,
    broken: Notify,
    closing: AtomicBool,
    last_answer: Notify,
    /// A node that drains waits until nobody has this: also not an operation that
    /// goes on alone.
    _life: watch::Receiver<Option<End>>,
}

impl Connection {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        index: usize,
        life: watch::Receiver<Option<End>>,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            index,
            requests: AtomicU64::new(0),
            broken: Notify::new(),
            closing: AtomicBool::new(false),
            last_answer: Notify::new(),
            _life: life,
        }
    }

    pub(super) fn node(&self) -> &Node {
        &self.shared.nodes[self.index]
    }

    pub(super) fn count_request(&self) {
        let earlier = self.requests.fetch_add(1, Ordering::Relaxed);
        self.node().counters.request(earlier + 1);
    }

    /// Waits until a request asks for the connection to be reset.
    pub(crate) async fn broken(&self) {
        self.broken.notified().await;
    }

    /// Has the connection reset; there is no answer to come.
    pub(super) async fn reset(&self) -> Reply {
        self.broken.notify_one();
        pending().await
    }

    /// Waits until the head of the last answer is written.
    pub(crate) async fn last_answer(&self) {
        self.last_answer.notified().await;
    }

    /// Has the connection closed once what is written has been sent.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        self.last_answer.notify_one();
    }

    /// True if no further request of the connection is answered.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }
}
