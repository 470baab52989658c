//! The shared handle: which nodes there are, and how they are.
//!
//! A [`Cluster`] holds one pointer to an immutable snapshot. Discovery publishes a whole new snapshot;
//! a pick reads the one there is, without a lock. Nodes that stay from one snapshot to the next keep
//! their live state.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use tower_muster::{Cluster, Node};
//!
//! let cluster = Cluster::fixed([Node::new("http://10.0.0.1:8000")?.in_rack("dc1", "rack1")?])?;
//! assert_eq!(cluster.topology().nodes()[0].rack(), Some("rack1"));
//! # Ok(())
//! # }
//! ```

mod builder;
mod clock;
mod common;
mod demand;
mod error;
mod gone;
mod inner;
mod live;
mod load;
mod median;
mod moment;
mod owners;
mod probe;
mod prober;
mod snapshot;
mod status;
mod task;
mod usual;

use std::{fmt, iter, sync::Arc, time::Duration};

use tokio::sync::futures::OwnedNotified;

use self::inner::Inner;
pub use self::{
    builder::ClusterBuilder,
    clock::ManualClock,
    error::{ClusterError, DiscoverError},
    moment::Moment,
    probe::DueProbe,
    status::NodeStatus,
};
pub(crate) use self::{
    clock::Clock,
    live::{Begun, Gauge, Head, Live},
    load::plain_cost,
    median::Median,
    owners::Owned,
    snapshot::Snapshot,
};
use crate::{
    Node,
    attempt::NoNode,
    discover::Discover,
    lease::Lease,
    policy::{Candidates, Policy, Route, is_among},
    topology::Topology,
};

/// Knows the nodes of a cluster and the live state of each.
///
/// # Clone
///
/// Clones share everything: one list of nodes, one live state, one background task. The task starts
/// with the first call that is made inside a Tokio runtime and ends when the last clone is dropped.
#[derive(Clone)]
pub struct Cluster {
    inner: Arc<Inner>,
}

impl Cluster {
    /// Makes a cluster of nodes that are known and stay.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if there are no nodes, or more than [`MAX_NODES`](crate::MAX_NODES).
    pub fn fixed(nodes: impl IntoIterator<Item = Node>) -> Result<Self, ClusterError> {
        Self::builder().fixed(nodes)
    }

    /// Makes a cluster of nodes that stay, whose time is set by hand.
    ///
    /// # Errors
    ///
    /// As of [`fixed`](Self::fixed).
    pub fn fixed_at(
        nodes: impl IntoIterator<Item = Node>,
        clock: &ManualClock,
    ) -> Result<Self, ClusterError> {
        Self::builder().clock(clock).fixed(nodes)
    }

    /// Makes a cluster whose nodes `source` finds.
    ///
    /// Nothing happens before the first call; then one task asks the source again and again at its
    /// [pace](crate::discover::Pace).
    #[must_use]
    pub fn discover(source: impl Discover) -> Self {
        Self::builder().discover(source)
    }

    /// Begins a cluster with settings of its own.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    /// Returns the nodes as they are known now.
    #[must_use]
    pub fn topology(&self) -> Arc<Topology> {
        self.inner.topology()
    }

