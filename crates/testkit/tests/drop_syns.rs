//! A node whose system drops what asks for a connection.

#![cfg(target_os = "linux")]

mod support;

use std::time::Duration;

use support::{Connection, SILENCE, get, local_nodes, operation, start, until};
use tokio::net::TcpStream;
use tokio::time::timeout;

#[tokio::test]
async fn new_connections_hang_and_open_ones_go_on() {
    let cluster = start("dc1:r1=2").await;
    let [node, peer] = cluster.nodes() else {
        panic!()
    };
    let mut open = Connection::open(node.address()).await;
    // Once it has an answer it has been accepted.
    open.operation("ListTables", "{}").await;
    assert_eq!(open.answer().await.status, 200);
    node.drop_syns().await.unwrap();
    assert!(node.faults().drop_syns);
    for _ in 0..3 {
        let connect = timeout(SILENCE, TcpStream::connect(node.address()));
        assert!(connect.await.is_err(), "neither made nor refused");
    }
    open.operation("ListTables", "{}").await;
    assert_eq!(open.answer().await.status, 200);
    assert_eq!(local_nodes(peer, "").await.len(), 2, "its peers list it");
    node.drop_syns().await.unwrap();

    node.heal();
    assert!(!node.faults().drop_syns);
    assert_eq!(get(node, "/").await.status, 200);
    let counters = node.counters();
    assert_eq!(counters.connections, 2, "the node's own do not count");
}

#[tokio::test]
async fn who_waits_long_enough_is_served_after_it() {
    let cluster = start("dc1:r1=1").await;
    let node = cluster.nodes()[0].clone();
    node.drop_syns().await.unwrap();
    let waiting = tokio::spawn({
        let node = node.clone();
        async move { operation(&node, "ListTables", "{}").await.status }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    node.heal();
    assert_eq!(
        waiting.await.unwrap(),
        200,
        "a SYN is sent again after a second"
    );
}

#[tokio::test]
async fn a_restart_ends_it_and_a_dead_node_has_nothing_to_drop() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    node.drop_syns().await.unwrap();
    node.kill();
    node.drop_syns().await.unwrap();
    node.restart().await.unwrap();
    assert!(!node.faults().drop_syns);
    until("it serves", async || get(node, "/").await.status == 200).await;
}
