//! What one pick reads: the nodes and their live state, in one piece.

use std::{collections::HashMap, sync::Arc};

use super::{live::Live, usual::Usual};
use crate::{
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
    usual: Arc<Usual>,
}

impl Snapshot {
    pub(crate) fn new(topology: Topology) -> Self {
        let usual = Arc::<Usual>::default();
        let live = topology
            .nodes()
            .iter()
            .map(|node| Arc::new(Live::new(Arc::clone(node), Arc::clone(&usual))));
        Self {
            live: live.collect(),
            usual,
            topology: Arc::new(topology),
        }
    }

    /// The snapshot that follows, or `None` if the nodes are the same. Nodes that stay keep their state,
    /// with the requests that are in flight at them.
    pub(crate) fn successor(&self, nodes: Vec<Node>) -> Result<Option<Self>, TopologyError> {
        let topology = self.topology.successor(nodes)?;
        if topology.same_nodes(&self.topology) {
            return Ok(None);
        }
        let known: HashMap<_, _> = self
            .live
            .iter()
            .map(|live| (live.node().origin(), live))
            .collect();
        let live = topology
            .nodes()
            .iter()
            .map(|node| match known.get(node.origin()) {
                Some(live) if live.node() == node => Arc::clone(live),
                // A node that moved to another rack is a new one.
                _ => Arc::new(Live::new(Arc::clone(node), Arc::clone(&self.usual))),
            });
        Ok(Some(Self {
            live: live.collect(),
            usual: Arc::clone(&self.usual),
            topology: Arc::new(topology),
        }))
    }

    pub(crate) fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    pub(crate) fn usual(&self) -> &Usual {
        &self.usual
    }

    pub(crate) fn live(&self) -> &[Arc<Live>] {
        &self.live
    }
}
