//! A handshake is made once: connections are kept, those that are made again resume their session, and those
//! that are kept warm are there before the first call.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tower::{BoxError, ServiceExt};
use tower_muster::discover::Pace;
use tower_muster_testkit::{Close, NodeCertificate, TestCluster, TestNode, Tls as NodeTls};
use tower_muster_tests::{
    InOrder, Result, Table, asked, client, credentials, handshakes, load, quiet, start_tls, trust,
    trusting, unsigned_sdk, until,
};

const ONE: &str = "dc1:rack1=1";
const THREE: &str = "dc1:rack1=3";

/// A table, and a client of it that sends nothing but the calls.
async fn table(cluster: &TestCluster) -> Result<Table> {
    let config = quiet(cluster, cluster.nodes()).policy(InOrder);
    Ok(Table::create(unsigned_sdk(config.http_client()?)).await?)
}

/// Closes what is open, and makes so many calls at a time until as many connections are there as before.
async fn reconnect(node: &TestNode, how: Close, table: &Table) -> Result {
    node.close_connections(how);
    table.put("k", "v").await?;
    Ok(())
}

#[tokio::test]
async fn a_session_is_resumed_by_each_connection_after_the_first() -> Result {
    for (tls, how) in [
        (NodeTls::new(), Close::Fin),
        (NodeTls::new(), Close::Reset),
        (NodeTls::new().tls12_only(), Close::Fin),
        (NodeTls::new().tls13_only(), Close::Reset),
    ] {
        let cluster = start_tls(ONE, tls).await;
        let (node, table) = (&cluster.nodes()[0], table(&cluster).await?);
        assert_eq!(handshakes([node]), (1, 0));
        for _ in 0..20 {
            reconnect(node, how, &table).await?;
        }
        let (full, resumed) = handshakes([node]);
        assert_eq!(full, 1, "{resumed} were resumed");
        assert!(resumed >= 20, "{resumed}");
    }
    Ok(())
}

#[tokio::test]
async fn each_node_has_its_own_sessions_also_when_all_share_one_name() -> Result {
    const NAME: &str = "cluster.example";
    let shared = NodeCertificate::for_name(NAME);
    let cluster = start_tls(THREE, NodeTls::new().certificate(shared)).await;
    let named = client(&cluster).tls(trust(&cluster).server_name(NAME));
    let config = quiet(&cluster, cluster.nodes()).client(named);
    let table = Table::create(unsigned_sdk(config.http_client()?)).await?;
    let resumed = |node: &TestNode| handshakes([node]).1;
    until("each node was come back to five times", async || {
        for node in cluster.nodes() {
            node.close_connections(Close::Fin);
        }
        table.put("k", "v").await.unwrap();
        cluster.nodes().iter().all(|node| resumed(node) >= 5)
    })
    .await;
    for node in cluster.nodes() {
        assert_eq!(handshakes([node]).0, 1, "{:?}", node.counters());
    }
    Ok(())
}

#[tokio::test]
async fn no_session_is_resumed_if_that_is_off_on_either_side() -> Result {
    for server_may in [true, false] {
        let tls = NodeTls::new().session_tickets(server_may);
        let cluster = start_tls(ONE, tls).await;
        let node = &cluster.nodes()[0];
        let tls = trust(&cluster).session_resumption(!server_may);
        let config = quiet(&cluster, cluster.nodes()).client(client(&cluster).tls(tls));
        let table = Table::create(unsigned_sdk(config.http_client()?)).await?;
        for _ in 0..5 {
            reconnect(node, Close::Fin, &table).await?;
        }
        let (full, resumed) = handshakes([node]);
        assert_eq!(resumed, 0);
        assert!(full >= 6, "{full}");
    }
    Ok(())
}

