//! What one call keeps between its attempts.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, request::Parts};
use http_body_util::Full;
use tokio::time::Instant;

use super::{
    FailoverLayer,
    decide::{self, Ended},
    error::{Answer, Error, Reason, Tried},
    repeat::Repeat,
};
use crate::{attempt::Attempt, lease::time_out, node::Node, outcome::Kind};

/// The request, to be sent again, and the story of the call so far.
pub(super) struct Call<R> {
    layer: Arc<FailoverLayer<R>>,
    head: Parts,
    body: Bytes,
    nodes: Vec<Arc<Node>>,
    tried: Vec<Tried>,
    /// Whether some attempt may have been carried out.
    ambiguous: bool,
}

impl<R> Call<R> {
    pub(super) fn new(layer: Arc<FailoverLayer<R>>, head: Parts) -> Self {
        let (nodes, tried) = (Vec::new(), Vec::new());
        Self {
            layer,
            head,
            body: Bytes::new(),
            nodes,
            tried,
            ambiguous: false,
        }
    }

    pub(super) fn replay_cap(&self) -> usize {
        self.layer.limits.replay_cap
    }

    /// Keeps the body for the first attempt and all others.
    pub(super) fn keep(&mut self, body: Bytes) {
        self.body = body;
    }

    /// The request of the next attempt.
    pub(super) fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::from_parts(self.head.clone(), Full::new(self.body.clone()));
        if !self.tried.is_empty() {
            request
                .extensions_mut()
                .insert(Attempt::new(self.attempt(), &*self.nodes));
        }
        request
    }

    /// The number of the attempt that is next, or under way.
    fn attempt(&self) -> u32 {
        u32::try_from(self.tried.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1)
    }

    /// Writes an attempt down that failed.
    pub(super) fn note(&mut self, node: Option<Arc<Node>>, kind: Kind, answer: Answer) {
        self.ambiguous |= kind == Kind::Ambiguous;
        self.nodes.extend(node.clone());
        self.tried.push(Tried { node, answer });
    }

    /// Drops the attempt under way and writes down that it was silent.
    pub(super) fn give_up(&mut self, after: Duration, drop_attempt: impl FnOnce()) {
        let node = time_out::drop_attempt(drop_attempt);
        self.note(node, Kind::Ambiguous, Answer::Silence(after));
    }
}

impl<R: Repeat> Call<R> {
    /// Why the call ends with the attempt under way, if that ends now as `kind`; `None` to go on.
    ///
    /// Going on takes the next attempt out of the budget.
    pub(super) fn stop(&self, kind: Kind, node: Option<&Arc<Node>>) -> Option<Reason> {
        // A node that is not known yet is one of those untried, unless all were.
        let here = usize::from(!node.is_some_and(|node| self.nodes.contains(node)));
        let ended = Ended {
            kind,
            attempts: self.attempt(),
            max_attempts: self.layer.limits.max_attempts.get(),
            others_left: self.layer.cluster.untried(&self.nodes) > here,
        };
        decide::stop(
            ended,
            || self.is_repeatable(),
            || self.layer.budget.withdraw(Instant::now()),
        )
    }

    fn is_repeatable(&self) -> bool {
        self.layer.repeat.is_repeatable(&self.head, &self.body)
    }

    /// The error that tells the call's story.
    pub(super) fn exhausted(&mut self, reason: Reason) -> Error {
        let safe_to_repeat = !self.ambiguous || self.is_repeatable();
        Error::Exhausted {
            reason,
            tried: std::mem::take(&mut self.tried),
            safe_to_repeat,
        }
    }
}

impl<R> std::fmt::Debug for Call<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The head holds signatures and tokens.
        f.debug_struct("Call")
            .field("tried", &self.tried)
            .finish_non_exhaustive()
    }
}
