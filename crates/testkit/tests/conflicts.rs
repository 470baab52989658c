//! Conditional writes to one partition: queues at one node, collisions between two.

mod support;

use std::time::Duration;

use support::{Answer, Connection, create_table, has, operation, put, start, until};
use tower_muster_testkit::{TestCluster, TestNode, WriteIsolation};

/// Long enough for a second write to come while the first one holds its partition.
const HOLD: Duration = Duration::from_secs(2);

fn add(key: &str) -> String {
    format!(
        r#"{{"TableName":"things","Key":{{"k":{{"S":"{key}"}}}},"UpdateExpression":"ADD n :one",
            "ExpressionAttributeValues":{{":one":{{"N":"1"}}}}}}"#
    )
}

async fn n(node: &TestNode, key: &str) -> String {
    let body = format!(r#"{{"TableName":"things","Key":{{"k":{{"S":"{key}"}}}}}}"#);
    let item = operation(node, "GetItem", &body).await.json();
    item["Item"]["n"]["N"].as_str().unwrap_or("0").to_owned()
}

/// Sends a write and waits until it has been executed, and so holds its partition.
async fn hold(node: &TestNode, name: &str, body: &str) -> Connection {
    let before = node.counters().executed;
    let mut connection = Connection::open(node.address()).await;
    connection.operation(name, body).await;
    until("it is executed", async || node.counters().executed > before).await;
    connection
}

fn assert_uncertain(answer: &Answer) {
    assert_eq!(
        (answer.status, &*answer.error()),
        (500, "InternalServerError")
    );
    let message = answer.message();
    let begin =
        "Internal server error: exceptions::mutation_write_timeout_exception (Failed to accept ";
    assert!(message.starts_with(begin), "{message}");
    let end =
        "for alternator_things.things: write timeout due to uncertainty. Replica errors: none)";
    assert!(message.ends_with(end), "{message}");
}

#[tokio::test]
async fn the_later_of_two_nodes_is_told_of_uncertainty_and_executes_nothing() {
    let builder = TestCluster::builder().topology("dc1:r1=2");
    let cluster = builder.transaction_hold(HOLD).start().await.unwrap();
    let [first, second] = cluster.nodes() else {
        panic!()
    };
    create_table(first).await;
    let mut held = hold(first, "UpdateItem", &add("a")).await;
    assert_uncertain(&operation(second, "UpdateItem", &add("a")).await);
    assert_eq!(n(second, "a").await, "1");
    assert_eq!(
        (first.counters().conflicts, second.counters().conflicts),
        (0, 1)
    );
    let plain = operation(second, "PutItem", &put("a")).await;
    assert_eq!(plain.status, 200, "a plain write is none of it");
    assert_eq!(
        operation(second, "UpdateItem", &add("b")).await.status,
        200,
        "nor another key"
    );
    assert_eq!(held.answer().await.status, 200);
    assert_eq!(operation(second, "UpdateItem", &add("a")).await.status, 200);
}

#[tokio::test]
async fn one_nodes_own_writes_queue_and_all_succeed() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    create_table(node).await;
    let mut connections = Vec::new();
    for _ in 0..20 {
        let mut connection = Connection::open(node.address()).await;
        connection.operation("UpdateItem", &add("a")).await;
        connections.push(connection);
    }
    for mut connection in connections {
        assert_eq!(connection.answer().await.status, 200);
    }
    assert_eq!(n(node, "a").await, "20");
    assert_eq!(node.counters().conflicts, 0);
}

#[tokio::test]
async fn a_collision_may_be_executed_or_not_happen_at_all() {
    for (probability, executed, status, expected) in [
        (1.0, true, 500, "2"),
        (0.0, false, 200, "2"),
        (1.0, false, 500, "1"),
    ] {
        let builder = TestCluster::builder().topology("dc1:r1=2");
        let builder = builder
            .transaction_hold(HOLD)
            .conflict_probability(probability);
        let cluster = builder.execute_conflicting(executed).start().await.unwrap();
        let [first, second] = cluster.nodes() else {
            panic!()
        };
        create_table(first).await;
        let _held = hold(first, "UpdateItem", &add("a")).await;
        assert_eq!(
            operation(second, "UpdateItem", &add("a")).await.status,
            status
        );
        assert_eq!(n(second, "a").await, expected, "{probability} {executed}");
    }
}

#[tokio::test]
async fn isolation_always_makes_every_write_collide_and_a_tables_tag_goes_before_it() {
    let builder = TestCluster::builder().topology("dc1:r1=2");
    let builder = builder.write_isolation(WriteIsolation::Always);
    let cluster = builder.transaction_hold(HOLD).start().await.unwrap();
    let [first, second] = cluster.nodes() else {
        panic!()
    };
    create_table(first).await;
    let batch = r#"{"RequestItems":{"things":[{"PutRequest":{"Item":{"k":{"S":"a"}}}},
        {"DeleteRequest":{"Key":{"k":{"S":"b"}}}}]}}"#;
    let _held = hold(first, "PutItem", &put("a")).await;
    assert_uncertain(&operation(second, "PutItem", &put("a")).await);
    assert_uncertain(&operation(second, "BatchWriteItem", batch).await);

    let table = r#"{"TableName":"things"}"#;
    let table = operation(first, "DescribeTable", table).await.json();
    let arn = table["Table"]["TableArn"].as_str().unwrap();
    let tag = async |value: &str| {
        let tags = format!(r#"[{{"Key":"system:write_isolation","Value":"{value}"}}]"#);
        let body = format!(r#"{{"ResourceArn":"{arn}","Tags":{tags}}}"#);
        let answer = operation(first, "TagResource", &body).await;
        assert_eq!((answer.status, &*answer.body), (200, ""));
    };
    tag("unsafe_rmw").await;
    let _held = hold(first, "UpdateItem", &add("c")).await;
    assert_eq!(operation(second, "UpdateItem", &add("c")).await.status, 200);
    tag("forbid_rmw").await;
    let answer = operation(second, "UpdateItem", &add("d")).await;
    assert_eq!(
        (answer.status, &*answer.error()),
        (400, "ValidationException")
    );
    assert_eq!(operation(second, "PutItem", &put("d")).await.status, 200);
    assert!(has(first, "d").await);
}

#[tokio::test]
async fn a_write_that_queues_is_executed_though_the_node_drains() {
    let builder = TestCluster::builder().topology("dc1:r1=2");
    let cluster = builder.transaction_hold(HOLD).start().await.unwrap();
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    create_table(node).await;
    let _first = hold(node, "UpdateItem", &add("a")).await;
    let mut second = Connection::open(node.address()).await;
    second.operation("UpdateItem", &add("a")).await;
    until("it has arrived", async || node.counters().in_flight == 2).await;
    until("it queues", async || node.counters().keys_written == 1).await;
    node.drain();
    until("it has drained", async || {
        node.state() == tower_muster_testkit::NodeState::Drained
    })
    .await;
    assert_eq!(n(other, "a").await, "2");
}
