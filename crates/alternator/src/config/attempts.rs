//! How often a call is tried, and for how long.

use std::{num::NonZeroU32, time::Duration};

use tower_muster::failover::{Backoff, Budget, Hedge};

use super::Config;
use crate::errors::{ClassifyError, Outcomes};

impl Config {
    /// Sets what an error of a node means, by default the table of [`Alternator`](crate::Alternator).
    pub fn classify(mut self, rules: impl ClassifyError) -> Self {
        self.outcomes = Outcomes::by(rules);
        self
    }

    /// Sets how many attempts a call may make, the first included.
    pub fn max_attempts(mut self, attempts: NonZeroU32) -> Self {
        self.limits.max_attempts = attempts;
        self
    }

    /// Sets how long a node may leave a repeatable request unanswered before another is asked.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.limits.attempt_timeout = Some(timeout);
        self
    }

    /// Sets how long a call may take, all attempts together, up to the response's head.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.limits.deadline = Some(deadline);
        self
    }

    /// Sets how long an answer that has begun may be silent; `None` waits for ever.
    ///
    /// It bounds the time between two pieces of the body, not the whole of it. See
    /// [`body_timeout`](tower_muster::body_timeout).
    pub fn body_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.body_timeout = timeout;
        self
    }

    /// Sets how large a request's body may be, in bytes.
    pub fn replay_cap(mut self, bytes: usize) -> Self {
        self.limits.replay_cap = bytes;
        self
    }

    /// Sets the budget of extra attempts, to share one among several stacks.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Sets how long a call waits that has tried every node and comes back; `None` ends it there, as is right
    /// under an SDK that has its own patience.
    pub fn backoff(mut self, backoff: Option<Backoff>) -> Self {
        self.limits.backoff = backoff;
        self
    }

    /// Asks a second node when the first is slower than nodes usually are.
    ///
    /// Only operations that change nothing are asked twice: the slower of two puts could undo what is written
    /// next.
    pub fn hedge(mut self, hedge: Hedge) -> Self {
        self.hedge = Some(hedge);
        self
    }
}

impl Config {
    /// The first of the times that is none.
    pub(crate) fn time_of_nothing(&self) -> Option<&'static str> {
        let times = [
            ("attempt_timeout", self.limits.attempt_timeout),
            ("deadline", self.limits.deadline),
        ];
        let none = times
            .into_iter()
            .find(|(_, time)| *time == Some(Duration::ZERO));
        none.map(|(field, _)| field)
    }
}
