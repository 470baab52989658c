//! The cluster in this process, and who may call it.

use aws_credential_types::Credentials;
use tower_muster_testkit::{Counters, TestCluster, TestClusterBuilder};

/// Of signatures; Alternator takes any.
pub(crate) const REGION: &str = "us-east-1";

const ACCESS_KEY: &str = "alternator";
const SECRET: &str = "secret_pass";

/// Who may call where signatures are checked.
pub(crate) fn credentials() -> Credentials {
    Credentials::new(ACCESS_KEY, SECRET, None, None, "bench")
}

/// Begins a cluster that refuses what is not signed well.
pub(crate) fn verifying(topology: &str) -> TestClusterBuilder {
    TestCluster::builder()
        .topology(topology)
        .credentials(ACCESS_KEY, SECRET)
}

/// Adds up what all nodes have counted.
pub(crate) fn sum(cluster: &TestCluster, count: impl Fn(&Counters) -> u64) -> u64 {
    cluster
        .nodes()
        .iter()
        .map(|node| count(&node.counters()))
        .sum()
}
