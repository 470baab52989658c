//! A killed node: refused, reset, and listed for a while.

mod support;

use std::time::Duration;

use support::{
    Connection, Heard, create_table, has, ips, local_nodes, operation, put, refuses_connections,
    start, until,
};
use tower_muster_testkit::{NodeState, TestCluster};

#[tokio::test]
async fn it_refuses_connections_and_resets_the_open_ones() {
    let cluster = start("dc1:r1=2").await;
    let node = &cluster.nodes()[0];
    create_table(node).await;
    let mut idle = Connection::open(node.address()).await;
    idle.operation("ListTables", "{}").await;
    idle.answer().await;
    node.slow(Duration::from_secs(60));
    let mut in_flight = Connection::open(node.address()).await;
    in_flight.operation("PutItem", &put("a")).await;
    until("the operation is executed", async || {
        node.counters().executed == 3
    })
    .await;

    node.kill();
    assert!(refuses_connections(node).await);
    assert_eq!(node.state(), NodeState::Killed);
    assert_eq!(idle.hear().await, Heard::Reset);
    assert_eq!(in_flight.hear().await, Heard::Reset);
    assert!(
        has(&cluster.nodes()[1], "a").await,
        "it was applied all the same"
    );
    until("nothing is in flight", async || {
        node.counters().in_flight == 0
    })
    .await;
}

#[tokio::test]
async fn its_peers_list_it_until_the_staleness_is_over() {
    let staleness = Duration::from_secs(1);
    let builder = TestCluster::builder()
        .topology("dc1:r1=3")
        .staleness(staleness);
    let cluster = builder.start().await.unwrap();
    let nodes = cluster.nodes();
    let all = ips(nodes);
    nodes[1].kill();
    assert_eq!(local_nodes(&nodes[0], "").await, all, "not yet noticed");
    let left = ips(&[nodes[0].clone(), nodes[2].clone()]);
    until("the peers notice", async || {
        local_nodes(&nodes[0], "").await == left
    })
    .await;
    assert_eq!(local_nodes(&nodes[2], "").await, left);
}

#[tokio::test]
async fn a_restart_is_at_the_same_address_and_listed_at_once() {
    let builder = TestCluster::builder()
        .topology("dc1:r1=2")
        .staleness(Duration::from_millis(1));
    let cluster = builder.start().await.unwrap();
    let [stays, comes_back] = cluster.nodes() else {
        panic!()
    };
    for _ in 0..5 {
        let mut connection = Connection::open(comes_back.address()).await;
        connection.operation("ListTables", "{}").await;
        connection.answer().await;
        comes_back.kill();
        until("it is dropped", async || {
            local_nodes(stays, "").await.len() == 1
        })
        .await;
        comes_back.restart().await.unwrap();
        assert_eq!(comes_back.state(), NodeState::Serving);
        assert_eq!(operation(comes_back, "ListTables", "{}").await.status, 200);
        assert_eq!(local_nodes(stays, "").await, ips(cluster.nodes()));
        assert_eq!(
            connection.hear().await,
            Heard::Reset,
            "old connections stay dead"
        );
    }
}

#[tokio::test]
async fn a_restart_before_the_peers_notice_is_never_noticed() {
    let staleness = Duration::from_millis(100);
    let builder = TestCluster::builder()
        .topology("dc1:r1=2")
        .staleness(staleness);
    let cluster = builder.start().await.unwrap();
    let [stays, comes_back] = cluster.nodes() else {
        panic!()
    };
    comes_back.kill();
    comes_back.restart().await.unwrap();
    tokio::time::sleep(staleness * 2).await;
    assert_eq!(local_nodes(stays, "").await, ips(cluster.nodes()));
}

#[tokio::test]
async fn killing_twice_and_restarting_what_serves_do_nothing() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    let mut connection = Connection::open(node.address()).await;
    node.restart().await.unwrap();
    connection.operation("ListTables", "{}").await;
    assert_eq!(
        connection.answer().await.status,
        200,
        "the connection lives"
    );
    node.kill();
    node.kill();
    node.restart().await.unwrap();
    assert_eq!(operation(node, "ListTables", "{}").await.status, 200);
}
