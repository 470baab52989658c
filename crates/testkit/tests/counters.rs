//! What a node counts.

mod support;

use std::time::Duration;

use support::{Connection, create_table, get, local_nodes, operation, put, start, until};

#[tokio::test]
async fn each_node_counts_what_arrives_at_it() {
    let cluster = start("dc1:r1=2").await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    create_table(node).await;
    operation(node, "PutItem", &put("a")).await;
    operation(node, "Nonsense", "{}").await;
    get(node, "/").await;
    get(node, "/nothing").await;
    local_nodes(node, "").await;
    local_nodes(node, "?rack=r1").await;
    let counters = node.counters();
    assert_eq!(counters.connections, 7);
    assert_eq!(counters.requests, 7);
    assert_eq!(counters.attempts, 3);
    assert_eq!(counters.executed, 2, "an unknown operation is not executed");
    assert_eq!((counters.health, counters.local_nodes), (1, 2));
    assert_eq!(other.counters(), Default::default());
}

#[tokio::test]
async fn in_flight_falls_to_zero_and_its_peak_stays() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    node.slow(Duration::from_secs(60));
    let mut connections = Vec::new();
    for _ in 0..5 {
        let mut connection = Connection::open(node.address()).await;
        connection.operation("ListTables", "{}").await;
        connections.push(connection);
    }
    until("all are in flight", async || node.counters().in_flight == 5).await;
    drop(connections);
    until("clients that left are noticed", async || {
        node.counters().in_flight == 0
    })
    .await;
    assert_eq!(node.counters().in_flight_peak, 5);
}

#[tokio::test]
async fn host_headers_are_kept_for_a_test_to_see() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    assert!(node.hosts().is_empty());
    let own = node.address().to_string();
    for _ in 0..3 {
        get(node, "/").await;
    }
    assert_eq!(node.hosts(), [&*own]);
    let mut connection = Connection::open(node.address()).await;
    connection
        .send_raw("GET / HTTP/1.1\r\nHost: dynamodb.example\r\n\r\n")
        .await;
    connection.answer().await;
    assert_eq!(node.hosts(), [&*own, "dynamodb.example"]);
    for number in 0..100 {
        connection
            .send_raw(&format!("GET / HTTP/1.1\r\nHost: host{number}\r\n\r\n"))
            .await;
        connection.answer().await;
    }
    assert_eq!(node.hosts().len(), 65, "the set is bounded");
}

#[tokio::test]
async fn bytes_are_counted_at_the_socket_heads_included() {
    let cluster = start("dc1:r1=2").await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    let request = "GET /localnodes HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut connection = Connection::open(node.address()).await;
    let mut answered = 0;
    for sent in 1..=2_u64 {
        connection.send_raw(request).await;
        let answer = connection.answer().await;
        answered += (answer.head.len() + 4 + answer.bytes.len()) as u64;
        assert_eq!(node.counters().bytes_received, sent * request.len() as u64);
        assert_eq!(node.counters().bytes_sent, answered);
    }
    connection.send_raw("GET / HT").await;
    let partly = 2 * request.len() as u64 + 8;
    until("what is no whole request counts too", async || {
        node.counters().bytes_received == partly
    })
    .await;
    assert_eq!(other.counters().bytes_received, 0);
}

#[tokio::test]
async fn the_longest_use_of_a_connection_is_kept() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    for requests in [2, 5, 3] {
        let mut connection = Connection::open(node.address()).await;
        for _ in 0..requests {
            connection.operation("ListTables", "{}").await;
            connection.answer().await;
        }
    }
    let counters = node.counters();
    assert_eq!((counters.connections, counters.requests), (3, 10));
    assert_eq!(counters.requests_per_connection_peak, 5);
}

#[tokio::test]
async fn different_keys_that_writes_name_are_counted_once_each() {
    let cluster = start("dc1:r1=2").await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    create_table(node).await;
    for key in ["a", "b", "a"] {
        operation(node, "PutItem", &put(key)).await;
    }
    let delete = r#"{"TableName":"things","Key":{"k":{"S":"b"}}}"#;
    operation(node, "DeleteItem", delete).await;
    let batch = r#"{"RequestItems":{"things":[{"PutRequest":{"Item":{"k":{"S":"c"}}}}]}}"#;
    operation(node, "BatchWriteItem", batch).await;
    support::has(node, "d").await;
    assert_eq!(node.counters().keys_written, 3, "a read names none");
    operation(other, "PutItem", &put("a")).await;
    assert_eq!(other.counters().keys_written, 1);
}
