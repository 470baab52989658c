//! A read whose node has become slow is answered by another, with no timeout in play; a write waits.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::time::Duration;

use tower_muster::failover::{Budget, Hedge};
use tower_muster_alternator::Stack;
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{Recorder, Result, Table, config, signing_sdk, start, until};

/// Longer than any test is waited for.
const FOR_EVER: Duration = Duration::from_secs(3_600);

struct Scene {
    cluster: TestCluster,
    client: Recorder,
    stack: Stack<Recorder>,
    table: Table,
}

impl Scene {
    /// Starts a cluster whose nodes are known by how they answer.
    async fn start() -> Result<Self> {
        let cluster = start("dc1:rack1=3").await;
        let client = Recorder::new();
        let hedge = Hedge::default()
            .budget(Budget::new(1.0, 10.0)?)
            // Nothing is late because the machine is busy.
            .at_least(Duration::from_millis(100));
        let stack = config(&cluster)
            .attempt_timeout(FOR_EVER)
            .deadline(FOR_EVER)
            .no_probing()
            .hedge(hedge)
            .signed_above()
            .build_over(client.clone())?;
        let table = Table::create(signing_sdk(stack.http_client())).await?;
        table.put("k", "value").await?;
        until("the nodes are known", async || {
            table.get("k").await.unwrap();
            stack.cluster().hedge_after().is_some()
        })
        .await;
        Ok(Self {
            cluster,
            client,
            stack,
            table,
        })
    }

    fn victim(&self) -> &TestNode {
        &self.cluster.nodes()[1]
    }

    fn in_flight(&self) -> u32 {
        let nodes = self.stack.cluster().nodes();
        nodes.iter().map(|node| node.in_flight()).sum()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_are_answered_although_a_node_takes_for_ever() -> Result {
    let scene = Scene::start().await?;
    let before = scene.victim().counters().attempts;
    scene.victim().slow(FOR_EVER);
    until("the slow node is asked", async || {
        assert_eq!(
            scene.table.get("k").await.unwrap().as_deref(),
            Some("value")
        );
        scene.victim().counters().attempts > before
    })
    .await;
    assert_eq!(scene.table.get("k").await?.as_deref(), Some("value"));
    until("the slow attempt is dropped", async || {
        scene.in_flight() == 0
    })
    .await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_is_not_sent_to_a_second_node_while_the_first_may_still_carry_it_out() -> Result {
    let scene = Scene::start().await?;
    scene
        .cluster
        .nodes()
        .iter()
        .for_each(|node| node.slow(FOR_EVER));
    scene.client.clear();
    let hedges = scene.stack.cluster().hedge_after().unwrap();
    let patience = hedges.max(Duration::from_millis(100)) * 5;
    let write = tokio::time::timeout(patience, scene.table.put("k", "other")).await;
    assert!(write.is_err(), "it waits");
    assert_eq!(scene.client.sent().len(), 1);
    Ok(())
}
