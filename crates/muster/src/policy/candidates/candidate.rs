//! One node that may be chosen.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    cluster::{Live, Moment},
    node::Node,
};

/// Is one node that may be chosen, with its load.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    pub(super) live: &'a Arc<Live>,
    /// Where it stands in the topology.
    pub(super) place: usize,
}

impl<'a> Candidate<'a> {
    /// Returns the node.
    #[must_use]
    pub fn node(&self) -> &'a Arc<Node> {
        self.live.node()
    }

    /// Returns how many requests are in flight at the node, from this process.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.live.in_flight()
    }

    /// Returns how long the node takes to answer, up to the response's head, if it is known.
    ///
    /// A moving average with about a second of memory, of which no single request is more than a part.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        let nanos = self.live.latency().nanos();
        (nanos > 0.0).then(|| Duration::from_nanos(nanos as u64))
    }

    /// The same in nanoseconds, if it is not older than so many.
    pub(crate) fn latency_since(&self, now: Moment, age: u64) -> Option<f32> {
        let latency = self.live.latency();
        (latency.nanos() > 0.0 && latency.age(now) <= age).then(|| latency.nanos())
    }

    /// What one more request would cost here, beside what others cost.
    pub(crate) fn cost(&self, now: Moment) -> f32 {
        self.live.cost(now)
    }

    /// Takes the one request that a doubted node is asked again with, if it is time for it.
    pub(crate) fn claims_probe(&self, now: Moment) -> bool {
        self.live.claim_probe(now)
    }

    pub(crate) fn live(&self) -> &'a Arc<Live> {
        self.live
    }

    pub(crate) fn place(&self) -> usize {
        self.place
    }
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Candidate");
        debug
            .field("node", self.node())
            .field("in_flight", &self.in_flight())
            .finish()
    }
}
