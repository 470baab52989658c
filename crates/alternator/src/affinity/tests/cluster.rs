//! The whole stack, against real sockets.

use std::collections::BTreeSet;

use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tower::{ServiceBuilder, ServiceExt};
use tower_muster::{
    Cluster, FailoverLayer, Node, Scope, SelectLayer,
    failover::Failover,
    policy::{InScope, RoundRobin},
    select::Select,
};
use tower_muster_testkit::{Counters, TestCluster};

use super::*;
use crate::{
    Alternator,
    affinity::{Affinity, KeyAffinity},
};

type Stack = Affinity<
    Failover<
        Select<Client<HttpConnector, Body>, KeyAffinity<InScope<RoundRobin>>, Alternator>,
        Alternator,
    >,
>;

async fn start() -> TestCluster {
    let cluster = TestCluster::builder().topology("dc1:r1=3,r2=3,r3=3");
    cluster.start().await.expect("a cluster")
}

/// A client of its own in a rack, which learns what it does not know.
fn client_in(rack: &str, nodes: &TestCluster, mode: Mode) -> Stack {
    let nodes = nodes.nodes().iter().map(|node| {
        let place = (node.datacenter(), node.rack());
        Node::new(&node.url())
            .expect("an origin")
            .in_rack(place.0, place.1)
            .expect("names")
    });
    let cluster = Cluster::fixed(nodes).expect("a cluster");
    let scope = Scope::rack("dc1", rack).or_datacenter("dc1");
    let near = InScope::new(scope.clone(), RoundRobin::new()).expect("names");
    let policy = KeyAffinity::new(&scope, near).expect("names");
    ServiceBuilder::new()
        .layer(AffinityLayer::new(mode))
        .layer(FailoverLayer::new(cluster.clone()).repeat(Alternator))
        .layer(SelectLayer::new(cluster, policy).classify(Alternator))
        .service(Client::builder(TokioExecutor::new()).build_http())
}

async fn call(stack: &Stack, operation: &str, body: impl Into<Bytes>) {
    let call = stack.clone().oneshot(request(operation, body));
    let response = call.await.expect("an answer");
    let status = response.status().as_u16();
    let body = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    assert_eq!(status, 200, "{body:?}");
}

async fn create_table(stack: &Stack) {
    let body = r#"{"TableName":"items","BillingMode":"PAY_PER_REQUEST",
        "AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"}],
        "KeySchema":[{"AttributeName":"p","KeyType":"HASH"}]}"#;
    call(stack, "CreateTable", body).await;
}

fn item(key: usize) -> String {
    format!(r#"{{"TableName":"items","Item":{{"p":{{"S":"{key}"}},"v":{{"N":"1"}}}}}}"#)
}

/// Writes such items until the table's key is known.
async fn learn(stack: &Stack, item: impl Fn(usize) -> String) {
    let view = || stack.layer.keys.view();
    for key in 0..10_000 {
        if view().key("items").name().is_some() {
            return;
        }
        call(stack, "PutItem", item(key)).await;
    }
    panic!("the key is not learned");
}

fn counted(nodes: &TestCluster, count: impl Fn(Counters) -> u64) -> Vec<u64> {
    nodes
        .nodes()
        .iter()
        .map(|node| count(node.counters()))
        .collect()
}

/// The nodes that ran an operation since.
fn since(before: &[u64], nodes: &TestCluster) -> BTreeSet<usize> {
    let now = counted(nodes, |counters| counters.executed);
    let grown = before
        .iter()
        .zip(now)
        .enumerate()
        .filter(|(_, (before, now))| now > *before);
    grown.map(|(node, _)| node).collect()
}

#[tokio::test]
async fn clients_in_two_racks_write_a_key_through_one_node_and_read_in_their_own() {
    let nodes = start().await;
    let clients = ["r1", "r2"].map(|rack| client_in(rack, &nodes, Mode::AnyWrite));
    create_table(&clients[0]).await;
    for client in &clients {
        learn(client, item).await;
    }
    let mut used = BTreeSet::new();
    for key in 0..30 {
        let before = counted(&nodes, |counters| counters.executed);
        for client in &clients {
            call(client, "PutItem", item(key)).await;
            let update = format!(
                r#"{{"TableName":"items","Key":{{"p":{{"S":"{key}"}}}},"UpdateExpression":"ADD v :one",
                    "ExpressionAttributeValues":{{":one":{{"N":"1"}}}}}}"#
            );
            call(client, "UpdateItem", update).await;
        }
        let writers = since(&before, &nodes);
        assert_eq!(writers.len(), 1, "key {key} through {writers:?}");
        used.extend(writers);
    }
    assert!(used.len() > 5, "the keys are spread: {used:?}");

    for (client, rack) in clients.iter().zip([0..3, 3..6]) {
        let before = counted(&nodes, |counters| counters.executed);
        for key in 0..9 {
            let body = format!(r#"{{"TableName":"items","Key":{{"p":{{"S":"{key}"}}}}}}"#);
            call(client, "GetItem", body).await;
        }
        assert!(
            since(&before, &nodes).into_iter().eq(rack),
            "reads stay in the rack"
        );
    }
}

#[tokio::test]
async fn a_key_moves_to_the_next_of_its_order_when_its_node_dies() {
    let nodes = start().await;
    let clients = ["r1", "r3"].map(|rack| client_in(rack, &nodes, Mode::AnyWrite));
    create_table(&clients[0]).await;
    for client in &clients {
        learn(client, item).await;
    }
    let mut ring: Vec<_> = nodes.urls().into_iter().enumerate().collect();
    ring.sort_by(|(_, a), (_, b)| a.cmp(b));
    let order = KeyHash::string("7").order(ring.len());
    for expected in order.take(4).map(|nth| ring[nth].0) {
        let before = counted(&nodes, |counters| counters.executed);
        for client in &clients {
            call(client, "PutItem", item(7)).await;
        }
        assert_eq!(since(&before, &nodes), BTreeSet::from([expected]));
        nodes.nodes()[expected].kill();
    }
}

#[tokio::test]
async fn plain_puts_stay_in_the_rack_when_only_conditional_ones_have_a_home() {
    let nodes = start().await;
    let client = client_in("r1", &nodes, Mode::ReadModifyWrite);
    create_table(&client).await;
    let conditional = |key| {
        let item = item(key);
        let open = item.trim_end_matches('}');
        format!(
            r#"{open}}}}},"ConditionExpression":"attribute_exists(p) OR attribute_not_exists(p)"}}"#
        )
    };
    learn(&client, conditional).await;
    for key in 0..10 {
        let before = counted(&nodes, |counters| counters.executed);
        for _ in 0..3 {
            call(&client, "PutItem", conditional(key)).await;
        }
        assert_eq!(since(&before, &nodes).len(), 1, "key {key}");
    }
    let before = counted(&nodes, |counters| counters.executed);
    for key in 0..9 {
        call(&client, "PutItem", item(key)).await;
    }
    assert!(since(&before, &nodes).into_iter().eq(0..3));
}
