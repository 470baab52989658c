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
    saved::Saved,
};
use crate::{
    attempt::Attempt,
    lease::time_out::{self, Silence},
    node::Node,
    outcome::Kind,
};

/// The request, to be sent again, and the story of the call so far.
pub(super) struct Call<R> {
    layer: Arc<FailoverLayer<R>>,
    /// The head of the first attempt, until that is made.
    first: Option<Parts>,
    saved: Saved,
    body: Bytes,
    nodes: Vec<Arc<Node>>,
    tried: Vec<Tried>,
    /// Whether some attempt may have been carried out.
    ambiguous: bool,
}

impl<R> Call<R> {
    pub(super) fn new(layer: Arc<FailoverLayer<R>>, head: Parts) -> Self {
        Self {
            layer,
            saved: Saved::of(&head),
            first: Some(head),
            body: Bytes::new(),
            nodes: Vec::new(),
            tried: Vec::new(),
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
    pub(super) fn request(&mut self) -> Option<Request<Full<Bytes>>> {
        let body = Full::new(self.body.clone());
        if let Some(head) = self.first.take() {
            return Some(Request::from_parts(head, body));
        }
        let mut request = Request::from_parts(self.saved.head()?, body);
        request
            .extensions_mut()
            .insert(Attempt::new(self.attempt(), &*self.nodes));
        Some(request)
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
    ///
    /// The node is to blame if it was silent for an attempt's time. A deadline that comes sooner says how
    /// little time the caller had.
    pub(super) fn give_up(&mut self, after: Duration, drop_attempt: impl FnOnce()) {
        let patience = self.layer.limits.attempt_timeout;
        let silence = match patience.is_some_and(|patience| after >= patience) {
            true => Silence::IsBad,
            false => Silence::IsNothing,
        };
        let node = time_out::drop_attempt(silence, drop_attempt);
        self.note(node, Kind::Ambiguous, Answer::Silence(after));
    }
}

impl<R: Repeat> Call<R> {
    /// Why the call ends with the attempt under way, if that ends now as `kind`; `None` to go on.
    ///
    /// Going on takes the next attempt out of the budget.
    pub(super) fn stop(&self, kind: Kind, node: Option<&Arc<Node>>) -> Option<Reason> {
        let ended = Ended {
            kind,
            attempts: self.attempt(),
            max_attempts: self.layer.limits.max_attempts.get(),
            others_left: self.layer.cluster.has_other(&self.nodes, node),
        };
        decide::stop(
            ended,
            || self.is_repeatable(),
            || self.layer.budget.withdraw(Instant::now()),
        )
    }

    fn is_repeatable(&self) -> bool {
        let head = self.saved.head();
        head.is_some_and(|head| self.layer.repeat.is_repeatable(&head, &self.body))
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
