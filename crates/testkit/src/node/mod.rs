//! One node: its handle, its faults, what it counts.

mod close;
mod counters;
mod faults;
mod gate;
mod handshake;
mod hearing;
mod hosts;
mod lifecycle;
mod listener;
mod orders;
mod says;
mod security;
mod seen;
mod serve;
mod settings;
mod shared;
mod state;
mod traffic;
mod view;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

pub use close::Close;
pub use counters::Counters;
pub use faults::{Failure, Fault, Faults, Injection, Reset};
pub use state::NodeState;

pub(crate) use counters::count;
pub(crate) use faults::Hit;
pub(crate) use gate::Inside;
pub(crate) use lifecycle::begin;
pub(crate) use settings::Settings;
pub(crate) use shared::{Node, Shared};

use crate::sync::lock;

/// A handle to one node of a test cluster.
///
/// All methods may be called from any runtime, and from none.
///
/// # Clone
///
/// A clone is a handle to the same node. A handle that outlives its cluster
/// still reads counters; the node itself is gone.
#[derive(Clone)]
pub struct TestNode {
    pub(crate) shared: Arc<Shared>,
    pub(crate) index: usize,
}

impl TestNode {
    pub(crate) fn new(shared: &Arc<Shared>, index: usize) -> Self {
        Self {
            shared: Arc::clone(shared),
            index,
        }
    }

    fn node(&self) -> &Node {
        &self.shared.nodes[self.index]
    }

    /// Returns the address that the node listens on.
    pub fn address(&self) -> SocketAddr {
        self.node().address
    }

    /// Returns the node's URL, `http://<ip>:<port>`, or `https:` with TLS.
    pub fn url(&self) -> String {
        let scheme = match self.shared.certificates {
            Some(_) => "https",
            None => "http",
        };
        format!("{scheme}://{}", self.address())
    }

    /// Returns the name of the node's datacenter.
    pub fn datacenter(&self) -> &str {
        &self.node().place.datacenter
    }

    /// Returns the name of the node's rack.
    pub fn rack(&self) -> &str {
        &self.node().place.rack
    }

    /// Returns whether the node listens.
    pub fn state(&self) -> NodeState {
        lock(&self.node().life).state
    }

    /// Returns what the node has counted so far.
    pub fn counters(&self) -> Counters {
        self.node().counters.snapshot()
    }

    /// Returns the different Host headers that requests came with.
    ///
    /// The node's own `ip:port` comes first if it was seen. A request without
    /// the header counts as an empty value. At most 64 others are kept.
    pub fn hosts(&self) -> Vec<String> {
        self.node().hosts.seen()
    }

    /// Returns the id that the system tables have for the node.
    ///
    /// It is another one after the node has left and joined again.
    pub fn host_id(&self) -> String {
        lock(&self.node().host_id).clone()
    }
}

impl fmt::Debug for TestNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestNode")
            .field("address", &self.address())
            .field("datacenter", &self.datacenter())
            .field("rack", &self.rack())
            .field("state", &self.state())
            .finish()
    }
}

#[cfg(test)]
mod tests;
