//! Connections are kept: over many calls, bad answers and looks at the cluster; what a node closes without a
//! word costs no call; and there are never many more than calls at a time.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use tokio::time::Instant;
use tower_muster::{Node, discover::Pace, failover::Backoff};
use tower_muster_alternator::{Alternator, ClientBuilder, Config, HyperClient};
use tower_muster_testkit::{TestCluster, TestNode, Version};
use tower_muster_tests::{
    InOrder, Result, Table, ask, config, credentials, load, operation, put, start, unsigned_sdk,
    until,
};

const THREE: &str = "dc1:rack1=3";

fn connections(cluster: &TestCluster) -> u64 {
    let nodes = cluster.nodes().iter();
    nodes.map(|node| node.counters().connections).sum()
}

fn signs(cluster: &TestCluster) -> Config {
    config(cluster).credentials(credentials(), "us-east-1")
}

/// Looks at the cluster at the beginning only.
fn slow() -> Result<Pace> {
    Ok(Pace::new(Duration::from_secs(60), Duration::from_secs(60))?)
}

/// A stack that sends nothing but the calls, the first node being sent all it may be sent.
fn quiet(cluster: &TestCluster) -> Result<Config> {
    let nodes: Result<Vec<_>, _> = cluster.urls().iter().map(|url| Node::new(url)).collect();
    let config = Alternator::at_nodes(nodes?).credentials(credentials(), "us-east-1");
    let config = config
        .attempt_timeout(Duration::from_secs(5))
        .deadline(Duration::from_secs(20));
    Ok(config.policy(InOrder).no_probing().backoff(None))
}

#[tokio::test]
async fn one_connection_is_enough_for_one_call_after_another() -> Result {
    let cluster = start(THREE).await;
    let table = Table::create(unsigned_sdk(quiet(&cluster)?.http_client()?)).await?;
    for n in 0..100 {
        table.put(&n.to_string(), "v").await?;
        assert!(table.get(&n.to_string()).await?.is_some());
    }
    let counters = cluster.nodes()[0].counters();
    assert_eq!(
        (counters.connections, counters.requests_per_connection_peak),
        (1, 201)
    );
    assert_eq!(connections(&cluster), 1);
    Ok(())
}

#[tokio::test]
async fn looks_at_the_cluster_open_no_more_connections() -> Result {
    let cluster = start(THREE).await;
    let stack = signs(&cluster).build()?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    let asked = || {
        let nodes = cluster.nodes().iter();
        nodes.map(|node| node.counters().local_nodes).sum::<u64>()
    };
    until("the nodes were asked a hundred times", async || {
        table.get("k").await.unwrap();
        stack.cluster().refresh();
        asked() > 100
    })
    .await;
    // To each node one for the call, one for the look, and as many on their way back into the pool: a request
    // that finds none idle opens one, though one be free the next moment.
    let most = 3 * 4;
    assert!(
        connections(&cluster) <= most,
        "{} connections",
        connections(&cluster)
    );
    Ok(())
}

#[tokio::test]
async fn bad_answers_keep_the_connection() -> Result {
    let cluster = start("dc1:rack1=1").await;
    let stack = quiet(&cluster)?.build()?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    let node = &cluster.nodes()[0];
    let before = node.counters();
    for status in [400, 403, 404, 429, 500, 503] {
        node.fail(StatusCode::from_u16(status)?);
        let failure = table.get("k").await.unwrap_err();
        assert_eq!(failure.status(), Some(status), "{failure}");
    }
    node.heal();
    node.refuse();
    table.put("k", "v").await.unwrap_err();
    node.heal();
    table.get("k").await?;
    let after = node.counters();
    assert!(after.requests >= before.requests + 8, "{after:?}");
    assert_eq!(after.connections, before.connections, "{after:?}");
    Ok(())
}

/// A client that keeps idle connections for a moment only.
fn forgetful(idle: Duration) -> HyperClient {
    ClientBuilder::new().idle_timeout(idle).build().unwrap()
}

#[tokio::test]
async fn an_idle_connection_is_given_up_once_its_time_is_over_and_made_once_more() -> Result {
    let cluster = start("dc1:rack1=1").await;
    let node = &cluster.nodes()[0];
    let idle = Duration::from_millis(100);
    let stack = quiet(&cluster)?.build_over(forgetful(idle))?;
    // When the last call began, and how often a busy machine may have let the time pass since.
    let (mut last, mut late) = (Instant::now(), 0);
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    let first = node.counters().connections;
    for round in 0..3 {
        for _ in 0..10 {
            let begun = Instant::now();
            table.get("k").await?;
            late += u64::from(last.elapsed() >= idle);
            last = begun;
        }
        let made = node.counters().connections - first;
        assert!(
            (round..=round + late).contains(&made),
            "{made} were made again in round {round}, {late} calls were late"
        );
        // No event tells that it is over: the time itself is what is waited for.
        tokio::time::sleep(idle * 3 / 2).await;
        last = Instant::now();
    }
    Ok(())
}

