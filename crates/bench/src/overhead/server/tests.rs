use std::sync::atomic::Ordering::Relaxed;

use super::{Running, listen::start};
use crate::overhead::{
    caller::{Load, slice},
    clients::{connector, pooled},
    http::Http,
    tls,
};

const LOAD: Load = Load { tasks: 1, calls: 6 };

#[tokio::test]
async fn each_node_answers_and_counts_its_connections() {
    let Running { nodes, accepted } = start(3).await.expect("nodes");
    let client = Http::new(pooled(connector()), &nodes.plain()).expect("URIs");
    slice(&client, LOAD).await.expect("answers");
    assert_eq!(accepted.load(Relaxed), 3, "six calls, two at each node");
}

#[tokio::test]
async fn each_node_answers_over_tls_to_who_trusts_its_certificate() {
    let Running { nodes, accepted } = start(3).await.expect("nodes");
    let client = tls::client(&nodes.certificate).expect("a client");
    let client = Http::new(client, &nodes.tls()).expect("URIs");
    slice(&client, LOAD).await.expect("answers");
    assert_eq!(accepted.load(Relaxed), 3);
}
