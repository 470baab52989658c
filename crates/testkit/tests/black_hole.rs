//! A black-holed node: it takes everything and gives nothing.

mod support;

use std::time::Duration;

use support::{
    Connection, Heard, SILENCE, create_table, has, ips, local_nodes, operation, put, start, until,
};

#[tokio::test]
async fn every_request_meets_silence() {
    let cluster = start("dc1:r1=2").await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    create_table(node).await;
    let mut open = Connection::open(node.address()).await;
    open.operation("ListTables", "{}").await;
    open.answer().await;

    node.black_hole();
    open.operation("PutItem", &put("a")).await;
    let mut health = Connection::open(node.address()).await;
    health.send("GET / HTTP/1.1", "").await;
    let mut local = Connection::open(node.address()).await;
    local.send("GET /localnodes HTTP/1.1", "").await;
    let (first, second, third) = tokio::join!(
        open.hear_within(SILENCE),
        health.hear_within(SILENCE),
        local.hear_within(SILENCE),
    );
    assert_eq!(
        [first, second, third],
        [Heard::Silence, Heard::Silence, Heard::Silence]
    );
    let counters = node.counters();
    assert_eq!(
        (counters.health, counters.local_nodes, counters.attempts),
        (1, 1, 3)
    );
    assert_eq!(counters.executed, 2, "what it swallowed is not executed");
    assert!(!has(other, "a").await);
    assert_eq!(
        local_nodes(other, "").await,
        ips(cluster.nodes()),
        "its peers list it"
    );

    node.heal();
    assert_eq!(operation(node, "ListTables", "{}").await.status, 200);
    assert_eq!(
        open.hear_within(SILENCE).await,
        Heard::Silence,
        "swallowed for good"
    );
    assert!(!has(other, "a").await);
}

#[tokio::test]
async fn a_large_body_is_read_to_its_end() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    node.black_hole();
    let mut connection = Connection::open(node.address()).await;
    // Far more than the sockets' buffers hold: sending it needs a reader.
    let body = " ".repeat(15 << 20);
    let sent = connection.operation("PutItem", &body);
    tokio::time::timeout(support::PATIENCE, sent)
        .await
        .expect("the node reads it");
    assert_eq!(connection.hear_within(SILENCE).await, Heard::Silence);
}

#[tokio::test]
async fn an_answer_under_way_is_swallowed_too() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    let slow = Duration::from_secs(1);
    node.slow(slow);
    let mut connection = Connection::open(node.address()).await;
    connection.operation("ListTables", "{}").await;
    until("it is executed", async || node.counters().executed == 1).await;
    node.black_hole();
    let heard = connection.hear_within(slow * 3 / 2).await;
    assert_eq!(heard, Heard::Silence);
}

#[tokio::test]
async fn a_black_hole_can_be_killed() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    node.black_hole();
    let mut connection = Connection::open(node.address()).await;
    connection.operation("ListTables", "{}").await;
    until("it arrived", async || node.counters().attempts == 1).await;
    node.kill();
    assert_eq!(connection.hear().await, Heard::Reset);
}