#[tokio::test]
async fn an_idle_connection_is_used_again_within_its_time() -> Result {
    let cluster = start("dc1:rack1=1").await;
    let stack = quiet(&cluster)?.build_over(forgetful(Duration::from_secs(60)))?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    for _ in 0..3 {
        table.get("k").await?;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    assert_eq!(cluster.nodes()[0].counters().connections, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_sheds_load_and_closes_costs_the_next_call_nothing() -> Result {
    let cluster = start("dc1:rack1=1").await;
    let node = &cluster.nodes()[0];
    assert_eq!(
        node.version(),
        Version::V2026_3,
        "it closes after such an answer"
    );
    // The second attempt is for what was sent before the client saw that the node closes.
    let twice = || Ok::<_, tower_muster_tests::Error>(quiet(&cluster)?.max_attempts(2.try_into()?));
    let stack = twice()?.backoff(Some(Backoff::default())).build()?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    for n in 0..20 {
        let key = n.to_string();
        node.overload(0);
        let failure = table.put(&key, "v").await.unwrap_err();
        assert_eq!(failure.code(), Some("RequestLimitExceeded"), "{failure}");
        node.heal();
        table.put(&key, "v").await?;
        assert!(table.get(&key).await?.is_some());
    }
    let counters = node.counters();
    assert!(
        counters.connections > 20,
        "it has closed them: {counters:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_finds_a_body_too_large_and_closes_costs_the_next_call_nothing() -> Result {
    for version in [Version::V2025_1, Version::V2026_3] {
        let cluster = TestCluster::builder()
            .topology("dc1:rack1=1")
            .version(version);
        let cluster = cluster.start().await?;
        let stack = config(&cluster).policy(InOrder).replay_cap(20 << 20);
        let stack = stack.build()?;
        let table = Table::create(unsigned_sdk(stack.http_client())).await?;
        let large = Bytes::from(put("k", &"x".repeat(17 << 20)));
        for n in 0..3 {
            // What the node has not read may cost the client its answer (scylladb issue 12166).
            if let Ok(answer) = ask(stack.service(), operation("PutItem", large.clone())).await {
                assert_eq!(
                    answer.status,
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "{}",
                    answer.text()
                );
            }
            table.put(&n.to_string(), "v").await?;
            assert!(table.get(&n.to_string()).await?.is_some());
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_are_no_more_connections_to_a_node_than_calls_at_a_time() -> Result {
    const CALLERS: usize = 16;
    let cluster = start(THREE).await;
    // One that is given up takes its connection with it.
    let config = signs(&cluster)
        .attempt_timeout(Duration::from_secs(60))
        .deadline(Duration::from_secs(120));
    let table = Table::create(unsigned_sdk(config.http_client()?)).await?;
    let calls = load(2_000, CALLERS, move |n| {
        let table = table.clone();
        async move { table.put(&n.to_string(), "v").await }
    });
    for result in calls.await {
        result?;
    }
    for node in cluster.nodes() {
        let counters = node.counters();
        assert!(counters.connections <= CALLERS as u64 + 2, "{counters:?}");
        assert!(counters.requests > 100, "{counters:?}");
    }
    Ok(())
}

#[tokio::test]
async fn warm_connections_are_there_before_the_first_call() -> Result {
    let cluster = start(THREE).await;
    let stack = signs(&cluster).pace(slow()?);
    let stack = stack.keep_warm(2, Duration::from_secs(60)).build()?;
    stack.cluster().ready().await?;
    let is_warm = |node: &TestNode| node.counters().connections >= 2;
    until("each node has two", async || {
        cluster.nodes().iter().all(is_warm)
    })
    .await;
    let opened = connections(&cluster);
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    for n in 0..30 {
        table.put(&n.to_string(), "v").await?;
    }
    // The answer to a probe may still be on its way.
    assert!(connections(&cluster) <= opened + 1, "{opened} were there");
    Ok(())
}

#[tokio::test]
async fn warm_connections_are_kept_and_made_again() -> Result {
    let cluster = start(THREE).await;
    let stack = signs(&cluster).pace(slow()?);
    let stack = stack.keep_warm(2, Duration::from_millis(300)).build()?;
    stack.cluster().ready().await?;
    let looks = |node: &TestNode| node.counters().local_nodes;
    until("each node is asked without a call", async || {
        cluster.nodes().iter().all(|node| looks(node) > 10)
    })
    .await;
    assert!(
        connections(&cluster) <= 7,
        "two to each node, and one to find them"
    );

    let node = &cluster.nodes()[1];
    let (cold, before) = (node.counters().connections, looks(node));
    node.kill();
    node.restart().await?;
    until("it is warm again", async || looks(node) > before + 10).await;
    let made = node.counters().connections - cold;
    assert!((2..=4).contains(&made), "{made} connections were made");
    Ok(())
}

#[tokio::test]
async fn a_connection_that_is_reset_while_it_is_idle_costs_no_put() -> Result {
    let cluster = start(THREE).await;
    let stack = quiet(&cluster)?.build()?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    let node = &cluster.nodes()[0];
    let before = node.counters().connections;
    for n in 0..20 {
        table.put(&n.to_string(), "v").await?;
        node.kill();
        node.restart().await?;
    }
    assert!(node.counters().connections > before, "it was used again");
    Ok(())
}
