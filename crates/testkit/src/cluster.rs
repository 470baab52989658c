//! The running cluster.

use std::borrow::Borrow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::builder::TestClusterBuilder;
use crate::control;
use crate::error::StartError;
use crate::node::TestNode;
use crate::split::{Split, sides};
use crate::sync::lock;

/// A running cluster; dropping it stops everything.
///
/// Its nodes run on threads of their own, so it can be used from any runtime,
/// also one with a paused clock, and dropped inside async code.
#[derive(Debug)]
pub struct TestCluster {
    nodes: Arc<[TestNode]>,
    /// There until the cluster is dropped.
    runtime: Option<Runtime>,
}

impl TestCluster {
    /// Returns a builder with nine nodes in three racks of one datacenter.
    pub fn builder() -> TestClusterBuilder {
        TestClusterBuilder::default()
    }

    pub(crate) fn new(nodes: Vec<TestNode>, runtime: Runtime) -> Self {
        Self {
            nodes: nodes.into(),
            runtime: Some(runtime),
        }
    }

    /// Returns all nodes, in the order of the topology; those that are joining come last.
    pub fn nodes(&self) -> &[TestNode] {
        &self.nodes
    }

    /// Returns the node with this address, `127.0.0.3` or `127.0.0.3:8000`.
    pub fn node(&self, address: &str) -> Option<&TestNode> {
        find(&self.nodes, address)
    }

    /// Returns the nodes of one rack; none if there is no such rack.
    pub fn rack(&self, datacenter: &str, rack: &str) -> Vec<&TestNode> {
        let nodes = self.nodes.iter();
        nodes
            .filter(|node| node.datacenter() == datacenter && node.rack() == rack)
            .collect()
    }

    /// Returns the nodes of one datacenter; none if there is no such one.
    pub fn datacenter(&self, datacenter: &str) -> Vec<&TestNode> {
        self.nodes
            .iter()
            .filter(|node| node.datacenter() == datacenter)
            .collect()
    }

    /// Returns the port that all nodes listen on.
    pub fn port(&self) -> u16 {
        self.nodes.first().map_or(0, |node| node.address().port())
    }

    /// Returns the URLs of all nodes, `http://<ip>:<port>`, or `https:` with TLS.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(TestNode::url).collect()
    }

    /// Makes every node answer `/localnodes` with exactly this list.
    ///
    /// See [`TestNode::set_local_nodes`]; ended by [`TestNode::restore_view`].
    pub fn set_local_nodes<T: AsRef<str>>(&self, entries: impl IntoIterator<Item = T>) {
        let entries: Vec<T> = entries.into_iter().collect();
        for node in self.nodes.iter() {
            node.set_local_nodes(entries.iter().map(AsRef::as_ref));
        }
    }

    /// Cuts the network between groups of nodes; clients reach all of them.
    ///
    /// Nodes that are in no group make one more. At once, whatever needs a quorum
    /// is refused by a node whose group has no majority of its datacenter's nodes:
    /// writes, changes of tables and consistent reads get `Cannot achieve
    /// consistency level ...` with status 500 and are not executed. After the
    /// cluster's [staleness](TestClusterBuilder::staleness) each group lists its
    /// own nodes only. `GET /` and other reads are answered as ever.
    ///
    /// ```
    /// # use tower_muster_testkit::TestCluster;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cluster = TestCluster::builder().topology("dc1:r1=1,r2=2").start().await?;
    /// cluster.partition([cluster.rack("dc1", "r1"), cluster.rack("dc1", "r2")]);
    /// cluster.heal_partition();
    /// # Ok(())
    /// # }
    /// ```
    pub fn partition<N: Borrow<TestNode>>(
        &self,
        groups: impl IntoIterator<Item = impl IntoIterator<Item = N>>,
    ) {
        if let Some(first) = self.nodes.first() {
            Split::cut(&first.shared, sides(self.nodes.len(), groups));
        }
    }

    /// Makes the network whole; all nodes list each other again at once.
    pub fn heal_partition(&self) {
        if let Some(first) = self.nodes.first() {
            Split::cut(&first.shared, Vec::new());
        }
    }

    /// Changes the secret of an access key, which each node learns for itself.
    ///
    /// A node remembers a key for a minute of its clock, and forgets it when a
    /// signature is wrong: the old secret goes on working at a node that
    /// remembers it, and the first request with the new one fails there. Returns
    /// false, and changes nothing, if nobody has that access key.
    pub fn change_secret(&self, access_key: &str, secret: impl Into<String>) -> bool {
        let Some(first) = self.nodes.first() else {
            return false;
        };
        lock(&first.shared.credentials).change(access_key, secret.into())
    }

    /// Serves the [control address](crate::control).
    ///
    /// It is there until the cluster is dropped. Returns the address, which has a port also where 0 was asked for.
    ///
    /// # Errors
    ///
    /// Returns [`StartError::NotLoopback`] for an address that others can
    /// reach: whoever reaches it may kill nodes. Returns
    /// [`StartError::Listen`] if the address cannot be listened on.
    pub fn control(&self, address: SocketAddr) -> Result<SocketAddr, StartError> {
        match &self.runtime {
            Some(runtime) => control::serve(runtime.handle(), &self.nodes, address),
            None => Ok(address),
        }
    }
}

impl Drop for TestCluster {
    fn drop(&mut self) {
        for node in self.nodes.iter() {
            node.end();
        }
        if let Some(runtime) = self.runtime.take() {
            // In the background: a runtime must not wait for another one's threads.
            runtime.shutdown_background();
        }
    }
}

pub(crate) fn find<'a>(nodes: &'a [TestNode], address: &str) -> Option<&'a TestNode> {
    let (ip, port): (IpAddr, Option<u16>) = match address.parse::<SocketAddr>() {
        Ok(address) => (address.ip(), Some(address.port())),
        Err(_) => (address.parse().ok()?, None),
    };
    nodes.iter().find(|node| {
        let own = node.address();
        own.ip() == ip && port.is_none_or(|port| own.port() == port)
    })
}
