//! The race of keep-alive: a node that closes a connection as a request arrives.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the report")]

mod support;

use std::error::Error;

use http_body_util::BodyExt;
use hyper_util::client::legacy;
use support::client::{Https, Trust, list_tables, send};
use support::{Connection, Heard, PATIENCE, start, until};
use tokio::time::timeout;
use tower_muster_testkit::{Close, Fault, TestCluster, TestNode, Tls};

fn heard(how: Close) -> Heard {
    match how {
        Close::Fin => Heard::Fin,
        _ => Heard::Reset,
    }
}

/// What hyper's client knows of a request that failed.
fn is_ambiguous(error: &legacy::Error) -> bool {
    !error.is_connect() && error.connect_info().is_some()
}

/// What hyper itself met.
fn cause(error: &legacy::Error) -> String {
    let source = error.source().and_then(|source| source.downcast_ref());
    let error: &hyper::Error = source.unwrap();
    match error.source() {
        Some(cause) => cause.to_string(),
        None => error.to_string(),
    }
}

async fn warm(node: &TestNode) -> Connection {
    let mut connection = Connection::open(node.address()).await;
    connection.operation("ListTables", "{}").await;
    connection.answer().await;
    connection
}

#[tokio::test]
async fn an_answer_that_does_not_say_so_is_followed_by_a_fin() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    node.close_after_answer();
    assert!(node.faults().close_after_answer);
    let mut connection = Connection::open(node.address()).await;
    connection.operation("ListTables", "{}").await;
    let answer = connection.answer().await;
    assert_eq!((answer.status, answer.header("connection")), (200, None));
    assert_eq!(connection.hear().await, Heard::Fin);
    node.heal();
    let mut connection = warm(node).await;
    connection.operation("ListTables", "{}").await;
    connection.answer().await;
}

#[tokio::test]
async fn a_connection_is_closed_as_the_next_request_arrives() {
    for how in [Close::Fin, Close::Reset] {
        let cluster = start("dc1:r1=1").await;
        let node = &cluster.nodes()[0];
        let mut idle = warm(node).await;
        let read = node.counters().bytes_received;
        node.inject(Fault::CloseOnArrival(how).for_next(1));
        assert_eq!(node.faults().close_on_arrival, Some(how));
        assert_eq!(idle.hear_within(support::SILENCE).await, Heard::Silence);
        idle.operation("ListTables", "{}").await;
        assert_eq!(idle.hear().await, heard(how));
        let counters = node.counters();
        assert_eq!((counters.requests, counters.executed), (1, 1));
        assert_eq!(counters.bytes_received, read, "nothing was read");
        assert_eq!(node.faults(), Default::default(), "it was for one");
        warm(node).await;
    }
}

#[tokio::test]
async fn the_first_request_of_a_connection_is_never_hit_on_arrival() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    node.close_on_arrival(Close::Reset);
    for _ in 0..3 {
        let mut connection = warm(node).await;
        connection.operation("ListTables", "{}").await;
        assert_eq!(connection.hear().await, Heard::Reset);
    }
    node.inject(Fault::CloseOnArrival(Close::Fin).for_share(0.0));
    let mut connection = warm(node).await;
    connection.operation("ListTables", "{}").await;
    connection.answer().await;
}

#[tokio::test]
async fn a_request_whose_head_was_read_is_not_executed() {
    for how in [Close::Fin, Close::Reset] {
        let cluster = start("dc1:r1=1").await;
        let node = &cluster.nodes()[0];
        node.close_after_head(how);
        let mut connection = Connection::open(node.address()).await;
        connection
            .send_raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")
            .await;
        assert_eq!(connection.hear().await, heard(how));
        until("it is gone", async || node.counters().in_flight == 0).await;
        let counters = node.counters();
        assert_eq!((counters.attempts, counters.executed), (1, 0));
        assert_eq!(node.faults().close_after_head, Some(how));
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_no_request() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    let (leaves, mut stays) = (warm(node).await, warm(node).await);
    node.inject(Fault::CloseOnArrival(Close::Fin).for_next(1));
    leaves.leave().await;
    stays.operation("ListTables", "{}").await;
    assert_eq!(stays.hear().await, Heard::Fin);
}

async fn tls_node() -> TestCluster {
    let builder = TestCluster::builder().topology("dc1:r1=1").tls(Tls::new());
    builder.start().await.unwrap()
}

/// Sends until the fault hits, which spares the first request of each connection.
async fn failure(client: &Https, node: &TestNode) -> legacy::Error {
    loop {
        let sent = timeout(PATIENCE, client.request(list_tables(node))).await;
        match sent.unwrap() {
            Ok(answer) => drop(answer.into_body().collect().await.unwrap()),
            Err(error) => return error,
        }
    }
}

#[tokio::test]
async fn a_pooled_client_cannot_tell_whether_the_request_was_read() {
    for tls in [false, true] {
        let cluster = match tls {
            true => tls_node().await,
            false => start("dc1:r1=1").await,
        };
        let node = &cluster.nodes()[0];
        let client = Trust::in_ca(cluster.ca_pem()).client();
        for how in [Close::Fin, Close::Reset] {
            for fault in [Fault::CloseOnArrival(how), Fault::CloseAfterHead(how)] {
                node.inject(fault.clone());
                let error = failure(&client, node).await;
                node.heal();
                let text = format!("{fault:?} over TLS {tls}: {error:?}");
                assert!(is_ambiguous(&error), "{text}");
                let cause = cause(&error);
                match how {
                    Close::Reset => assert!(cause.contains("reset by peer"), "{cause}: {text}"),
                    _ if tls => assert!(cause.contains("close_notify"), "{cause}: {text}"),
                    _ => assert!(
                        cause.contains("before message completed"),
                        "{cause}: {text}"
                    ),
                }
            }
        }
        let answer = send(&client, list_tables(node)).await.unwrap();
        assert_eq!(answer.status, 200);
    }
}
