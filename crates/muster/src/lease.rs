//! Proof that one request is in flight at one node.

#[cfg(feature = "failover")]
pub(crate) mod time_out;

use std::{fmt, sync::Arc};

use crate::{
    cluster::{Clock, Live, Moment},
    node::Node,
    outcome::{Kind, Outcome},
};

/// Counts one request as in flight at one node, from the pick until it is dropped.
///
/// There is no second way to begin or end the count: a lease has no `Clone` and no `Default`, and its
/// drop ends it, also when the future that holds it is cancelled.
#[must_use = "a lease that is dropped has ended"]
pub struct Lease {
    live: Arc<Live>,
    clock: Clock,
    begun: Moment,
    taught: bool,
}

impl Lease {
    pub(crate) fn begin(live: Arc<Live>, clock: Clock, now: Moment) -> Self {
        live.begin();
        Self {
            live,
            clock,
            begun: now,
            taught: false,
        }
    }

    /// Returns the node that was chosen.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        self.live.node()
    }

    /// Returns when it began.
    #[must_use]
    pub fn begun(&self) -> Moment {
        self.begun
    }

    /// Tells the cluster what the request showed of the node; only the first telling counts.
    ///
    /// A good answer is told when it is there to its end. The request stays in flight until the lease is
    /// dropped: a long body is load, too.
    pub fn learn(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.taught, true) {
            return;
        }
        match outcome.kind() {
            Kind::Served => self.live.has_served(),
            _ => self.live.learn(outcome, self.clock.now()),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.live.end();
        // Dropped by its caller an attempt teaches nothing: the caller may have lost interest.
        #[cfg(feature = "failover")]
        if !self.taught && time_out::is_heard(self.live.node()) == Some(time_out::Silence::IsBad) {
            self.live.set_aside(self.clock.now());
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("node", self.node())
            .field("begun", &self.begun)
            .finish()
    }
}

#[cfg(test)]
mod tests;
