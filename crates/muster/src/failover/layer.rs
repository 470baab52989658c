//! Configures failover.

use std::{num::NonZeroU32, time::Duration};

use http::request::Parts;
use tokio::time::Instant;
use tower_layer::Layer;

use super::{Backoff, Budget, Failover, Hedge, IdempotentMethods, Repeat};
use crate::cluster::Cluster;

/// Bounds one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How many attempts a call may make, the first included; by default 5.
    ///
    /// Enough for a rack of three that is lost at once and a straggler; the budget bounds the load long
    /// before this does.
    pub max_attempts: NonZeroU32,
    /// How long an attempt may go without a response before another node is asked; by default no bound.
    ///
    /// Only for requests that are repeatable, and only while another attempt is allowed; otherwise the
    /// attempt goes on until the deadline. What a layer [holds back](super::HeldBack) has its time from when it is sent
    /// on, and up to twice of it.
    pub attempt_timeout: Option<Duration>,
    /// How long the call may take, all attempts together, up to the response's head; by default no bound.
    ///
    /// It begins with the call: waiting until the service is ready, as for a first list of nodes, comes
    /// before and has bounds of its own.
    pub deadline: Option<Duration>,
    /// How many bytes of body are kept for another attempt; by default 16 MiB.
    ///
    /// A request with a larger body is refused before anything is sent: the largest body that DynamoDB
    /// and Alternator take has 16 MiB.
    pub replay_cap: usize,
    /// How long a call waits that has tried every node and comes back; by default [`Backoff::default`].
    ///
    /// `None` ends the call there.
    pub backoff: Option<Backoff>,
}

impl Default for Limits {
    fn default() -> Self {
        const FIVE: NonZeroU32 = NonZeroU32::new(5).unwrap();
        Self {
            max_attempts: FIVE,
            attempt_timeout: None,
            deadline: None,
            replay_cap: 16 << 20,
            backoff: Some(Backoff::default()),
        }
    }
}

/// Repeats a call at another node when that is known to be safe.
///
/// The [module](super) tells how.
#[derive(Debug, Clone)]
pub struct FailoverLayer<R = IdempotentMethods> {
    pub(super) cluster: Cluster,
    pub(super) repeat: R,
    pub(super) limits: Limits,
    pub(super) budget: Budget,
    pub(super) hedge: Option<Hedge>,
}

impl FailoverLayer {
    /// Makes a layer over the same `cluster` that `Select` below chooses from.
    ///
    /// It asks the cluster one thing: whether a node is left that was not tried.
    #[must_use]
    pub fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            repeat: IdempotentMethods::default(),
            limits: Limits::default(),
            budget: Budget::default(),
            hedge: None,
        }
    }
}

impl<R> FailoverLayer<R> {
    /// Sets what says which requests may be carried out twice; by default [`IdempotentMethods`].
    #[must_use]
    pub fn repeat<Q: Repeat>(self, repeat: Q) -> FailoverLayer<Q> {
        let Self {
            cluster,
            limits,
            budget,
            hedge,
            ..
        } = self;
        FailoverLayer {
            cluster,
            repeat,
            limits,
            budget,
            hedge,
        }
    }

    /// Sets the bounds of one call.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how many attempts a call may make, the first included.
    #[must_use]
    pub fn max_attempts(mut self, attempts: NonZeroU32) -> Self {
        self.limits.max_attempts = attempts;
        self
    }

    /// Sets how long an attempt at a repeatable request may be silent.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.limits.attempt_timeout = Some(timeout);
        self
    }

    /// Sets how long the call may take, up to the response's head.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.limits.deadline = Some(deadline);
        self
    }

    /// Sets how many bytes of body are kept for another attempt.
    #[must_use]
    pub fn replay_cap(mut self, bytes: usize) -> Self {
        self.limits.replay_cap = bytes;
        self
    }

    /// Sets how long a call waits that has tried every node and comes back; `None` ends it there.
    #[must_use]
    pub fn backoff(mut self, backoff: Option<Backoff>) -> Self {
        self.limits.backoff = backoff;
        self
    }

    /// Asks a second node when the first is late; by default none is asked.
    #[must_use]
    pub fn hedge(mut self, hedge: Hedge) -> Self {
        self.hedge = Some(hedge);
        self
    }

    /// Sets the budget of extra attempts, to share one among several stacks.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }
}

impl<R: Repeat> FailoverLayer<R> {
    /// Counts a call into the budgets, and a repeated one as what it is.
    pub(super) fn count(&self, head: &Parts) {
        if self.repeat.is_repetition(head) {
            // Whether it may go on is decided above; that it was made is known here.
            let _ = self.budget.withdraw(Instant::now());
            return;
        }
        self.budget.deposit();
        if let Some(hedge) = &self.hedge {
            hedge.budget.deposit();
        }
    }
}

impl<S: Clone, R: Clone> Layer<S> for FailoverLayer<R> {
    type Service = Failover<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Failover::new(inner, self.clone())
    }
}
