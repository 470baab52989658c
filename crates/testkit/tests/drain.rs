//! A draining node: refused, closed without an answer, and everything accepted is applied.

mod support;

use std::time::Duration;

use support::{
    Connection, Heard, create_table, has, ips, local_nodes, operation, put, refuses_connections,
    start, until,
};
use tower_muster_testkit::NodeState;

#[tokio::test]
async fn every_connection_ends_with_a_fin_and_no_byte() {
    let cluster = start("dc1:r1=2").await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    create_table(node).await;
    let mut idle = Connection::open(node.address()).await;
    idle.operation("ListTables", "{}").await;
    idle.answer().await;
    node.slow(Duration::from_secs(60));
    let mut in_flight = Connection::open(node.address()).await;
    in_flight.operation("PutItem", &put("a")).await;
    let mut half_sent = Connection::open(node.address()).await;
    half_sent
        .send_raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        .await;
    until("both arrived", async || node.counters().in_flight == 2).await;
    until("one is executed", async || node.counters().executed == 3).await;

    node.drain();
    assert!(refuses_connections(node).await);
    assert_eq!(idle.hear().await, Heard::Fin);
    assert_eq!(in_flight.hear().await, Heard::Fin);
    assert_eq!(half_sent.hear().await, Heard::Fin);
    assert!(has(other, "a").await, "what was accepted is applied");
}

#[tokio::test]
async fn its_peers_drop_it_once_it_has_drained() {
    let cluster = start("dc1:r1=3").await;
    let nodes = cluster.nodes();
    nodes[2].drain();
    until("it has drained", async || {
        nodes[2].state() == NodeState::Drained
    })
    .await;
    assert_eq!(local_nodes(&nodes[0], "").await, ips(&nodes[..2]));
}

#[tokio::test]
async fn a_drained_node_restarts() {
    let cluster = start("dc1:r1=2").await;
    let [stays, comes_back] = cluster.nodes() else {
        panic!()
    };
    comes_back.drain();
    until("it has drained", async || {
        comes_back.state() == NodeState::Drained
    })
    .await;
    comes_back.restart().await.unwrap();
    assert_eq!(operation(comes_back, "ListTables", "{}").await.status, 200);
    assert_eq!(local_nodes(stays, "").await, ips(cluster.nodes()));
}

#[tokio::test]
async fn a_killed_node_is_not_drained() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    node.kill();
    node.drain();
    assert_eq!(node.state(), NodeState::Killed);
}
