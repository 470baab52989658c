//! A cluster that checks signatures, and a stack whose times suit a test.

use std::time::Duration;

use aws_credential_types::Credentials;
use tower_muster::discover::Pace;
use tower_muster_alternator::{Alternator, Config};
use tower_muster_testkit::TestCluster;

/// The access key id that clusters know.
pub const ACCESS_KEY: &str = "alternator";

/// Its secret.
pub const SECRET: &str = "secret_pass";

/// The datacenter of every topology here, unless a test says otherwise.
pub const DATACENTER: &str = "dc1";

/// Starts a cluster that refuses what is not signed well.
pub async fn start(topology: &str) -> TestCluster {
    TestCluster::builder()
        .topology(topology)
        .credentials(ACCESS_KEY, SECRET)
        .start()
        .await
        .expect("a cluster")
}

/// Begins a stack over all nodes of [`DATACENTER`].
///
/// It looks for nodes every 50 ms, so that a test sees a change soon, and gives a silent node 5 s: nobody is late
/// because the machine is busy. Where silence is what a test is about, see [`impatient`].
pub fn config(cluster: &TestCluster) -> Config {
    let pace = Pace::new(Duration::from_millis(50), Duration::from_secs(60)).expect("a pace");
    Alternator::at_any(cluster.urls())
        .datacenter(DATACENTER)
        .pace(pace)
        .attempt_timeout(Duration::from_secs(5))
        .deadline(Duration::from_secs(20))
}

/// Gives a silent node half a second only: a busy machine may have an attempt given up that would have been
/// answered.
pub fn impatient(config: Config) -> Config {
    config
        .attempt_timeout(Duration::from_millis(500))
        .deadline(Duration::from_secs(5))
}

/// The credentials that clusters know, for a stack that signs.
pub fn credentials() -> Credentials {
    Credentials::new(ACCESS_KEY, SECRET, None, None, "tests")
}

/// How many signatures the nodes have refused.
pub fn signature_failures(cluster: &TestCluster) -> u64 {
    let failures = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().signature_failures);
    failures.sum()
}
