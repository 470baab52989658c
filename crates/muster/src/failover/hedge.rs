//! A second attempt beside one that is late.

use std::time::Duration;

use super::Budget;

/// What is asked before it is late costs more than it saves: the timer alone is as coarse.
const AT_LEAST: Duration = Duration::from_millis(1);

/// Asks a second node when the first is late, and takes whichever answers first.
///
/// Late is what takes a quarter longer than the median of the nodes' own 95th percentiles
/// ([`Cluster::hedge_after`](crate::Cluster::hedge_after)): a node that is slow does not move it, as it
/// moves a percentile of all answers together, which then comes too late for every request. The idea is
/// of Dean and Barroso, "The Tail at Scale" (2013).
///
/// Only requests that [change nothing](super::Repeat::is_read) are asked twice at once. The slower one of
/// two writes may be carried out after the caller has seen the answer, and undo what it wrote next.
///
/// Second attempts have a budget of their own, by default one for 20 calls and none besides: hedging is
/// for the few that are late, and not for an outage. They come out of the budget of extra attempts, too, of
/// which no node is the reason of more than half: a slow node may spend all hedges, for it is what they are
/// for, and leaves the others' failures their retries.
///
/// # Clone
///
/// Clones share the budget.
#[derive(Debug, Clone)]
pub struct Hedge {
    pub(super) budget: Budget,
    pub(super) at_least: Duration,
}

impl Hedge {
    /// Sets the budget of second attempts, by default a twentieth of the calls.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Sets how long a first attempt is waited for at least, by default 1 ms.
    #[must_use]
    pub fn at_least(mut self, at_least: Duration) -> Self {
        self.at_least = at_least;
        self
    }
}

impl Default for Hedge {
    fn default() -> Self {
        Self {
            budget: Budget::of(0.05, 0.0),
            at_least: AT_LEAST,
        }
    }
}
