//! A cluster that speaks TLS, stacks that trust it, and files for what is given by path.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use tower_muster::{Node, health::Thresholds};
use tower_muster_alternator::{Alternator, ClientBuilder, Config, Tls};
use tower_muster_testkit::{TestCluster, TestNode, Tls as NodeTls};

use super::cluster::{ACCESS_KEY, SECRET, config, credentials};

/// More than a handshake or an answer takes on a busy machine, where nothing is silent on purpose.
const LONG: Duration = Duration::from_secs(8);

/// Starts a cluster over TLS that refuses what is not signed well.
pub async fn start_tls(topology: &str, tls: NodeTls) -> TestCluster {
    let builder = TestCluster::builder().topology(topology).tls(tls);
    let builder = builder.credentials(ACCESS_KEY, SECRET);
    builder.start().await.expect("a cluster")
}

/// Trusts a cluster's authority, and no other.
pub fn trust(cluster: &TestCluster) -> Tls {
    Tls::new().ca_pem(cluster.ca_pem())
}

/// A client whose connections may take long to make, and that trusts the cluster if there is TLS.
pub fn client(cluster: &TestCluster) -> ClientBuilder {
    let client = ClientBuilder::new().connect_timeout(LONG);
    match cluster.ca_pem() {
        "" => client,
        _ => client.tls(trust(cluster)),
    }
}

/// Begins a stack that finds its nodes, trusts them, and is in no hurry; nobody signs yet.
pub fn trusting(cluster: &TestCluster) -> Config {
    patient(config(cluster)).client(client(cluster))
}

/// Begins a stack over these nodes, which asks nobody for others and probes none: what is sent is the calls.
///
/// It signs, trusts the nodes and is in no hurry.
pub fn quiet<'a>(cluster: &TestCluster, nodes: impl IntoIterator<Item = &'a TestNode>) -> Config {
    let nodes = nodes.into_iter().map(|node| Node::new(&node.url()));
    let nodes: Vec<_> = nodes.collect::<Result<_, _>>().expect("origins");
    let config = patient(Alternator::at_nodes(nodes)).client(client(cluster));
    config.credentials(credentials(), "us-east-1").no_probing()
}

/// Gives every attempt and every call long, and what is down a short time to come back.
pub fn patient(config: Config) -> Config {
    let waits = Duration::from_millis(20)..=Duration::from_millis(200);
    let thresholds = Thresholds::default().waits(*waits.start(), *waits.end());
    config
        .attempt_timeout(LONG)
        .deadline(2 * LONG)
        .thresholds(thresholds.expect("waits"))
}

/// Handshakes that were complete at these nodes: those that began a session, and those that resumed one.
pub fn handshakes<'a>(nodes: impl IntoIterator<Item = &'a TestNode>) -> (u64, u64) {
    let each = nodes.into_iter().map(TestNode::counters);
    each.fold((0, 0), |(full, resumed), node| {
        (full + node.tls_full, resumed + node.tls_resumed)
    })
}

/// Is a folder of a test's own, which goes with it.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one; `name` is the test's.
    pub fn new(name: &str) -> Self {
        let folder = format!("tower-muster-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    /// Returns the path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file and returns its path.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("a file");
        path
    }
}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
