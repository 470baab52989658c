//! The network cut between the nodes, and nothing between them and the client.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the report")]

mod support;

use std::time::Duration;

use support::{create_table, get, has, ips, local_nodes, operation, put, start, until};
use tower_muster_testkit::{TestCluster, TestNode};

/// Time enough to look before a partition is noticed.
const STALENESS: Duration = Duration::from_secs(1);
const NEEDS_TWO: &str = "Cannot achieve consistency level for cl LOCAL_QUORUM. Requires 2, alive 1";
const GET: &str = r#"{"TableName":"things","Key":{"k":{"S":"a"}}"#;

async fn one_against_two() -> TestCluster {
    let builder = TestCluster::builder().topology("dc1:r1=1,r2=2;dc2:r1=1");
    let cluster = builder.staleness(STALENESS).start().await.unwrap();
    create_table(&cluster.nodes()[0]).await;
    cluster
}

#[tokio::test]
async fn each_side_lists_its_own_once_it_has_noticed() {
    let cluster = one_against_two().await;
    let nodes = cluster.nodes();
    cluster.partition([cluster.rack("dc1", "r1")]);
    assert_eq!(
        local_nodes(&nodes[0], "").await,
        ips(&nodes[..3]),
        "not yet noticed"
    );
    until("it is alone", async || {
        local_nodes(&nodes[0], "").await == ips(&nodes[..1])
    })
    .await;
    assert_eq!(local_nodes(&nodes[1], "").await, ips(&nodes[1..3]));
    assert_eq!(local_nodes(&nodes[1], "?dc=dc2").await, ips(&nodes[3..]));
    assert!(local_nodes(&nodes[0], "?dc=dc2").await.is_empty());
    cluster.heal_partition();
    for node in &nodes[..3] {
        assert_eq!(local_nodes(node, "").await, ips(&nodes[..3]));
    }
}

#[tokio::test]
async fn a_partition_that_is_healed_soon_is_not_noticed() {
    let cluster = one_against_two().await;
    let nodes = cluster.nodes();
    cluster.partition([cluster.rack("dc1", "r1")]);
    cluster.heal_partition();
    tokio::time::sleep(STALENESS * 2).await;
    assert_eq!(local_nodes(&nodes[0], "").await, ips(&nodes[..3]));
}

#[tokio::test]
async fn a_minority_refuses_what_needs_a_quorum_and_executes_none_of_it() {
    let cluster = one_against_two().await;
    let [lonely, peer, _, other] = cluster.nodes() else {
        panic!()
    };
    cluster.partition([vec![lonely], vec![other]]);
    let batch = r#"{"RequestItems":{"things":[{"PutRequest":{"Item":{"k":{"S":"a"}}}}]}}"#;
    for (name, body) in [
        ("PutItem", put("a").as_str()),
        ("BatchWriteItem", batch),
        ("DeleteTable", r#"{"TableName":"things"}"#),
    ] {
        let answer = operation(lonely, name, body).await;
        assert_eq!(
            (answer.status, &*answer.error()),
            (500, "InternalServerError")
        );
        let expected =
            format!("Internal server error: exceptions::unavailable_exception ({NEEDS_TWO})");
        assert_eq!(answer.message(), expected, "{name}");
    }
    let read = format!("{GET},\"ConsistentRead\":true}}");
    let answer = operation(lonely, "GetItem", &read).await;
    assert_eq!(
        answer.message(),
        format!("Internal server error: {NEEDS_TWO}")
    );
    assert!(
        !has(lonely, "a").await,
        "what one replica can answer is answered"
    );
    assert_eq!(get(lonely, "/").await.status, 200, "it looks healthy");

    assert_eq!(
        operation(peer, "PutItem", &put("b")).await.status,
        200,
        "a majority"
    );
    assert_eq!(
        operation(other, "PutItem", &put("c")).await.status,
        200,
        "all of its datacenter"
    );
    cluster.heal_partition();
    assert_eq!(operation(lonely, "PutItem", &put("a")).await.status, 200);
}

#[tokio::test]
async fn two_halves_are_no_majority_either() {
    let cluster = start("dc1:r1=2,r2=2").await;
    create_table(&cluster.nodes()[0]).await;
    cluster.partition([cluster.rack("dc1", "r1"), cluster.rack("dc1", "r2")]);
    let refused = async |node: &TestNode| operation(node, "PutItem", &put("a")).await.status;
    for node in cluster.nodes() {
        assert_eq!(refused(node).await, 500);
    }
}
