//! The in-flight limit, which newer releases look at before anything else.

mod support;

use std::time::Duration;

use support::{Connection, Heard, get, local_nodes, operation, start, until};
use tower_muster_testkit::{TestCluster, TestNode, Version};

const SHED: &str =
    "too many in-flight requests (configured via max_concurrent_requests_per_shard): ";

/// Has an operation in flight until the node is healed and the connection dropped.
async fn occupy(node: &TestNode) -> Connection {
    let before = node.counters().executed;
    node.slow(Duration::from_secs(60));
    let mut connection = Connection::open(node.address()).await;
    connection.operation("ListTables", "{}").await;
    until("it is in flight", async || {
        node.counters().executed > before
    })
    .await;
    node.heal();
    connection
}

#[tokio::test]
async fn operations_over_the_limit_are_shed_and_the_rest_is_answered() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    let occupied = occupy(node).await;
    node.overload(1);
    let answer = operation(node, "ListTables", "{}").await;
    assert_eq!(
        (answer.status, &*answer.error()),
        (400, "RequestLimitExceeded")
    );
    assert_eq!(answer.message(), format!("{SHED}1"));
    assert_eq!(get(node, "/").await.status, 200);
    assert_eq!(local_nodes(node, "").await.len(), 1);
    assert_eq!((node.counters().shed, node.counters().executed), (1, 1));

    node.overload(2);
    assert_eq!(operation(node, "ListTables", "{}").await.status, 200);
    drop(occupied);
    node.overload(1);
    until("there is room", async || node.counters().in_flight == 0).await;
    assert_eq!(operation(node, "ListTables", "{}").await.status, 200);
    node.overload(0);
    assert_eq!(node.faults().max_in_flight, Some(0));
    assert_eq!(
        operation(node, "ListTables", "{}").await.message(),
        format!("{SHED}0")
    );
    node.heal();
    assert_eq!(operation(node, "ListTables", "{}").await.status, 200);
    assert_eq!(node.faults().max_in_flight, None);
}

#[tokio::test]
async fn an_early_limit_comes_before_the_signature_and_closes_without_saying_so() {
    let builder = TestCluster::builder().topology("dc1:r1=1");
    let cluster = builder.credentials("key", "secret").start().await.unwrap();
    let node = &cluster.nodes()[0];
    node.overload(0);
    for version in [Version::V2026_2, Version::V2026_3] {
        node.set_version(version);
        let mut connection = Connection::open(node.address()).await;
        connection.operation("ListTables", "{}").await;
        let answer = connection.answer().await;
        assert_eq!(answer.error(), "RequestLimitExceeded", "{version}");
        assert_eq!(answer.header("connection"), None, "{version}");
        let heard = connection.hear().await;
        assert!(
            matches!(heard, Heard::Fin | Heard::Reset),
            "{version}: {heard:?}"
        );
    }
    let mut connection = Connection::open(node.address()).await;
    for _ in 0..2 {
        connection.operation("ListTables", "").await;
        let answer = connection.answer().await;
        assert_eq!(
            answer.error(),
            "RequestLimitExceeded",
            "nothing was left unread"
        );
    }
}

#[tokio::test]
async fn a_late_limit_comes_after_the_signature_and_keeps_the_connection() {
    let builder = TestCluster::builder().topology("dc1:r1=1");
    let cluster = builder.credentials("key", "secret").start().await.unwrap();
    let node = &cluster.nodes()[0];
    node.overload(0);
    let signer = support::sign::Signer::new("key", "secret");
    for version in [Version::V6_2, Version::V2025_1, Version::V2026_1] {
        node.set_version(version);
        let mut connection = Connection::open(node.address()).await;
        for _ in 0..2 {
            connection.operation("ListTables", "{}").await;
            let error = connection.answer().await.error();
            assert_eq!(error, "MissingAuthenticationTokenException", "{version}");
        }
        let answer = signer.operation(node, "ListTables", b"{}").await;
        assert_eq!(answer.error(), "RequestLimitExceeded", "{version}");
    }
}
