//! A client that knows one made-up name is served by the whole cluster: a node for each connection, another when
//! one cannot be connected to, and never anything sent to the name itself.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

#[path = "per_connection/http2.rs"]
mod http2;
#[path = "per_connection/server.rs"]
mod server;
#[path = "per_connection/tls.rs"]
mod tls;

use std::time::Duration;

use aws_sdk_dynamodb::config::SharedHttpClient;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tower::Layer;
use tower_muster::{
    Cluster, ConnectLayer, Node, RetireLayer,
    connect::Connect,
    discover::Pace,
    health::State,
    policy::{PowerOfTwo, Random},
};
use tower_muster_alternator::LocalNodes;
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{
    Decoy, ENDPOINT_HOST, Result, Table, Traffic, executed, hyper_client, load, placed,
    signature_failures, signing_sdk, start, state, until, until_known,
};

const THREE: &str = "dc1:rack1=3";

type Connector = Connect<HttpConnector, PowerOfTwo>;

/// The nodes of a cluster, as they are known for good.
fn fixed(cluster: &TestCluster) -> Cluster {
    Cluster::fixed(cluster.nodes().iter().map(placed)).unwrap()
}

fn layer(cluster: &Cluster, name: &str) -> Result<ConnectLayer<PowerOfTwo>> {
    let policy = PowerOfTwo::latency_aware();
    Ok(ConnectLayer::new(cluster.clone(), policy, name)?)
}

/// A layer under the name that the SDK's endpoint has.
fn under_the_sdk(cluster: &Cluster) -> Result<ConnectLayer<PowerOfTwo>> {
    layer(cluster, &format!("http://{ENDPOINT_HOST}"))
}

fn connector(layer: &ConnectLayer<PowerOfTwo>) -> Connector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    layer.layer(connector)
}

/// hyper-util's client, that knows nothing of nodes, as the SDK's.
fn http_client(layer: &ConnectLayer<PowerOfTwo>) -> SharedHttpClient {
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(connector(layer));
    tower_muster_smithy::http_client(RetireLayer::new().layer(client))
}

fn connections(layer: &ConnectLayer<PowerOfTwo>, node: &TestNode) -> u32 {
    let connections = layer.connections().into_iter();
    let node = Node::new(&node.url()).unwrap();
    let mut of = connections.filter(|(other, _)| other.origin() == node.origin());
    of.next().unwrap().1
}

fn opened(node: &TestNode) -> u64 {
    node.counters().connections
}

#[tokio::test]
async fn what_the_sdk_signs_for_the_made_up_name_every_node_takes() -> Result {
    let cluster = start(THREE).await;
    let layer = under_the_sdk(&fixed(&cluster))?;
    let table = Table::create(signing_sdk(http_client(&layer))).await?;
    // As many connections as calls at a time.
    let calls = load(300, 12, move |n| {
        let table = table.clone();
        async move {
            table.put(&n.to_string(), "v").await?;
            table.get(&n.to_string()).await
        }
    });
    for got in calls.await {
        assert_eq!(got?.as_deref(), Some("v"));
    }
    for node in cluster.nodes() {
        assert!(executed([node]) > 50, "{:?}", node.counters());
        assert!(opened(node) >= 2, "{:?}", node.counters());
        assert_eq!(node.hosts(), [ENDPOINT_HOST]);
    }
    assert_eq!(signature_failures(&cluster), 0);
    Ok(())
}

#[tokio::test]
async fn a_dead_node_costs_a_new_connection_no_error() -> Result {
    let cluster = start(THREE).await;
    let known = fixed(&cluster);
    let dead = &cluster.nodes()[1];
    dead.kill();
    let mut table = None;
    // Chance decides how many it takes until the dead one is met.
    for n in 0..1_000 {
        if n >= 20 && state(&known, dead) == Some(State::Down) {
            break;
        }
        // A client of its own, for a connection of its own.
        let layer = under_the_sdk(&known)?;
        let sdk = signing_sdk(http_client(&layer));
        match &table {
            None => table = Some(Table::create(sdk).await?),
            Some(_) => Table::of(sdk).put(&n.to_string(), "v").await?,
        }
    }
    assert_eq!(state(&known, dead), Some(State::Down));
    Ok(())
}