    /// Returns each node with its live state, in the topology's order.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeStatus> {
        let now = self.inner.clock.now();
        let snapshot = self.inner.snapshot.load();
        snapshot
            .live()
            .iter()
            .map(|live| NodeStatus::of(live, now))
            .collect()
    }

    /// Asks the source for the nodes now, without waiting for them.
    pub fn refresh(&self) {
        self.inner.demand.refresh();
        self.start();
    }

    /// Returns why the source failed when it was asked last; `None` if it did not, or was not asked yet.
    ///
    /// The nodes that were known before are kept, so calls go on and nothing else tells of it.
    #[must_use]
    pub fn trouble(&self) -> Option<DiscoverError> {
        self.inner.failure().map(DiscoverError::new)
    }

    /// Waits until the nodes were asked for once.
    ///
    /// Useful to find a wrong address or an unknown rack when a program starts, and not with its first
    /// call.
    ///
    /// # Errors
    ///
    /// [`DiscoverError`] if there is no list of nodes. Discovery goes on all the same.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn ready(&self) -> Result<(), DiscoverError> {
        loop {
            let settling = self.settling();
            if !self.start() {
                return Err(DiscoverError::new(NoNode::NoRuntime));
            }
            let Some(settling) = settling else { break };
            settling.await;
        }
        match self.inner.why_empty() {
            Some(reason) => Err(DiscoverError::new(reason)),
            None => Ok(()),
        }
    }

    /// Waits until the nodes are others than in `known`, and returns them.
    ///
    /// For what has to be done before a request is sent to a node that was just heard of by other means. It is
    /// the source that finds nodes, at its own pace; nothing is asked for here.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn changed(&self, known: &Arc<Topology>) -> Arc<Topology> {
        loop {
            // Listening before looking: no list comes in between.
            let next = self.inner.next_list();
            self.start();
            let topology = self.topology();
            if !Arc::ptr_eq(&topology, known) {
                return topology;
            }
            next.await;
        }
    }

    /// Chooses a node for `route`: the primitive under `Select`, for those who send by other means.
    ///
    /// # Errors
    ///
    /// [`NoNode`] if there are no nodes, none that `route` has not tried, none that may have one more request
    /// in flight, or none that the policy wants. A
    /// cluster that is discovered has none before its source has answered: wait for [`ready`](Self::ready)
    /// first.
    pub fn pick<P: Policy + ?Sized>(&self, policy: &P, route: &Route<'_>) -> Result<Lease, NoNode> {
        if !self.start() {
            return Err(NoNode::NoRuntime);
        }
        self.inner.demand.touch();
        let now = self.inner.clock.now();
        let snapshot = self.inner.snapshot.load();
        snapshot.usual().refresh(snapshot.live(), now);
        let route = route.at(now);
        loop {
            let Some(candidates) = Candidates::of(&snapshot, route.tried(), now) else {
                return Err(self.none_left(&snapshot, route.tried()));
            };
            // Rather a node that does not look well than none, whatever the policy made of its choice.
            let chosen = policy.pick(&route, &candidates).or_else(|| {
                iter::successors(candidates.wider(), Candidates::wider)
                    .find_map(|wider| policy.pick(&route, &wider))
            });
            let Some(chosen) = chosen else {
                return Err(full(&snapshot, route.tried()).unwrap_or(NoNode::Declined));
            };
            if let Some(lease) = Lease::begin(&snapshot, chosen, &self.inner.clock, now) {
                return Ok(lease);
            }
            // Another thread has just taken the one request that a node which is down is asked again with, or
            // the last that a node may have: it is no candidate any more, so this ends.
        }
    }

    fn none_left(&self, snapshot: &Snapshot, tried: &[Arc<Node>]) -> NoNode {
        let empty = snapshot.topology().is_empty();
        match self.inner.why_empty().filter(|_| empty) {
            Some(reason) => reason,
            None => full(snapshot, tried).unwrap_or(NoNode::AllTried { tried: tried.len() }),
        }
    }

    /// Returns how long a first attempt may take before a second one at another node is worth its
    /// while; `None` while too little is known.
    ///
    /// It is the median of the nodes' own 95th percentiles and a quarter more: at the percentile itself one
    /// call in twenty is late where all nodes are well, and those alone spend a budget of a twentieth.
    #[must_use]
    pub fn hedge_after(&self) -> Option<Duration> {
        const OF_THE_TAIL: f32 = 1.25;
        let tail = self.inner.snapshot.load().usual().tail();
        (tail > 0.0).then(|| Duration::from_nanos((tail * OF_THE_TAIL) as u64))
    }

    /// Whether there is a node that is neither among `tried` nor the one `here`, where that is known.
    #[cfg(feature = "failover")]
    pub(crate) fn has_other(&self, tried: &[Arc<Node>], here: Option<&Arc<Node>>) -> bool {
        let snapshot = self.inner.snapshot.load();
        let nodes = snapshot.topology().nodes();
        let mut untried = nodes.iter().filter(|node| !is_among(node, tried));
        match here {
            Some(here) => untried.any(|node| !is_among(node, std::slice::from_ref(here))),
            // A node that is not known is one of those untried.
            None => untried.nth(1).is_some(),
        }
    }

    /// Starts discovery, if it is needed and does not run. Returns false outside of a runtime.
    pub(crate) fn start(&self) -> bool {
        self.inner.is_running() || task::start(&self.inner)
    }

    /// See [`Inner::settling`]; to be called before [`start`](Self::start).
    pub(crate) fn settling(&self) -> Option<OwnedNotified> {
        self.inner.settling()
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("nodes", &self.nodes())
            .finish_non_exhaustive()
    }
}

/// That nodes were left out for the requests which are in flight at them, if some were.
fn full(snapshot: &Snapshot, tried: &[Arc<Node>]) -> Option<NoNode> {
    let mut left = snapshot.live().iter();
    let full = left.find(|live| live.is_full() && !is_among(live.node(), tried))?;
    let max_in_flight = full.max_in_flight();
    Some(NoNode::Full { max_in_flight })
}

#[cfg(test)]
mod tests;
