//! The SDK's timeouts hold: that of connecting ends an attempt, which moves to another node, and that of
//! reading ends the call. Each pair has one stack, whose connections are kept.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use aws_sdk_dynamodb::config::{Builder, StalledStreamProtectionConfig, timeout::TimeoutConfig};
use tokio::time::timeout;
use tower_muster::Node;
use tower_muster_alternator::{Alternator, Config};
use tower_muster_smithy::http_client_with;
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{InOrder, Result, Table, credentials, hyper_client, signing_sdk, start};

/// What a test that hangs would run into.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

fn timeouts(connect: Option<Duration>, read: Option<Duration>) -> TimeoutConfig {
    let mut timeouts = TimeoutConfig::builder();
    timeouts.set_connect_timeout(connect).set_read_timeout(read);
    timeouts.build()
}

/// A stack with all the patience there is, that sends nothing but the calls and asks the first node first.
fn patient(cluster: &TestCluster) -> Result<Config> {
    let nodes: Result<Vec<_>, _> = cluster.urls().iter().map(|url| Node::new(url)).collect();
    let config = Alternator::at_nodes(nodes?).policy(InOrder).no_probing();
    let config = config
        .connect_timeout(LONG)
        .attempt_timeout(LONG)
        .deadline(LONG);
    Ok(config.signed_above())
}

async fn cluster_with_table() -> Result<TestCluster> {
    let cluster = start("dc1:rack1=3").await;
    Table::create(signing_sdk(patient(&cluster)?.http_client()?)).await?;
    Ok(cluster)
}

#[tokio::test]
async fn the_read_timeout_ends_a_call_that_is_not_answered() -> Result {
    let cluster = cluster_with_table().await?;
    for node in cluster.nodes() {
        node.black_hole();
    }
    let sdk = signing_sdk(patient(&cluster)?.http_client()?);
    let table = Table::of(sdk.timeout_config(timeouts(None, Some(SHORT))));
    let failure = timeout(LONG / 2, table.get("k")).await?.unwrap_err();
    assert!(
        failure.to_string().contains("read timeout of 300ms"),
        "{failure}"
    );
    Ok(())
}

#[tokio::test]
async fn the_connect_timeout_moves_a_call_to_another_node_unsent() -> Result {
    let cluster = cluster_with_table().await?;
    cluster.nodes()[0].drop_syns().await?;
    let sdk = signing_sdk(patient(&cluster)?.http_client()?);
    let table = Table::of(sdk.timeout_config(timeouts(Some(SHORT), None)));
    // Only what was never sent may be sent again.
    timeout(LONG / 2, table.add("k")).await??;
    assert_eq!(table.count("k").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_stack_that_connects_in_less_keeps_its_own_connect_timeout() -> Result {
    let cluster = cluster_with_table().await?;
    cluster.nodes()[0].drop_syns().await?;
    let stack = patient(&cluster)?.connect_timeout(SHORT);
    let table =
        Table::of(signing_sdk(stack.http_client()?).timeout_config(timeouts(Some(LONG), None)));
    timeout(LONG / 2, table.add("k")).await??;
    assert_eq!(table.count("k").await?, 1);
    Ok(())
}

#[tokio::test]
async fn each_connect_timeout_has_one_pool_that_is_kept() -> Result {
    let cluster = cluster_with_table().await?;
    let node = &cluster.nodes()[0];
    let client = patient(&cluster)?.http_client()?;
    let before = node.counters();
    for connect in [1, 2] {
        let timeouts = timeouts(Some(Duration::from_secs(connect)), Some(LONG));
        let table = Table::of(signing_sdk(client.clone()).timeout_config(timeouts));
        for _ in 0..100 {
            table.get("k").await?;
        }
    }
    let after = node.counters();
    assert_eq!(after.attempts - before.attempts, 200);
    assert_eq!(after.connections - before.connections, 2);
    Ok(())
}

#[tokio::test]
async fn each_pair_of_timeouts_has_one_stack_of_its_own() -> Result {
    let cluster = cluster_with_table().await?;
    let node = &cluster.nodes()[0];
    let made = Arc::<AtomicUsize>::default();
    let (counted, patient) = (Arc::clone(&made), patient(&cluster)?);
    let client = http_client_with(move |_| {
        counted.fetch_add(1, Relaxed);
        let stack = patient.clone().build_over(hyper_client()).unwrap();
        stack.service()
    });
    let before = node.counters();
    for (connect, read) in [(1, 1), (1, 2), (2, 1)] {
        let pair = [connect, read].map(|factor| Some(factor * LONG));
        let table =
            Table::of(signing_sdk(client.clone()).timeout_config(timeouts(pair[0], pair[1])));
        for _ in 0..100 {
            table.get("k").await?;
        }
    }
    assert_eq!(made.load(Relaxed), 3);
    assert_eq!(node.counters().connections - before.connections, 3);
    Ok(())
}

#[tokio::test]
async fn a_slow_answer_is_no_stalled_stream() -> Result {
    let cluster = cluster_with_table().await?;
    for node in cluster.nodes() {
        node.slow(Duration::from_secs(2));
    }
    let stack = patient(&cluster)?.credentials(credentials(), "us-east-1");
    let recommended = Builder::from(&stack.clone().sdk_config()?);
    let strict = StalledStreamProtectionConfig::enabled().grace_period(SHORT);
    let strict = signing_sdk(stack.http_client()?).stalled_stream_protection(strict.build());
    for sdk in [recommended, strict] {
        Table::of(sdk).get("k").await?;
    }
    Ok(())
}
