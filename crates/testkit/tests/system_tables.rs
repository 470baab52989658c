//! The server's own tables, as a client scans them to learn of the nodes.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the report")]

mod support;

use serde_json::{Value, json};
use support::sign::Signer;
use support::{local_nodes, operation, start, until};
use tower_muster_testkit::{NodeState, TestCluster, TestNode};

const LOCAL: &str = r#"{"TableName":".scylla.alternator.system.local"}"#;
const PEERS: &str = r#"{"TableName":".scylla.alternator.system.peers"}"#;

async fn scan(node: &TestNode, body: &str) -> Value {
    let answer = operation(node, "Scan", body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// The peers' addresses as the node has them, sorted.
async fn peers(node: &TestNode) -> Vec<String> {
    let answer = scan(node, PEERS).await;
    let items = answer["Items"].as_array().unwrap();
    assert_eq!(answer["Count"], items.len());
    let mut ips: Vec<String> = items
        .iter()
        .map(|item| item["peer"]["S"].as_str().unwrap().to_owned())
        .collect();
    ips.sort();
    ips
}

#[tokio::test]
async fn local_is_the_node_that_was_asked() {
    let cluster = start("dc1:r1=2;dc2:r2=1").await;
    for node in cluster.nodes() {
        let answer = scan(node, LOCAL).await;
        assert_eq!(
            (&answer["Count"], &answer["ScannedCount"]),
            (&json!(1), &json!(1))
        );
        let ip = node.address().ip().to_string();
        let item = &answer["Items"][0];
        for (name, value) in [
            ("key", "local"),
            ("bootstrapped", "COMPLETED"),
            ("broadcast_address", &ip),
            ("rpc_address", &ip),
            ("data_center", node.datacenter()),
            ("rack", node.rack()),
            ("host_id", &node.host_id()),
        ] {
            assert_eq!(item[name], json!({"S": value}), "{name}");
        }
    }
}

#[tokio::test]
async fn peers_are_all_other_members_dead_or_alive() {
    let builder = TestCluster::builder().topology("dc1:r1=2;dc2:r2=2");
    let builder = builder.staleness(std::time::Duration::ZERO);
    let cluster = builder.joining("dc1:r1=1").start().await.unwrap();
    let nodes = cluster.nodes();
    nodes[1].advertise_as("10.0.0.7");
    let others = support::ips(&nodes[1..4]);
    assert_eq!(peers(&nodes[0]).await, others);
    let items = scan(&nodes[0], PEERS).await;
    let items = items["Items"].as_array().unwrap();
    let second = items
        .iter()
        .find(|item| item["host_id"]["S"] == nodes[1].host_id());
    let second = second.unwrap();
    assert_eq!(second["rpc_address"]["S"], "10.0.0.7");
    assert_eq!(second["peer"]["S"], nodes[1].address().ip().to_string());
    assert_eq!(second["data_center"]["S"], "dc1");

    nodes[1].kill();
    until("it is not listed", async || {
        local_nodes(&nodes[0], "").await.len() == 1
    })
    .await;
    assert_eq!(peers(&nodes[0]).await, others, "membership is not liveness");
    nodes[3].decommission(Default::default(), Default::default());
    until("it has left", async || nodes[3].state() == NodeState::Left).await;
    assert_eq!(peers(&nodes[0]).await, support::ips(&nodes[1..3]));
    nodes[4].join().await.unwrap();
    assert_eq!(peers(&nodes[0]).await.len(), 3);
}

#[tokio::test]
async fn peers_come_in_pages_if_a_limit_asks_for_them() {
    let cluster = start("dc1:r1=4").await;
    let node = &cluster.nodes()[0];
    let mut seen = Vec::new();
    let mut start = Value::Null;
    for last in [false, true] {
        let mut request: Value = serde_json::from_str(PEERS).unwrap();
        request["Limit"] = json!(2);
        if !start.is_null() {
            request["ExclusiveStartKey"] = start;
        }
        let page = scan(node, &request.to_string()).await;
        seen.extend(
            page["Items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["peer"].clone()),
        );
        start = page["LastEvaluatedKey"].clone();
        assert_eq!(start.is_null(), last);
    }
    assert_eq!(seen.len(), 3);
    for (member, value) in [
        ("Limit", json!(0)),
        ("ExclusiveStartKey", json!({"peer": {"S": "x"}})),
    ] {
        let mut request: Value = serde_json::from_str(PEERS).unwrap();
        request[member] = value;
        let answer = operation(node, "Scan", &request.to_string()).await;
        assert_eq!(answer.error(), "ValidationException", "{member}");
    }
}

#[tokio::test]
async fn they_need_a_signature_as_all_operations_do() {
    let builder = TestCluster::builder().topology("dc1:r1=1");
    let cluster = builder.credentials("key", "secret").start().await.unwrap();
    let node = &cluster.nodes()[0];
    let answer = operation(node, "Scan", LOCAL).await;
    assert_eq!(answer.error(), "MissingAuthenticationTokenException");
    let signed = Signer::new("key", "secret");
    let answer = signed.operation(node, "Scan", LOCAL.as_bytes()).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn other_tables_of_the_server_are_not_found() {
    let cluster = start("dc1:r1=1").await;
    let body = r#"{"TableName":".scylla.alternator.system.nothing"}"#;
    let answer = operation(&cluster.nodes()[0], "Scan", body).await;
    assert_eq!(
        (answer.status, &*answer.error()),
        (400, "ResourceNotFoundException")
    );
}
