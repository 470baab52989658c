//! The SDK has a connection closed over which a transient failure came: that of the call's last attempt, and
//! no other. It is never at a loss for one, which it would log as an error.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    num::NonZeroU32,
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use aws_sdk_dynamodb::config::{
    Builder,
    retry::{ReconnectMode, RetryConfig},
};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tower::{Layer, ServiceBuilder, service_fn};
use tower_muster::{BoxError, Cluster, ConnectLayer, Node, RetireLayer, policy::Random};
use tower_muster_alternator::{Alternator, Config, HyperClient};
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{
    ENDPOINT_HOST, InOrder, Result, Table, credentials, hyper_client, signing_sdk, start,
};
use tracing::{Event, Level, Metadata, Subscriber, span};

const SDK_ATTEMPTS: u32 = 4;

static ERRORS: AtomicUsize = AtomicUsize::new(0);

/// Counts what the SDK logs as an error, whichever test it is in.
struct Errors;

impl Subscriber for Errors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn event(&self, _: &Event<'_>) {
        ERRORS.fetch_add(1, Relaxed);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn count_errors() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Errors).unwrap());
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(SDK_ATTEMPTS)
        .with_initial_backoff(Duration::from_millis(1))
}

/// A stack that sends nothing but the calls, one attempt for each.
fn quiet(nodes: &[TestNode]) -> Result<Config> {
    let nodes: Result<Vec<_>, _> = nodes.iter().map(|node| Node::new(&node.url())).collect();
    let config = Alternator::at_nodes(nodes?).policy(InOrder).no_probing();
    Ok(config.backoff(None).signed_above())
}

async fn cluster_with_table() -> Result<TestCluster> {
    count_errors();
    let cluster = start("dc1:rack1=2").await;
    Table::create(signing_sdk(quiet(cluster.nodes())?.http_client()?)).await?;
    Ok(cluster)
}

/// How many connections the node has taken while the SDK made four attempts at it.
async fn connections_of_a_failing_call(mode: ReconnectMode) -> Result<u64> {
    let cluster = cluster_with_table().await?;
    let node = &cluster.nodes()[0];
    let stack = quiet(std::slice::from_ref(node))?.max_attempts(NonZeroU32::MIN);
    connections_to(node, signing_sdk(stack.build()?.http_client()), mode).await
}

/// The same, of an SDK that sends to this node alone.
async fn connections_to(node: &TestNode, sdk: Builder, mode: ReconnectMode) -> Result<u64> {
    let table = Table::of(sdk.retry_config(retries().with_reconnect_mode(mode)));
    table.get("k").await?;
    let before = node.counters();
    node.fail(StatusCode::SERVICE_UNAVAILABLE);
    table.get("k").await.unwrap_err();
    node.heal();
    table.get("k").await?;
    let after = node.counters();
    assert_eq!(
        after.attempts - before.attempts,
        u64::from(SDK_ATTEMPTS) + 1
    );
    assert_eq!(
        ERRORS.load(Relaxed),
        0,
        "the SDK had no connection to close"
    );
    Ok(after.connections - before.connections)
}

#[tokio::test]
async fn each_transient_failure_costs_the_connection_that_it_came_over() -> Result {
    let mode = ReconnectMode::ReconnectOnTransientError;
    let connections = connections_of_a_failing_call(mode).await?;
    assert_eq!(connections, u64::from(SDK_ATTEMPTS));
    Ok(())
}

#[tokio::test]
async fn an_sdk_that_keeps_its_connections_keeps_them() -> Result {
    let mode = ReconnectMode::ReuseAllConnections;
    assert_eq!(connections_of_a_failing_call(mode).await?, 0);
    Ok(())
}

/// A client that knows one name only, which is this node for each of its connections.
fn by_name(node: &TestNode) -> Result<Builder> {
    let cluster = Cluster::fixed([Node::new(&node.url())?])?;
    let connector = ServiceBuilder::new()
        .layer(ConnectLayer::new(
            cluster,
            Random::new(),
            &format!("http://{ENDPOINT_HOST}"),
        )?)
        .service(HttpConnector::new());
    let client = Client::builder(TokioExecutor::new()).build(connector);
    let client = RetireLayer::new().layer(client);
    Ok(signing_sdk(tower_muster_smithy::http_client(client)))
}

