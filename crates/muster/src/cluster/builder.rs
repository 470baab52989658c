//! A cluster with settings of its own.

use std::{num::NonZeroU32, sync::Arc};

use super::{
    Cluster,
    clock::{Clock, ManualClock},
    common::Common,
    error::ClusterError,
    inner::Inner,
    task::Work,
};
use crate::{
    discover::Discover, health::Thresholds, node::Node, probe::Probing, topology::Topology,
};

/// Makes a [`Cluster`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tower_muster::{Cluster, Node, health::Thresholds};
///
/// let cluster = Cluster::builder()
///     .thresholds(Thresholds::default().active_failures(5)?)
///     .fixed([Node::new("http://10.0.0.1:8000")?])?;
/// # let _ = cluster;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until it is told where the nodes come from"]
pub struct ClusterBuilder {
    thresholds: Thresholds,
    probing: Option<Probing>,
    max_in_flight: NonZeroU32,
    clock: Clock,
}

impl ClusterBuilder {
    pub(super) fn new() -> Self {
        Self {
            thresholds: Thresholds::default(),
            probing: None,
            max_in_flight: NonZeroU32::MAX,
            clock: Clock::start(),
        }
    }

    /// Sets what puts a node out, and what brings it back.
    pub fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// Asks nodes beside the traffic; by default a node that is down is asked again by a request of the
    /// traffic, one at a time.
    ///
    /// The cluster's one task does so. It starts with the first call, or with
    /// [`ready`](Cluster::ready), so also a cluster of fixed nodes needs a Tokio runtime then.
    pub fn probing(mut self, probing: Probing) -> Self {
        self.probing = Some(probing);
        self
    }

    /// Sets how many requests may be in flight at one node; by default any number.
    ///
    /// A node that has as many is no candidate, whatever the policy. Where all are like that a request is
    /// refused at once with [`NoNode::Full`](crate::NoNode::Full), and nothing was sent: a queue in this process
    /// would only hide from the caller that the cluster cannot keep up. To wait instead, bound all requests
    /// together with tower's `ConcurrencyLimit` above. There is no default, because what a node can bear is known
    /// to nobody here; one that is slower than the others gets fewer requests without any bound.
    pub fn max_in_flight_per_node(mut self, requests: NonZeroU32) -> Self {
        self.max_in_flight = requests;
        self
    }

    /// Sets the clock by hand.
    pub fn clock(mut self, clock: &ManualClock) -> Self {
        self.clock = Clock::Manual(clock.clone());
        self
    }

    /// Makes a cluster of nodes that are known and stay.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if there are no nodes, or more than [`MAX_NODES`](crate::MAX_NODES).
    pub fn fixed(self, nodes: impl IntoIterator<Item = Node>) -> Result<Cluster, ClusterError> {
        let topology = Topology::new(nodes)?;
        if topology.is_empty() {
            return Err(ClusterError::Empty);
        }
        Ok(self.build(topology, Work::default()))
    }

    /// Makes a cluster whose nodes `source` finds; see [`Cluster::discover`].
    #[must_use]
    pub fn discover(self, source: impl Discover) -> Cluster {
        let work = Work {
            source: Some(Box::new(source)),
            ..Work::default()
        };
        self.build(Topology::empty(), work)
    }

    fn build(self, topology: Topology, mut work: Work) -> Cluster {
        let common = Common::new(self.thresholds, self.max_in_flight.get());
        if self.probing.is_some() {
            common.probe();
        }
        work.probing = self.probing;
        Cluster {
            inner: Arc::new(Inner::new(topology, work, self.clock, Arc::new(common))),
        }
    }
}
