//! How a cluster is described before it starts.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::runtime::{self, Runtime};

use crate::address;
use crate::cluster::TestCluster;
use crate::engine::Engine;
use crate::error::StartError;
use crate::node::{Node, Shared, TestNode, begin};
use crate::signature::Credentials;
use crate::topology::Topology;

/// The threads that serve all nodes of a cluster; the engine has one more.
const WORKERS: usize = 2;

/// Describes a cluster: its nodes, addresses, and who may call.
///
/// Made by [`TestCluster::builder`].
#[derive(Clone, Debug)]
pub struct TestClusterBuilder {
    topology: String,
    port: u16,
    first_address: Option<Ipv4Addr>,
    credentials: Credentials,
    staleness: Duration,
}

impl Default for TestClusterBuilder {
    fn default() -> Self {
        Self {
            topology: "dc1:rack1=3,rack2=3,rack3=3".to_owned(),
            port: 0,
            first_address: None,
            credentials: Credentials::default(),
            staleness: Duration::from_secs(1),
        }
    }
}

impl TestClusterBuilder {
    /// Sets the datacenters, their racks and the nodes of each rack.
    ///
    /// Racks are separated by `,` and datacenters by `;`:
    /// `dc1:rack1=3,rack2=3;dc2:rackA=2`. At most 254 nodes. The default is
    /// nine nodes, `dc1:rack1=3,rack2=3,rack3=3`: the usual replication factor
    /// of three, three times.
    #[must_use]
    pub fn topology(mut self, text: impl Into<String>) -> Self {
        self.topology = text.into();
        self
    }

    /// Sets the one port that all nodes listen on.
    ///
    /// The default is 0: a port that is free on all of the addresses.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the address of the first node; the others follow in a row.
    ///
    /// The default is the first address of a block 127.x.y.0/24 that other
    /// clusters of this machine do not use, so that tests can run side by
    /// side. Only Linux listens on all of 127.0.0.0/8 without being told to.
    #[must_use]
    pub fn first_address(mut self, address: impl Into<Ipv4Addr>) -> Self {
        self.first_address = Some(address.into());
        self
    }

    /// Adds a pair of access key id and secret that may call.
    ///
    /// With none, the default, nothing is verified.
    #[must_use]
    pub fn credentials(mut self, access_key: impl Into<String>, secret: impl Into<String>) -> Self {
        self.credentials.insert(access_key.into(), secret.into());
        self
    }

    /// Sets how long its peers list a node that was killed.
    ///
    /// The default is 1 s, so that a test sees both sides of it. A real
    /// cluster takes up to 20 s (`failure_detector_timeout_in_ms`).
    #[must_use]
    pub fn staleness(mut self, staleness: Duration) -> Self {
        self.staleness = staleness;
        self
    }

    /// Starts the cluster; when it returns, every node accepts connections.
    ///
    /// # Errors
    ///
    /// Returns a [`StartError`] that names what cannot be read or listened on.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, nothing is left running.
    pub async fn start(self) -> Result<TestCluster, StartError> {
        let topology: Topology = self.topology.parse()?;
        let count = topology.places.len();
        let sockets = address::listen_all(self.first_address, self.port, count)?;
        let engine = Engine::start()?;
        let mut nodes = Vec::with_capacity(count);
        for (place, socket) in topology.places.into_iter().zip(&sockets) {
            let address = socket.local_addr();
            let address = address.map_err(|source| StartError::Runtime { source })?;
            nodes.push(Node::new(address, place, count));
        }
        // From here on nothing may fail before the cluster owns it: a runtime that is
        // dropped as such panics in async code.
        let runtime = own_runtime()?;
        let shared = Arc::new(Shared {
            nodes,
            engine,
            credentials: self.credentials,
            staleness: self.staleness,
            runtime: runtime.handle().clone(),
            gone: AtomicBool::new(false),
        });
        let cluster = TestCluster::new(
            (0..count)
                .map(|index| TestNode::new(&shared, index))
                .collect(),
            runtime,
        );
        for (index, socket) in sockets.into_iter().enumerate() {
            begin(&shared, index, socket)?;
        }
        Ok(cluster)
    }
}

/// The nodes have threads of their own: neither a paused clock nor a busy
/// thread of the caller's runtime holds them up.
fn own_runtime() -> Result<Runtime, StartError> {
    runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("testkit-node")
        .enable_io()
        .enable_time()
        .build()
        .map_err(|source| StartError::Runtime { source })
}
