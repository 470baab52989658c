//! Starting, bad input, and stopping.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the report")]

mod support;

use std::error::Error;
use std::io::ErrorKind;
use std::net::TcpListener;

use support::{get, operation, refuses_connections, start, until};
use tower_muster_testkit::{StartError, TestCluster};

async fn refused(topology: &str) -> StartError {
    TestCluster::builder()
        .topology(topology)
        .start()
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_topology_that_does_not_parse_is_named() {
    let error = refused("dc1:rack1=3,rack2").await;
    let StartError::Topology(source) = &error else {
        panic!("{error}")
    };
    assert_eq!(source.piece(), "rack2");
    assert!(error.source().unwrap().to_string().contains("rack2=") || source.piece() == "rack2");
}

#[tokio::test]
async fn too_many_nodes_are_refused() {
    let error = refused("dc1:rack1=128,rack2=127").await;
    assert!(
        error.source().unwrap().to_string().contains("254"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let first = start("dc1:r1=3").await;
    let taken = first.nodes()[2].address();
    let std::net::IpAddr::V4(ip) = taken.ip() else {
        panic!()
    };
    let builder = TestCluster::builder()
        .topology("dc1:r1=1")
        .first_address(ip);
    let error = builder.port(taken.port()).start().await.unwrap_err();
    let StartError::Listen { address, source } = &error else {
        panic!("{error}")
    };
    assert_eq!((*address, source.kind()), (taken, ErrorKind::AddrInUse));
    assert!(error.to_string().contains(&taken.to_string()), "{error}");
}

#[tokio::test]
async fn a_restart_on_an_address_that_was_taken_says_so() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    node.kill();
    let thief = TcpListener::bind(node.address()).unwrap();
    let error = node.restart().await.unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }), "{error}");
    drop(thief);
    node.restart().await.unwrap();
}

#[tokio::test]
async fn a_first_address_and_a_port_are_used_as_given() {
    let builder = TestCluster::builder()
        .topology("dc1:r1=2")
        .first_address([127, 255, 9, 254]);
    let cluster = builder.start().await.unwrap();
    let port = cluster.port();
    let expected = [
        format!("http://127.255.9.254:{port}"),
        format!("http://127.255.9.255:{port}"),
    ];
    assert_eq!(cluster.urls(), expected);
    assert_eq!(cluster.node("127.255.9.255").unwrap().url(), expected[1]);
    assert!(cluster.node(&format!("127.255.9.255:{port}")).is_some());
    assert!(cluster.node("127.255.9.255:1").is_none());
    assert!(cluster.node("nonsense").is_none());
}

#[tokio::test]
async fn racks_and_datacenters_can_be_looked_up() {
    let cluster = start("dc1:r1=2,r2=1;dc2:r1=3").await;
    assert_eq!(cluster.rack("dc1", "r1").len(), 2);
    assert_eq!(cluster.rack("dc2", "r1").len(), 3);
    assert_eq!(cluster.datacenter("dc1").len(), 3);
    assert!(cluster.rack("dc2", "r2").is_empty());
}

#[tokio::test]
async fn clusters_run_side_by_side() {
    let (first, second) = (start("dc1:r1=3").await, start("dc1:r1=3").await);
    support::create_table(&first.nodes()[0]).await;
    let tables = operation(&second.nodes()[0], "ListTables", "{}")
        .await
        .json();
    assert_eq!(
        tables["TableNames"],
        serde_json::json!([]),
        "each has its own database"
    );
}

#[tokio::test]
async fn dropping_a_cluster_inside_async_code_stops_it() {
    let cluster = start("dc1:r1=2").await;
    let node = cluster.nodes()[1].clone();
    get(&node, "/").await;
    drop(cluster);
    assert!(refuses_connections(&node).await);
    let error = node
        .restart()
        .await
        .expect_err("a handle cannot bring it back");
    assert!(matches!(error, StartError::ClusterGone { .. }), "{error}");
    assert!(refuses_connections(&node).await);
    until("its connections end", async || {
        node.counters().in_flight == 0
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_of_the_caller_does_not_pause_the_nodes() {
    let cluster = start("dc1:r1=1").await;
    let node = cluster.nodes()[0].clone();
    // On a thread without a runtime, so that the paused clock is not driven at all.
    let answer = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(node.address()).unwrap();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    assert!(answer.join().unwrap().ends_with("healthy: x"));
}