#[tokio::test]
async fn a_node_that_is_killed_loses_its_connections_and_new_ones_go_elsewhere() -> Result {
    let cluster = start(THREE).await;
    let layer = under_the_sdk(&fixed(&cluster))?;
    let table = Table::create(signing_sdk(http_client(&layer))).await?;
    let call = |table: Table| {
        move |_| {
            let table = table.clone();
            async move { table.get("k").await }
        }
    };
    for result in load(100, 12, call(table.clone())).await {
        result?;
    }
    let (dead, others) = cluster.nodes().split_first().unwrap();
    assert!(connections(&layer, dead) > 0);
    let before = executed(others);

    dead.kill();
    until("its connections are gone", async || {
        connections(&layer, dead) == 0
    })
    .await;

    for result in load(100, 12, call(table)).await {
        result?;
    }
    assert_eq!(executed(others) - before, 100);
    assert_eq!(connections(&layer, dead), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_rotated_under_load_cost_no_call() -> Result {
    let cluster = start(THREE).await;
    let layer = under_the_sdk(&fixed(&cluster))?.max_age(Duration::from_millis(20))?;
    let table = Table::create(signing_sdk(http_client(&layer))).await?;
    let traffic = Traffic::begin(12, move |n| {
        let table = table.clone();
        async move { table.put(&n.to_string(), "v").await }
    });
    until("each node was connected to many times", async || {
        cluster.nodes().iter().all(|node| opened(node) > 20)
    })
    .await;
    let results = traffic.end().await;
    let calls = results.len();
    let failed: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{failed:?} of {calls}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_came_back_gets_its_share_after_the_age_and_no_call_fails() -> Result {
    let cluster = start(THREE).await;
    let known = fixed(&cluster);
    let layer = under_the_sdk(&known)?.max_age(Duration::from_millis(100))?;
    let table = Table::create(signing_sdk(http_client(&layer))).await?;
    let node = &cluster.nodes()[0];
    node.kill();
    until("its connections are gone", async || {
        connections(&layer, node) == 0
    })
    .await;
    let traffic = Traffic::begin(12, move |_| {
        let table = table.clone();
        async move { table.get("k").await }
    });
    until("it is known to be dead", async || {
        state(&known, node) == Some(State::Down)
    })
    .await;
    let before = executed([node]);

    node.restart().await?;

    until("it has a third of them", async || {
        connections(&layer, node) >= 4 && state(&known, node) == Some(State::Active)
    })
    .await;
    until("it serves", async || executed([node]) > before + 100).await;
    let failed: Vec<_> = traffic
        .end()
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    Ok(())
}

#[tokio::test]
async fn a_node_that_leaves_the_list_is_left_and_no_call_fails() -> Result {
    let cluster = start(THREE).await;
    let pace = Pace::new(Duration::from_millis(50), Duration::from_secs(60))?;
    let source = LocalNodes::new(hyper_client(), cluster.urls())?.pace(pace);
    let known_nodes = Cluster::discover(source);
    let layer = under_the_sdk(&known_nodes)?;
    let table = Table::create(signing_sdk(http_client(&layer))).await?;
    let traffic = Traffic::begin(12, move |_| {
        let table = table.clone();
        async move { table.get("k").await }
    });
    let (left, others) = cluster.nodes().split_first().unwrap();
    until("it serves", async || executed([left]) > 10).await;

    cluster.set_local_nodes(others.iter().map(|node| node.address().ip().to_string()));

    until_known(&known_nodes, others).await;
    until("nobody asks it", async || {
        let before = executed([left]);
        traffic.go_on_for(100).await;
        executed([left]) == before
    })
    .await;
    let before = executed([left]);
    traffic.go_on_for(300).await;
    assert_eq!(executed([left]), before);
    let failed: Vec<_> = traffic
        .end()
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    Ok(())
}

#[tokio::test]
async fn nothing_is_ever_sent_to_the_made_up_name() -> Result {
    let cluster = start(THREE).await;
    // Were it looked up, there would be somebody.
    let decoy = Decoy::start().await;
    let nobody = tower_muster::policy::Filter::new(|_: &_, _: &_| false, Random::new());
    let sdk = |client| signing_sdk(client).endpoint_url(decoy.url());

    let layer = layer(&fixed(&cluster), &decoy.url())?;
    let table = Table::create(sdk(http_client(&layer))).await?;
    assert_eq!(table.get("k").await?, None);

    let nowhere = ConnectLayer::new(fixed(&cluster), nobody, &decoy.url())?;
    let client = Client::builder(TokioExecutor::new()).build(nowhere.layer(HttpConnector::new()));
    let nowhere = Table::of(sdk(tower_muster_smithy::http_client(client)));
    nowhere.get("k").await.unwrap_err();

    cluster.nodes().iter().for_each(TestNode::kill);
    for _ in 0..10 {
        table.get("k").await.unwrap_err();
    }
    assert_eq!(decoy.connections(), 0);
    Ok(())
}
