//! Draining while the engine is held, which no client can bring about.

use std::sync::mpsc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::TestCluster;

const CREATE: &str = r#"{"TableName":"things","BillingMode":"PAY_PER_REQUEST",
    "KeySchema":[{"AttributeName":"k","KeyType":"HASH"}],
    "AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}]}"#;

async fn send(node: &TestNode, operation: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(node.address()).await.unwrap();
    let head = format!("POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: a.{operation}\r\n");
    let text = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn until(holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait)
        .await
        .expect("it never happened");
}

fn lists(peer: &TestNode, node: &TestNode) -> bool {
    lock(&peer.node().view).lists(node.index)
}

/// Keeps the engine busy until the sender is dropped.
fn hold_engine(node: &TestNode) -> mpsc::Sender<()> {
    let (hold, held) = mpsc::channel::<()>();
    let engine = node.shared.engine.clone();
    tokio::spawn(async move { engine.run(move |_| held.recv().is_err()).await });
    hold
}

#[tokio::test]
async fn peers_list_a_draining_node_until_what_it_accepted_is_executed() {
    let cluster = TestCluster::builder()
        .topology("dc1:r1=2")
        .start()
        .await
        .unwrap();
    let [node, peer] = cluster.nodes() else {
        panic!()
    };
    let hold = hold_engine(node);
    tokio::task::yield_now().await;
    let mut stream = send(node, "CreateTable", CREATE).await;
    until(|| node.counters().in_flight == 1).await;
    // Head and body came in one piece, so the operation is handed in by the same
    // poll that counted it, and a connection ends only between polls.

    node.drain();
    let mut answer = Vec::new();
    assert_eq!(
        stream.read_to_end(&mut answer).await.unwrap(),
        0,
        "a FIN and no byte"
    );
    until(|| node.counters().in_flight == 0).await;
    assert_eq!(node.state(), NodeState::Draining);
    assert!(lists(peer, node));
    assert_eq!(node.counters().executed, 0);

    drop(hold);
    until(|| node.state() == NodeState::Drained).await;
    assert!(!lists(peer, node));
    assert_eq!(
        node.counters().executed,
        1,
        "it was executed though nobody was left to hear it"
    );
}
