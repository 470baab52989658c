//! What can be wrong with a list of nodes.

use std::{error::Error, fmt};

use crate::{attempt::NoNode, topology::TopologyError};

/// Says why nodes do not make a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClusterError {
    /// The list of nodes is empty.
    Empty,
    /// The list of nodes is too long.
    Topology(TopologyError),
}

impl From<TopologyError> for ClusterError {
    fn from(error: TopologyError) -> Self {
        Self::Topology(error)
    }
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("nodes: the list is empty"),
            Self::Topology(_) => f.write_str("nodes: the list is no topology"),
        }
    }
}

impl Error for ClusterError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Empty => None,
            Self::Topology(error) => Some(error),
        }
    }
}

/// Says why discovery has no list of nodes to show.
#[derive(Debug, Clone)]
pub struct DiscoverError {
    reason: NoNode,
}

impl DiscoverError {
    pub(crate) fn new(reason: NoNode) -> Self {
        Self { reason }
    }

    /// Returns the reason, as a call would get it.
    #[must_use]
    pub fn reason(&self) -> &NoNode {
        &self.reason
    }
}

impl fmt::Display for DiscoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the nodes of the cluster are not known")
    }
}

impl Error for DiscoverError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.reason)
    }
}
