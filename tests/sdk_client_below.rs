//! The SDK's own HTTP client, with its pool, at the bottom of a stack: the stack chooses, moves to another
//! node when one dies, and knows what was never sent.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::time::Duration;

use aws_sdk_dynamodb::config::{
    Builder,
    retry::{ReconnectMode, RetryConfig},
};
use aws_smithy_http_client::Builder as SdksOwn;
use http::StatusCode;
use tower_muster::{Node, policy::RoundRobin};
use tower_muster_alternator::{Alternator, Stack};
use tower_muster_smithy::{SdkClient, SdkConfig, Timeouts};
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{
    Result, Table, config, credentials, executed, load, signature_failures, start,
};

const CALLS: usize = 200;
const CONCURRENCY: usize = 8;

struct Scene {
    cluster: TestCluster,
    stack: Stack<SdkClient>,
    table: Table,
}

impl Scene {
    async fn start() -> Result<Self> {
        let cluster = start("dc1:rack1=3").await;
        let timeouts = Timeouts::new(Some(Duration::from_secs(1)), None);
        let client = SdkClient::new(&SdksOwn::new().build_http(), timeouts)?;
        let stack = config(&cluster).policy(RoundRobin::new());
        let stack = stack.credentials(credentials(), "us-east-1");
        let stack = stack.build_over(client)?;
        let table = Table::create(Builder::from(&stack.sdk_config("us-east-1", None)?)).await?;
        Ok(Self {
            cluster,
            stack,
            table,
        })
    }
}

#[tokio::test]
async fn it_carries_what_the_stack_signs_to_every_node() -> Result {
    let scene = Scene::start().await?;
    for n in 0..30 {
        scene.table.put_get_query_delete(&n.to_string()).await?;
    }
    let mut nodes = scene.cluster.nodes().iter();
    assert!(nodes.all(|node| executed([node]) > 0));
    assert_eq!(signature_failures(&scene.cluster), 0);
    assert_eq!(scene.stack.cluster().nodes().len(), 3);
    Ok(())
}

/// An SDK over a stack of one node that sends nothing but the calls.
async fn quiet(cluster: &TestCluster) -> Result<SdkConfig> {
    let client = SdkClient::new(&SdksOwn::new().build_http(), Timeouts::default())?;
    let stack = Alternator::at_nodes([Node::new(&cluster.nodes()[0].url())?]).no_probing();
    let stack = stack.backoff(None).credentials(credentials(), "us-east-1");
    let config = stack.build_over(client)?.sdk_config("us-east-1", None)?;
    Table::create(Builder::from(&config)).await?;
    Ok(config)
}

#[tokio::test]
async fn its_pool_is_kept() -> Result {
    let cluster = start("dc1:rack1=1").await;
    let table = Table::of(Builder::from(&quiet(&cluster).await?));
    for _ in 0..100 {
        table.get("k").await?;
    }
    let counters = cluster.nodes()[0].counters();
    assert_eq!((counters.attempts, counters.connections), (101, 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_death_of_a_node_costs_no_call_that_is_repeatable() -> Result {
    let scene = Scene::start().await?;
    let (table, victim) = (scene.table.clone(), scene.cluster.nodes()[1].clone());
    let results = load(CALLS, CONCURRENCY, move |n| {
        let (table, victim) = (table.clone(), victim.clone());
        async move {
            if n == CALLS / 3 {
                victim.kill();
            }
            match n % 2 {
                0 => table.put(&n.to_string(), "v").await,
                _ => table.get("k").await.map(drop),
            }
        }
    });
    for result in results.await {
        result?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_repeatable_moves_on_from_a_dead_node_and_is_done_once() -> Result {
    let scene = Scene::start().await?;
    scene.cluster.nodes()[1].kill();
    let table = scene.table.clone();
    let results = load(CALLS, CONCURRENCY, move |n| {
        let table = table.clone();
        async move { (n, table.add(&n.to_string()).await) }
    });
    for (n, result) in results.await {
        let count = scene.table.count(&n.to_string()).await?;
        match result {
            Ok(()) => assert_eq!(count, 1, "call {n}"),
            // A connection that was open when the node died may have carried it.
            Err(failure) => {
                assert!(failure.is_ambiguous(), "{failure}");
                assert!(count <= 1, "call {n} was carried out {count} times");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_sdk_above_has_the_connection_of_a_transient_failure_closed() -> Result {
    let cluster = start("dc1:rack1=1").await;
    let node = &cluster.nodes()[0];
    let config = quiet(&cluster).await?;
    for mode in [
        ReconnectMode::ReuseAllConnections,
        ReconnectMode::ReconnectOnTransientError,
    ] {
        let retries = RetryConfig::disabled().with_reconnect_mode(mode);
        let table = Table::of(Builder::from(&config).retry_config(retries));
        table.get("k").await?;
        let before = node.counters().connections;
        node.fail(StatusCode::SERVICE_UNAVAILABLE);
        table.get("k").await.unwrap_err();
        node.heal();
        table.get("k").await?;
        let expected = u64::from(mode == ReconnectMode::ReconnectOnTransientError);
        assert_eq!(node.counters().connections - before, expected, "{mode:?}");
    }
    Ok(())
}