#[tokio::test]
async fn calls_one_after_another_need_one_handshake() -> Result {
    let cluster = start_tls(ONE, NodeTls::new()).await;
    let table = table(&cluster).await?;
    for n in 0..100 {
        table.put(&n.to_string(), "v").await?;
    }
    assert_eq!(handshakes(cluster.nodes()), (1, 0));
    assert_eq!(cluster.nodes()[0].counters().requests, 101);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_are_made_for_connections_and_not_for_calls() -> Result {
    const CALLERS: usize = 8;
    const CALLS: usize = 1_000;
    let cluster = start_tls(ONE, NodeTls::new()).await;
    let table = table(&cluster).await?;
    let results = load(CALLS, CALLERS, move |n| {
        let table = table.clone();
        async move { table.put(&n.to_string(), "v").await }
    });
    for result in results.await {
        result?;
    }
    let counters = cluster.nodes()[0].counters();
    let made = counters.tls_full + counters.tls_resumed;
    assert!(made <= counters.connections, "{counters:?}");
    // While a handshake is under way its caller may have been served by another's connection, and the next one
    // that finds none idle begins another.
    assert!(counters.connections <= 6 * CALLERS as u64, "{counters:?}");
    assert!(counters.executed >= CALLS as u64, "{counters:?}");
    Ok(())
}

/// How many connections were begun and made, and how many answers were read to their end.
#[derive(Debug, Default)]
struct Progress {
    begun: AtomicUsize,
    made: AtomicUsize,
    answered: AtomicUsize,
}

#[tokio::test]
async fn warm_connections_have_their_handshake_behind_them_before_the_first_call() -> Result {
    let cluster = start_tls(THREE, NodeTls::new()).await;
    // The table is made by another client.
    table(&cluster).await?;

    let progress = Arc::<Progress>::default();
    let (connecting, answering) = (Arc::clone(&progress), Arc::clone(&progress));
    let connector = client(&cluster).connector()?.map_future(move |connection| {
        connecting.begun.fetch_add(1, Relaxed);
        let progress = Arc::clone(&connecting);
        Box::pin(async move {
            let connection = connection.await;
            progress.made.fetch_add(1, Relaxed);
            connection
        })
    });
    let pool = client(&cluster).build_over::<_, Full<Bytes>>(connector);
    let client = pool.map_future(move |answer| {
        let progress = Arc::clone(&answering);
        async move {
            let response: Response<Incoming> = answer.await?;
            let (head, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            progress.answered.fetch_add(1, Relaxed);
            Ok::<_, BoxError>(Response::from_parts(head, Full::new(body)))
        }
    });
    let config = trusting(&cluster).credentials(credentials(), "us-east-1");
    let config = config.pace(Pace::new(Duration::from_secs(60), Duration::from_secs(60))?);
    let config = config.keep_warm(2, Duration::from_secs(60));
    let stack = config.build_over(client)?;
    stack.cluster().ready().await?;
    let is_warm = |node: &TestNode| node.counters().local_nodes >= 2;
    until("each node is warm, and nothing is under way", async || {
        let looks = asked(cluster.nodes());
        let read = |counter: &AtomicUsize| counter.load(Relaxed);
        cluster.nodes().iter().all(is_warm)
            && read(&progress.answered) as u64 == looks
            && read(&progress.begun) == read(&progress.made)
    })
    .await;
    // All that is left is that the connections go back into the pool, for which nobody waits.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let warm = progress.begun.load(Relaxed);
    assert!(warm >= 2 * 3, "{warm} connections");
    let table = Table::of(unsigned_sdk(stack.http_client()));
    for n in 0..30 {
        table.put(&n.to_string(), "v").await?;
        assert_eq!(progress.begun.load(Relaxed), warm, "call {n} has begun one");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_forgot_all_sessions_is_greeted_in_full_once_by_each_connection() -> Result {
    const CALLERS: usize = 4;
    let cluster = start_tls(ONE, NodeTls::new()).await;
    let (node, table) = (&cluster.nodes()[0], table(&cluster).await?);
    let calls = async || {
        let table = table.clone();
        let results = load(20 * CALLERS, CALLERS, move |n| {
            let table = table.clone();
            async move { table.put(&n.to_string(), "v").await }
        });
        results.await.into_iter().collect::<Result<Vec<_>, _>>()
    };
    calls().await?;
    node.kill();
    node.set_certificate(NodeCertificate::for_address())?;
    node.restart().await?;
    let (before, _) = handshakes([node]);
    calls().await?;
    let (after, _) = handshakes([node]);
    let full = after - before;
    assert!(
        (1..=CALLERS as u64 + 2).contains(&full),
        "{full} of {CALLERS}"
    );

    for _ in 0..5 {
        let (_, resumed) = handshakes([node]);
        node.kill();
        node.restart().await?;
        calls().await?;
        assert!(
            handshakes([node]).1 > resumed,
            "they come back at less cost"
        );
    }
    assert_eq!(handshakes([node]).0, after, "and none of them in full");
    Ok(())
}
