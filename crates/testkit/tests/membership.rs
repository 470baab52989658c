//! Nodes that join, start slowly and leave.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the report")]

mod support;

use std::time::Duration;

use support::{
    Connection, Heard, get, ips, local_nodes, operation, refuses_connections, start, until,
};
use tower_muster_testkit::{NodeState, StartError, TestCluster};

/// Longer than any test looks.
const LONG: Duration = Duration::from_secs(60);
/// Time enough to look twice.
const SOON: Duration = Duration::from_secs(2);

async fn growing() -> TestCluster {
    let builder = TestCluster::builder().topology("dc1:r1=2");
    builder.joining("dc1:r1=1").start().await.unwrap()
}

#[tokio::test]
async fn a_joining_node_is_in_nobodys_list_until_it_joins() {
    let cluster = growing().await;
    let nodes = cluster.nodes();
    let newcomer = &nodes[2];
    assert_eq!(newcomer.state(), NodeState::Joining);
    assert!(refuses_connections(newcomer).await);
    assert_eq!(local_nodes(&nodes[0], "").await, ips(&nodes[..2]));
    newcomer.kill();
    newcomer.drain();
    assert_eq!(newcomer.state(), NodeState::Joining);
    let error = newcomer.restart().await.unwrap_err();
    assert!(matches!(error, StartError::NotAMember { .. }), "{error}");

    newcomer.join().await.unwrap();
    assert_eq!(newcomer.state(), NodeState::Serving);
    assert_eq!(operation(newcomer, "ListTables", "{}").await.status, 200);
    for node in nodes {
        assert_eq!(local_nodes(node, "").await, ips(nodes));
    }
    newcomer.join().await.unwrap();
}

#[tokio::test]
async fn a_node_that_joins_slowly_is_listed_while_it_refuses() {
    let cluster = growing().await;
    let nodes = cluster.nodes();
    nodes[2].join_slowly(SOON).await.unwrap();
    assert_eq!(nodes[2].state(), NodeState::Starting);
    assert!(refuses_connections(&nodes[2]).await);
    assert_eq!(local_nodes(&nodes[0], "").await, ips(nodes));
    until("it serves", async || nodes[2].state() == NodeState::Serving).await;
    assert_eq!(get(&nodes[2], "/").await.status, 200);
}

#[tokio::test]
async fn a_node_that_restarts_slowly_is_listed_while_it_refuses() {
    let cluster = start("dc1:r1=2").await;
    let [peer, node] = cluster.nodes() else {
        panic!()
    };
    node.kill();
    node.restart_slowly(LONG).await.unwrap();
    assert_eq!(node.state(), NodeState::Starting);
    assert!(refuses_connections(node).await);
    assert_eq!(local_nodes(peer, "").await, ips(cluster.nodes()));
    node.kill();
    assert_eq!(node.state(), NodeState::Killed);
    node.restart_slowly(LONG).await.unwrap();
    node.restart().await.unwrap();
    assert_eq!(
        operation(node, "ListTables", "{}").await.status,
        200,
        "it need not wait"
    );
    node.restart_slowly(LONG).await.unwrap();
    assert_eq!(node.state(), NodeState::Serving, "it serves already");
}

#[tokio::test]
async fn a_decommissioned_node_serves_then_is_dropped_then_drains() {
    let cluster = start("dc1:r1=2").await;
    let [peer, node] = cluster.nodes() else {
        panic!()
    };
    let all = ips(cluster.nodes());
    let left = ips(&cluster.nodes()[..1]);
    node.decommission(SOON, SOON);
    assert_eq!(node.state(), NodeState::Leaving);
    assert_eq!(local_nodes(peer, "").await, all);
    let mut connection = Connection::open(node.address()).await;
    connection.operation("ListTables", "{}").await;
    assert_eq!(connection.answer().await.status, 200);

    until("its peer drops it", async || {
        local_nodes(peer, "").await == left
    })
    .await;
    assert_eq!(node.state(), NodeState::Leaving);
    connection.operation("ListTables", "{}").await;
    assert_eq!(connection.answer().await.status, 200, "it serves unlisted");

    until("it has left", async || node.state() == NodeState::Left).await;
    assert_eq!(connection.hear().await, Heard::Fin);
    assert!(refuses_connections(node).await);
    let error = node.restart().await.unwrap_err();
    assert!(error.to_string().contains("join"), "{error}");
}

#[tokio::test]
async fn a_node_that_left_and_joins_again_is_another_one() {
    let cluster = start("dc1:r1=2").await;
    let [peer, node] = cluster.nodes() else {
        panic!()
    };
    let before = node.host_id();
    assert_ne!(before, peer.host_id());
    node.decommission(Duration::ZERO, Duration::ZERO);
    until("it has left", async || node.state() == NodeState::Left).await;
    assert_eq!(node.host_id(), before);
    node.join().await.unwrap();
    assert_ne!(node.host_id(), before);
    assert_eq!(local_nodes(peer, "").await, ips(cluster.nodes()));
    let again = node.host_id();
    node.kill();
    node.restart().await.unwrap();
    assert_eq!(node.host_id(), again, "a restart changes nothing");
}
