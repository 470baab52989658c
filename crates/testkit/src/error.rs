//! Why a cluster, a node or the control address did not start.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use crate::tls::TlsError;
use crate::topology::TopologyError;

/// The reason why something that listens did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The topology's text cannot be read.
    Topology(TopologyError),
    /// A node or the control address would be reachable from elsewhere.
    NotLoopback {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The nodes do not fit between the first address and 127.255.255.254.
    NoRoom {
        /// The first address that was asked for.
        first: Ipv4Addr,
        /// The number of nodes.
        nodes: usize,
    },
    /// An address could not be listened on.
    Listen {
        /// The address; port 0 when any port would have done.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The node has not joined the cluster, or has left it.
    NotAMember {
        /// The node's address.
        address: SocketAddr,
    },
    /// The node's cluster was dropped.
    ClusterGone {
        /// The node's address.
        address: SocketAddr,
    },
    /// The authority or a certificate could not be made.
    Tls(TlsError),
    /// The engine could not be opened, or its thread not started.
    Engine {
        /// What the engine or the system said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The cluster's own runtime could not be started.
    Runtime {
        /// What the system said.
        source: io::Error,
    },
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topology(_) => f.write_str("the cluster's topology cannot be read"),
            Self::NotLoopback { address } => write!(
                f,
                "address {address} is not a loopback address, and the test cluster has no protection of its own"
            ),
            Self::NoRoom { first, nodes } => {
                write!(
                    f,
                    "{nodes} nodes do not fit into the loopback addresses from {first} on"
                )
            }
            Self::Listen { address, .. } => write!(f, "cannot listen on {address}"),
            Self::NotAMember { address } => {
                write!(
                    f,
                    "node {address} is no member of the cluster; it has to join"
                )
            }
            Self::ClusterGone { address } => {
                write!(f, "the cluster of node {address} was dropped")
            }
            Self::Tls(_) => f.write_str("the cluster's TLS cannot be set up"),
            Self::Engine { .. } => f.write_str("cannot start the database engine"),
            Self::Runtime { .. } => f.write_str("cannot start the cluster's runtime"),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Topology(source) => Some(source),
            Self::Tls(source) => Some(source),
            Self::Listen { source, .. } | Self::Runtime { source } => Some(source),
            Self::Engine { source } => Some(&**source),
            Self::NotLoopback { .. }
            | Self::NoRoom { .. }
            | Self::NotAMember { .. }
            | Self::ClusterGone { .. } => None,
        }
    }
}

impl From<TopologyError> for StartError {
    fn from(error: TopologyError) -> Self {
        Self::Topology(error)
    }
}

impl From<TlsError> for StartError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}
