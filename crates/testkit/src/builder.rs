//! How a cluster is described before it starts.

use std::net::Ipv4Addr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::{self, Runtime};

use crate::address;
use crate::cluster::TestCluster;
use crate::engine::{Engine, Tables};
use crate::error::StartError;
use crate::lwt::{Rules, WriteIsolation};
use crate::node::{Node, Shared, TestNode, begin};
use crate::signature::{Credentials, Role};
use crate::split::Split;
use crate::tls::{Certificates, Tls};
use crate::topology::Topology;
use crate::version::Version;

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
    joining: Option<String>,
    version: Version,
    isolation: WriteIsolation,
    rules: Rules,
    tls: Option<Tls>,
    http2: bool,
}

impl Default for TestClusterBuilder {
    fn default() -> Self {
        Self {
            topology: "dc1:rack1=3,rack2=3,rack3=3".to_owned(),
            port: 0,
            first_address: None,
            credentials: Credentials::default(),
            staleness: Duration::from_secs(1),
            joining: None,
            version: Version::default(),
            isolation: WriteIsolation::default(),
            rules: Rules::default(),
            tls: None,
            http2: false,
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
        let role = Role::Secret(secret.into());
        self.credentials.insert(access_key.into(), role);
        self
    }

    /// Adds a role with `login=false`: whoever signs with it is told so.
    #[must_use]
    pub fn role_without_login(mut self, access_key: impl Into<String>) -> Self {
        self.credentials.insert(access_key.into(), Role::NoLogin);
        self
    }

    /// Adds a role without a password: whoever signs with it is told so.
    #[must_use]
    pub fn role_without_password(mut self, access_key: impl Into<String>) -> Self {
        self.credentials.insert(access_key.into(), Role::NoPassword);
        self
    }

    /// Sets how long its peers list a node that was killed or cut off.
    ///
    /// The default is 1 s, so that a test sees both sides of it. A real
    /// cluster takes up to 20 s (`failure_detector_timeout_in_ms`).
    #[must_use]
    pub fn staleness(mut self, staleness: Duration) -> Self {
        self.staleness = staleness;
        self
    }

    /// Adds nodes that are not members yet, written as the topology is.
    ///
    /// They come after all others, in racks that may be there already. They are
    /// in nobody's list and refuse connections until they
    /// [`join`](TestNode::join). The default is none.
    #[must_use]
    pub fn joining(mut self, text: impl Into<String>) -> Self {
        self.joining = Some(text.into());
        self
    }

    /// Sets the release that all nodes behave as.
    ///
    /// The default is the newest; see [`TestNode::set_version`] for clusters of
    /// several.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Sets which writes are lightweight transactions.
    ///
    /// The default is [`WriteIsolation::OnlyRmw`]. A table's tag
    /// `system:write_isolation` goes before it.
    #[must_use]
    pub fn write_isolation(mut self, isolation: WriteIsolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// Sets how long a lightweight transaction holds its partition.
    ///
    /// It is held from its turn until this long after the engine has run it,
    /// and is answered then. The default is 1 ms, about what the rounds of a
    /// real one take inside a datacenter; the timer has steps of 1 ms.
    #[must_use]
    pub fn transaction_hold(mut self, hold: Duration) -> Self {
        self.rules.hold = hold;
        self
    }

    /// Sets how often transactions of two nodes at one partition collide.
    ///
    /// The default is 1, always; 0 is never. The later one is answered with
    /// `write timeout due to uncertainty` and status 500.
    #[must_use]
    pub fn conflict_probability(mut self, probability: f64) -> Self {
        self.rules.probability = probability;
        self
    }

    /// Sets whether a transaction that collided was executed all the same.
    ///
    /// The default is that it was not. The client is told the same.
    #[must_use]
    pub fn execute_conflicting(mut self, executed: bool) -> Self {
        self.rules.executed = executed;
        self
    }

    /// Has the nodes speak TLS on their port, and nothing else there.
    ///
    /// The cluster makes an authority of its own, [`TestCluster::ca_pem`], which lives
    /// as long as it does. The default is plain HTTP.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Has the nodes speak HTTP/2 too, which no release of the server does.
    ///
    /// With TLS it is agreed on by ALPN; without, the client has to know beforehand
    /// (RFC 9113, section 3.3). The default is false: HTTP/1.1 only, and no ALPN.
    #[must_use]
    pub fn http2(mut self, spoken: bool) -> Self {
        self.http2 = spoken;
        self
    }

    /// Starts the cluster; when it returns, every member accepts connections.
    ///
    /// # Errors
    ///
    /// Returns a [`StartError`] that names what cannot be read or listened on.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, nothing is left running.
    pub async fn start(self) -> Result<TestCluster, StartError> {
        let mut places = self.topology.parse::<Topology>()?.places;
        let members = places.len();
        if let Some(joining) = &self.joining {
            places.extend(joining.parse::<Topology>()?.places);
        }
        let count = places.len();
        let mut sockets = address::listen_all(self.first_address, self.port, count)?;
        let engine = Engine::start()?;
        let certificates = self.tls.is_some().then(Certificates::new).transpose()?;
        let tls = self.tls.clone();
        let mut nodes = Vec::with_capacity(count);
        for (place, socket) in places.into_iter().zip(&sockets) {
            let address = socket.local_addr();
            let address = address.map_err(|source| StartError::Runtime { source })?;
            nodes.push(Node::new(address, place, count, self.version));
        }
        // Those that are joining know their address, and refuse connections.
        sockets.truncate(members);
        // From here on nothing may fail before the cluster owns it: a runtime that is
        // dropped as such panics in async code.
        let runtime = own_runtime()?;
        let shared = Arc::new(self.shared(nodes, engine, certificates, &runtime));
        let handles = (0..count).map(|index| TestNode::new(&shared, index));
        let cluster = TestCluster::new(handles.collect(), runtime);
        for node in cluster.nodes() {
            if let Some(tls) = &tls {
                node.set_tls(tls.clone())?;
            }
        }
        for joining in members..count {
            shared.set_listed(joining, false);
        }
        for (index, socket) in sockets.into_iter().enumerate() {
            begin(&shared, index, socket)?;
        }
        Ok(cluster)
    }

    fn shared(
        self,
        nodes: Vec<Node>,
        engine: Engine,
        certificates: Option<Certificates>,
        runtime: &Runtime,
    ) -> Shared {
        Shared {
            nodes,
            engine,
            tables: Tables::default(),
            verifies: !self.credentials.is_empty(),
            credentials: Mutex::new(self.credentials),
            certificates,
            http2: self.http2,
            staleness: self.staleness,
            split: Split::default(),
            isolation: self.isolation,
            conflict_rules: self.rules,
            partitions: Arc::default(),
            runtime: runtime.handle().clone(),
            gone: AtomicBool::new(false),
        }
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
