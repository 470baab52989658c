//! Slow, failing and resetting nodes: they look healthy and are not.

mod support;

use std::time::Duration;

use http::StatusCode;
use support::{Connection, Heard, create_table, get, has, local_nodes, operation, put, start};
use tokio::time::Instant;

#[tokio::test]
async fn a_slow_node_answers_late_and_executes_at_once() {
    let cluster = start("dc1:r1=2").await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    create_table(node).await;
    let delay = Duration::from_millis(150);
    node.slow(delay);
    for path in ["/", "/localnodes"] {
        let before = Instant::now();
        assert_eq!(get(node, path).await.status, 200);
        assert!(before.elapsed() >= delay, "{path}");
    }
    let mut connection = Connection::open(node.address()).await;
    connection.operation("PutItem", &put("a")).await;
    support::until("it is applied before its answer", async || {
        has(other, "a").await
    })
    .await;
    assert_eq!(connection.answer().await.status, 200);
    node.slow(Duration::from_secs(60));
    node.heal();
    assert_eq!(get(node, "/").await.status, 200, "it is quick again");
}

#[tokio::test]
async fn a_failing_node_answers_operations_with_an_error_and_executes_nothing() {
    let cluster = start("dc1:r1=2").await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    create_table(other).await;
    let table = [
        (500, "InternalServerError"),
        (503, "InternalServerError"),
        (413, "PayloadTooLarge"),
        (400, "ValidationException"),
    ];
    for (status, error) in table {
        node.fail(StatusCode::from_u16(status).unwrap());
        let answer = operation(node, "PutItem", &put("a")).await;
        assert_eq!((answer.status, &*answer.error()), (status, error));
    }
    node.fail_with(
        StatusCode::BAD_REQUEST,
        "RequestLimitExceeded",
        "too many in-flight requests",
    );
    let answer = operation(node, "PutItem", &put("a")).await;
    assert_eq!(answer.error(), "RequestLimitExceeded");
    assert_eq!(answer.message(), "too many in-flight requests");
    assert_eq!(get(node, "/").await.status, 200, "it looks healthy");
    assert_eq!(local_nodes(node, "").await.len(), 2);
    assert_eq!((node.counters().attempts, node.counters().executed), (5, 0));
    assert!(!has(other, "a").await);
    node.heal();
    assert_eq!(operation(node, "PutItem", &put("a")).await.status, 200);
}

#[tokio::test]
async fn a_resetting_node_executes_and_then_resets() {
    let cluster = start("dc1:r1=2").await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    create_table(other).await;
    node.reset();
    let mut connection = Connection::open(node.address()).await;
    connection.operation("PutItem", &put("a")).await;
    assert_eq!(connection.hear().await, Heard::Reset);
    assert!(has(other, "a").await);
    assert_eq!(get(node, "/").await.status, 200, "it looks healthy");
}

#[tokio::test]
async fn a_node_that_resets_before_execution_applies_nothing() {
    let cluster = start("dc1:r1=2").await;
    let [node, other] = cluster.nodes() else {
        panic!()
    };
    create_table(other).await;
    node.reset_before_execution();
    let mut connection = Connection::open(node.address()).await;
    connection.operation("PutItem", &put("a")).await;
    assert_eq!(connection.hear().await, Heard::Reset);
    assert!(!has(other, "a").await);
    assert_eq!((node.counters().attempts, node.counters().executed), (1, 0));
    node.heal();
    assert_eq!(operation(node, "PutItem", &put("a")).await.status, 200);
}
