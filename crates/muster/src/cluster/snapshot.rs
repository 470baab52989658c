//! What one pick reads: the nodes and their live state, in one piece.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{
    common::Common,
    gone::Gone,
    live::Live,
    moment::Moment,
    owners::{Owned, Owners},
    usual::Usual,
};
use crate::{
    health::Health,
    node::Node,
    topology::{Topology, TopologyError},
};

/// A topology with the live state of each of its nodes, published as a whole, so that a reader never
/// sees the nodes of one list with the state of another.
#[derive(Debug)]
pub(crate) struct Snapshot {
    topology: Arc<Topology>,
    /// In the order of the topology's nodes.
    live: Box<[Arc<Live>]>,
    owners: Owners,
    gone: Gone,
    common: Arc<Common>,
}

impl Snapshot {
    /// The nodes of a first list, all of them trusted.
    pub(crate) fn new(topology: Topology, common: Arc<Common>) -> Self {
        let health = Health::active(&common.thresholds);
        let live = topology
            .nodes()
            .iter()
            .map(|node| Arc::new(Live::new(Arc::clone(node), Arc::clone(&common), health)));
        Self::of(live.collect(), Gone::default(), common, topology)
    }

    fn of(live: Box<[Arc<Live>]>, gone: Gone, common: Arc<Common>, topology: Topology) -> Self {
        Self {
            owners: Owners::of(&live),
            live,
            gone,
            common,
            topology: Arc::new(topology),
        }
    }

    /// The snapshot that follows, or `None` if the nodes are the same. Nodes that stay keep their state,
    /// with the requests that are in flight at them.
    pub(crate) fn successor(
        &self,
        nodes: Vec<Node>,
        now: Moment,
    ) -> Result<Option<Self>, TopologyError> {
        let known: HashMap<_, _> = self
            .live
            .iter()
            .map(|live| (live.node().origin(), live))
            .collect();
        let node_of = |origin: &_| known.get(origin).map(|live| live.node());
        let topology = self.topology.successor(nodes, node_of)?;
        if topology.same_nodes(&self.topology) {
            return Ok(None);
        }
        if self.topology.is_empty() {
            return Ok(Some(Self::new(topology, Arc::clone(&self.common))));
        }
        let joins = |node: &Arc<Node>| {
            let common = Arc::clone(&self.common);
            let health = self.gone.joining(node.origin(), now);
            Arc::new(Live::new(Arc::clone(node), common, health))
        };
        let live = topology
            .nodes()
            .iter()
            .map(|node| match known.get(node.origin()) {
                Some(live) if live.node() == node => Arc::clone(live),
                Some(live) if live.node().is_beside(node) => {
                    Arc::new(live.inherited(Arc::clone(node)))
                }
                // A node that moved to another rack is a new one.
                _ => joins(node),
            });
        let live = live.collect();
        let stays: HashSet<_> = topology.nodes().iter().map(|node| node.origin()).collect();
        let left = self.live.iter().map(|live| &**live);
        let left = left.filter(|live| !stays.contains(live.node().origin()));
        let gone = self.gone.with(left, now);
        Ok(Some(Self::of(
            live,
            gone,
            Arc::clone(&self.common),
            topology,
        )))
    }

    pub(crate) fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    pub(crate) fn common(&self) -> &Arc<Common> {
        &self.common
    }

    /// What is usual among the nodes, as of a moment ago.
    pub(crate) fn usual(&self) -> &Usual {
        &self.common.usual
    }

    /// Owns the live state of the node at a place.
    pub(crate) fn own(&self, place: usize) -> Owned {
        self.owners.own(place)
    }

    pub(crate) fn live(&self) -> &[Arc<Live>] {
        &self.live
    }
}
