//! A cluster that goes on listing its dead, a stack with its defaults, and the SDK's client.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use tower_muster::BoxError;
use tower_muster_alternator::{Alternator, Stack};
use tower_muster_testkit::{StartError, TestCluster};

use crate::live::{sdk, table};

pub(super) const NODES: usize = 3;

/// For how long a dead node's peers list it: longer than this takes.
const STALENESS: Duration = Duration::from_secs(3600);

pub(super) struct Scene {
    pub(super) nodes: TestCluster,
    pub(super) stack: Stack,
    pub(super) client: Client,
}

impl Scene {
    /// With an empty table.
    pub(super) async fn start() -> Result<Self, BoxError> {
        let nodes = nodes().await?;
        let stack = Alternator::at_any(nodes.urls()).signed_above().build()?;
        let client = sdk::unsigned(stack.http_client());
        table::create(&client).await?;
        Ok(Self {
            nodes,
            stack,
            client,
        })
    }
}

pub(super) async fn nodes() -> Result<TestCluster, StartError> {
    TestCluster::builder()
        .topology(format!("dc1:rack1={NODES}"))
        .staleness(STALENESS)
        .start()
        .await
}
