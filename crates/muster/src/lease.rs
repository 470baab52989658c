//! Proof that one request is in flight at one node.

#[cfg(feature = "failover")]
pub(crate) mod witness;

use std::{fmt, sync::Arc};

use crate::{
    cluster::{Begun, Clock, Head, Moment, Owned, Snapshot},
    node::Node,
    outcome::{Kind, Outcome},
    policy::Candidate,
};

/// Counts one request as in flight at one node, from the pick until it is dropped.
///
/// There is no second way to begin or end the count: a lease has no `Clone` and no `Default`, and its
/// drop ends it, also when the future that holds it is cancelled.
#[must_use = "a lease that is dropped has ended"]
pub struct Lease {
    live: Owned,
    clock: Clock,
    begun: Begun,
    /// The head of a good answer, once it has come.
    head: Option<Head>,
    taught: bool,
    /// Whether it is in flight no more, and yet may have something to tell.
    ended: bool,
}

impl Lease {
    /// Counts a request in flight at the node, unless that is down and another request is just finding out
    /// whether it is back.
    #[inline]
    pub(crate) fn begin(
        snapshot: &Snapshot,
        chosen: Candidate<'_>,
        clock: &Clock,
        now: Moment,
    ) -> Option<Self> {
        let begun = chosen.live().begin(now)?;
        Some(Self {
            live: snapshot.own(chosen.place()),
            clock: clock.clone(),
            begun,
            head: None,
            taught: false,
            ended: false,
        })
    }

    /// Returns the node that was chosen.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        self.live.node()
    }

    /// Returns when it began.
    #[must_use]
    pub fn begun(&self) -> Moment {
        self.begun.at
    }

    /// Tells the cluster that the head of a good answer has come, which is what the node's latency is
    /// taken from: the body's length is the request's doing, and its pace may be the reader's.
    pub fn answered(&mut self) {
        self.head();
    }

    fn head(&mut self) -> Head {
        let Self {
            live, clock, begun, ..
        } = self;
        *self
            .head
            .get_or_insert_with(|| live.answered(*begun, clock.now()))
    }

    /// Tells the cluster what the request showed of the node; only the first telling counts.
    ///
    /// A good answer is told when it is there to its end: a node whose answers all break off is not well, however
    /// good their heads are. The request stays in flight until the lease is dropped: a long body is load, too.
    pub fn learn(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.taught, true) {
            return;
        }
        match outcome.kind() {
            Kind::Served => {
                let head = self.head();
                self.live.served(head, self.begun);
            }
            _ => self.live.learn(outcome, self.begun, self.clock.now()),
        }
    }

    /// Learns from an answer that was not the one asked for: whoever refuses in words is there, so it takes more
    /// than one to think it gone.
    pub(crate) fn learn_answer(&mut self, outcome: Outcome) {
        self.learn(match outcome.kind() {
            Kind::Refused => Outcome::AMBIGUOUS.blaming(outcome.blame()),
            _ => outcome,
        });
    }

    /// Ends the count early. How long it took is told to nobody; what it shows of the node's health may still be.
    #[cfg(feature = "connect")]
    pub(crate) fn ends(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.live.end();
        }
    }

    /// Tells the cluster that the node has answered something, and nothing of how long that took.
    #[cfg(feature = "connect")]
    pub(crate) fn is_there(&mut self) {
        if !std::mem::replace(&mut self.taught, true) {
            self.live.is_there(self.begun, self.clock.now());
        }
    }

    /// Says that the attempt was polled and goes on, should somebody ask where it is.
    pub(crate) fn is_under_way(&self) {
        #[cfg(feature = "failover")]
        witness::is_at(self.live.node());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        self.live.end();
        if self.taught {
            return;
        }
        let now = self.clock.now();
        #[cfg(feature = "failover")]
        if witness::was_at(self.live.node()) == Some(witness::Silence::IsBad) {
            self.live.was_silent(self.begun, now);
        }
        // Dropped by its caller, who may have lost interest: in what was well until then, or in an answer that
        // would have taken longer than this.
        match self.head {
            Some(head) => self.live.served(head, self.begun),
            None => self.live.given_up(self.begun, now),
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("node", self.node())
            .field("begun", &self.begun.at)
            .finish()
    }
}

#[cfg(test)]
mod tests;