#[tokio::test]
async fn a_layer_that_takes_connections_out_of_use_leaves_the_sdk_its_own_way_to_close_them()
-> Result {
    let cluster = cluster_with_table().await?;
    let node = &cluster.nodes()[0];
    for (mode, expected) in [
        (ReconnectMode::ReuseAllConnections, 0),
        (
            ReconnectMode::ReconnectOnTransientError,
            u64::from(SDK_ATTEMPTS),
        ),
    ] {
        let connections = connections_to(node, by_name(node)?, mode).await?;
        assert_eq!(connections, expected, "{mode:?}");
    }
    Ok(())
}

/// The recommended way, and the SDK's own retries again besides.
#[tokio::test]
async fn an_sdk_that_the_stack_sets_up_keeps_its_connections_and_is_at_no_loss_for_one() -> Result {
    let cluster = cluster_with_table().await?;
    let node = &cluster.nodes()[0];
    let stack = quiet(std::slice::from_ref(node))?.max_attempts(NonZeroU32::MIN);
    let sdk = Builder::from(&stack.credentials(credentials(), "us-east-1").sdk_config()?);
    let mode = ReconnectMode::ReconnectOnTransientError;
    let table = Table::of(sdk.retry_config(retries().with_reconnect_mode(mode)));
    table.get("k").await?;
    let before = node.counters();
    node.fail(StatusCode::SERVICE_UNAVAILABLE);
    table.get("k").await.unwrap_err();
    node.heal();
    table.get("k").await?;
    let after = node.counters();
    assert_eq!(
        after.attempts - before.attempts,
        u64::from(SDK_ATTEMPTS) + 1
    );
    assert_eq!(after.connections, before.connections);
    assert_eq!(ERRORS.load(Relaxed), 0);
    Ok(())
}

async fn ask(client: &HyperClient, node: &TestNode) -> Result {
    let request = Request::get(node.url()).body(Full::<Bytes>::default())?;
    client.request(request).await?.into_body().collect().await?;
    Ok(())
}

#[tokio::test]
async fn of_a_call_with_two_attempts_the_connection_of_the_last_is_closed() -> Result {
    let cluster = cluster_with_table().await?;
    let client = hyper_client();
    let stack = quiet(cluster.nodes())?.build_over(client.clone())?;
    let sdk = signing_sdk(stack.http_client()).retry_config(RetryConfig::disabled());
    let before = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().connections);
    let before: Vec<_> = before.collect();
    for node in cluster.nodes() {
        node.fail(StatusCode::SERVICE_UNAVAILABLE);
    }

    Table::of(sdk).get("k").await.unwrap_err();

    for node in cluster.nodes() {
        node.heal();
        ask(&client, node).await?;
    }
    let after = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().connections);
    let made: Vec<_> = after
        .zip(before)
        .map(|(after, before)| after - before)
        .collect();
    assert_eq!(
        made,
        [1, 2],
        "the first node's is used again, the last one's is not"
    );
    assert_eq!(ERRORS.load(Relaxed), 0);
    Ok(())
}

#[tokio::test]
async fn a_client_that_tells_no_connection_is_as_good() -> Result {
    count_errors();
    let nowhere = service_fn(async |_: Request<_>| {
        let response = Response::builder().status(StatusCode::SERVICE_UNAVAILABLE);
        Ok::<_, BoxError>(response.body(Full::<Bytes>::default())?)
    });
    let sdk = signing_sdk(tower_muster_smithy::http_client(nowhere));
    let table = Table::of(sdk.retry_config(retries()));
    let failure = table.get("k").await.unwrap_err();
    assert_eq!(failure.status(), Some(503), "{failure}");
    assert_eq!(ERRORS.load(Relaxed), 0);
    Ok(())
}

#[tokio::test]
async fn so_is_a_node_to_which_there_is_none() -> Result {
    let cluster = cluster_with_table().await?;
    let node = &cluster.nodes()[0];
    let sdk = signing_sdk(quiet(std::slice::from_ref(node))?.http_client()?);
    node.kill();
    let table = Table::of(sdk.retry_config(retries()));
    let failure = table.get("k").await.unwrap_err();
    assert!(failure.stack().is_some(), "{failure}");
    assert_eq!(ERRORS.load(Relaxed), 0);
    Ok(())
}
