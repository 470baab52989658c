//! What one call keeps between its attempts.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, request::Parts};
use http_body_util::Full;
use tokio::time::Instant;

use super::{
    FailoverLayer, Limits,
    decide::{self, Ended},
    error::{Answer, Error, Reason, Tried},
    repeat::Repeat,
    saved::Saved,
};
use crate::{
    attempt::Attempt,
    lease::witness::{self, Dropped, Silence},
    node::Node,
    outcome::Kind,
};

/// The request, to be sent again, and the story of the call so far.
pub(super) struct Call<R> {
    layer: Arc<FailoverLayer<R>>,
    saved: Saved,
    body: Bytes,
    /// The nodes that were tried in this round.
    nodes: Vec<Arc<Node>>,
    tried: Vec<Tried>,
    /// Where the first of two attempts is that are under way.
    beside: Option<Arc<Node>>,
    /// How often the nodes were gone through; the first time is 1.
    round: u32,
    /// How long to wait before the next attempt.
    pause: Option<Duration>,
    /// Whether some attempt may have been carried out.
    ambiguous: bool,
}

impl<R> Call<R> {
    pub(super) fn new(layer: Arc<FailoverLayer<R>>, head: &Parts) -> Self {
        Self {
            layer,
            saved: Saved::of(head),
            body: Bytes::new(),
            nodes: Vec::new(),
            tried: Vec::new(),
            beside: None,
            round: 1,
            pause: None,
            ambiguous: false,
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.layer.limits
    }

    pub(super) fn replay_cap(&self) -> usize {
        self.layer.limits.replay_cap
    }

    /// Keeps the body for the first attempt and all others.
    pub(super) fn keep(&mut self, body: Bytes) {
        self.body = body;
    }

    /// The request of another attempt.
    pub(super) fn request(&mut self) -> Option<Request<Full<Bytes>>> {
        let body = Full::new(self.body.clone());
        let mut request = Request::from_parts(self.saved.head()?, body);
        let nodes: Arc<[_]> = self.nodes.iter().chain(&self.beside).cloned().collect();
        let before: Arc<[_]> = self.tried.iter().map(Tried::answered).collect();
        let attempt = Attempt::new(self.attempt(), nodes).after(before);
        request.extensions_mut().insert(attempt);
        Some(request)
    }

    /// The number of the attempt that is next, or under way.
    fn attempt(&self) -> u32 {
        let before = self.tried.len() + usize::from(self.beside.is_some());
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// From when on the attempt that begins now is late, if another may begin beside it.
    pub(super) fn late(&self) -> Option<Duration> {
        let hedge = self.layer.hedge.as_ref()?;
        let late = self.layer.cluster.hedge_after()?;
        Some(late.max(hedge.at_least))
    }

    /// How long to wait before the next attempt.
    pub(super) fn pause(&mut self) -> Option<Duration> {
        self.pause.take()
    }

    /// One of two attempts is over; where it was is known from its end.
    pub(super) fn is_alone(&mut self) {
        self.beside = None;
    }

    /// Writes an attempt down that failed.
    pub(super) fn note(&mut self, node: Option<Arc<Node>>, kind: Kind, answer: Answer) {
        self.ambiguous |= kind == Kind::Ambiguous;
        self.nodes.extend(node.clone());
        self.tried.push(Tried { node, kind, answer });
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
        let (node, kind) = match witness::drop_attempt(silence, drop_attempt) {
            Dropped::At(node) => (Some(node), Kind::Ambiguous),
            Dropped::Unsent => (None, Kind::Refused),
            Dropped::Unknown => (None, Kind::Ambiguous),
        };
        self.note(node, kind, Answer::Silence(after));
    }
}

impl<R: Repeat> Call<R> {
    /// Why the call ends with the attempt under way, if that ends now as `kind`; `None` to go on.
    ///
    /// Going on takes the next attempt out of the budget.
    pub(super) fn stop(&self, kind: Kind, node: Option<&Arc<Node>>) -> Option<Reason> {
        let FailoverLayer { limits, budget, .. } = &*self.layer;
        let ended = Ended {
            kind,
            attempts: self.attempt(),
            max_attempts: limits.max_attempts.get(),
            others_left: limits.backoff.is_some() || self.has_other(node),
        };
        let withdraw = || match node {
            Some(node) => budget.withdraw_for(node, Instant::now()),
            None => budget.withdraw(Instant::now()),
        };
        decide::stop(ended, || self.is_repeatable(), withdraw)
    }

    /// Why the attempt under way is waited for although it is silent; `None` to give it up.
    ///
    /// Nothing is gained by asking the same node again.
    pub(super) fn stop_waiting(&self) -> Option<Reason> {
        match self.has_other(None) {
            true => self.stop(Kind::Ambiguous, None),
            false => Some(Reason::NoNodeLeft),
        }
    }

    fn has_other(&self, here: Option<&Arc<Node>>) -> bool {
        self.layer.cluster.has_other(&self.nodes, here)
    }

    /// Begins another round if every node was tried.
    pub(super) fn go_on(&mut self) {
        let last = self.tried.last().and_then(|tried| tried.node());
        if !self.has_other(last) {
            self.come_back();
        }
    }

    /// Begins another round over the nodes, if it can find more than this one.
    pub(super) fn has_come_back(&mut self) -> bool {
        !self.nodes.is_empty() && self.come_back()
    }

    fn come_back(&mut self) -> bool {
        let Some(backoff) = self.layer.limits.backoff else {
            return false;
        };
        self.nodes.clear();
        self.round = self.round.saturating_add(1);
        self.pause = Some(backoff.pause(self.round));
        true
    }

    /// Whether a second attempt begins beside the one that is at `node`.
    ///
    /// It takes the attempt out of both budgets.
    pub(super) fn hedge(&mut self, node: Arc<Node>) -> bool {
        let FailoverLayer { limits, budget, .. } = &*self.layer;
        let Some(hedge) = &self.layer.hedge else {
            return false;
        };
        let now = Instant::now();
        let is_allowed = self.attempt() < limits.max_attempts.get()
            && self.has_other(Some(&node))
            && self.is_read()
            && hedge.budget.withdraw(now)
            && budget.withdraw_for(&node, now);
        if is_allowed {
            self.beside = Some(node);
        }
        is_allowed
    }

    fn is_read(&self) -> bool {
        let head = self.saved.head();
        head.is_some_and(|head| self.layer.repeat.is_read(&head, &self.body))
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
