//! The SDK's own HTTP client, with its pool, at the bottom of a stack: the stack chooses, moves to another
//! node when one dies, and knows what was never sent.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::time::Duration;

use aws_sdk_dynamodb::config::{
    Builder,
    retry::{ReconnectMode, RetryConfig},
};
use aws_smithy_http_client::{
    Builder as SdksOwn,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use http::StatusCode;
use tower_muster::{Node, policy::RoundRobin};
use tower_muster_alternator::{Alternator, Stack};
use tower_muster_smithy::{SdkClient, SdkConfig, Timeouts};
use tower_muster_testkit::{NodeCertificate, TestCluster, TestNode, Tls as NodeTls};
use tower_muster_tests::{
    Result, Table, config, credentials, executed, load, patient, signature_failures, start,
    start_tls, until,
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

/// The SDK's client with TLS of its own, which trusts this authority and no other.
fn over_tls(ca_pem: &str) -> Result<SdkClient> {
    let trust = TrustStore::empty().with_pem_certificate(ca_pem);
    let context = TlsContext::builder().with_trust_store(trust).build()?;
    let client = SdksOwn::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    let client = client.tls_context(context).build_https();
    Ok(SdkClient::new(&client, Timeouts::default())?)
}

/// A stack over these nodes that sends nothing but the calls.
fn calls_only(cluster: &TestCluster, client: SdkClient) -> Result<Stack<SdkClient>> {
    let nodes: Result<Vec<_>, _> = cluster.urls().iter().map(|url| Node::new(url)).collect();
    let stack = patient(Alternator::at_nodes(nodes?)).policy(RoundRobin::new());
    let stack = stack.no_probing().credentials(credentials(), "us-east-1");
    Ok(stack.build_over(client)?)
}

fn table(stack: &Stack<SdkClient>) -> Result<Builder> {
    Ok(Builder::from(&stack.sdk_config("us-east-1", None)?))
}

#[tokio::test]
async fn over_its_own_tls_a_node_that_is_not_trusted_is_passed_over_by_any_write() -> Result {
    let cluster = start_tls("dc1:rack1=3", NodeTls::new()).await;
    let stack = calls_only(&cluster, over_tls(cluster.ca_pem())?)?;
    Table::create(table(&stack)?).await?;
    let (stranger, trusted) = cluster.nodes().split_first().unwrap();
    let certificate = NodeCertificate::for_address().by_untrusted_authority();
    stranger.set_certificate(certificate)?;

    // A client of its own, with no connection yet.
    let stack = calls_only(&cluster, over_tls(cluster.ca_pem())?)?;
    let table = Table::of(table(&stack)?);
    let before = (executed([stranger]), executed(trusted));
    for n in 0..12 {
        table.add(&n.to_string()).await?;
    }

    // It learns of the refusal after the client has gone on.
    until("it was tried", async || stranger.counters().tls_failed > 0).await;
    assert_eq!(executed([stranger]), before.0);
    assert_eq!(executed(trusted), before.1 + 12, "each was done once");
    assert!(trusted.iter().all(|node| node.counters().tls_full > 0));
    assert_eq!(signature_failures(&cluster), 0);
    Ok(())
}

#[tokio::test]
async fn it_sends_nothing_to_nodes_that_it_does_not_trust() -> Result {
    let cluster = start_tls("dc1:rack1=3", NodeTls::new()).await;
    let stack = calls_only(&cluster, over_tls(cluster.untrusted_ca_pem())?)?;
    let failure = Table::of(table(&stack)?).add("k").await.unwrap_err();
    assert!(!failure.is_ambiguous(), "{failure}");
    assert!(failure.to_string().contains("UnknownIssuer"), "{failure}");
    let was_refused = |node: &TestNode| node.counters().tls_failed > 0;
    until("each was tried", async || {
        cluster.nodes().iter().all(was_refused)
    })
    .await;
    for node in cluster.nodes() {
        assert_eq!(node.counters().requests, 0, "{}", node.url());
    }
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
