//! HTTP/2 with and without TLS, and its connections' ends.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the report")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Version};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::ServerName;
use support::client::{Https, Trust, get, list_tables, send};
use support::sign::Signer;
use support::{Connection, Heard, until};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower_muster_testkit::{Close, Fault, TestCluster, TestNode, Tls};

/// One node over TLS, and a client that offers HTTP/2.
async fn pair(http2: bool) -> (TestCluster, Https) {
    let builder = TestCluster::builder().topology("dc1:r1=1").tls(Tls::new());
    let cluster = builder.http2(http2).start().await.unwrap();
    let trust = Trust {
        http2: true,
        ..Trust::in_ca(cluster.ca_pem())
    };
    let client = trust.client();
    (cluster, client)
}

/// A request that is being answered, slowly.
async fn in_flight(
    client: &Https,
    node: &TestNode,
) -> tokio::task::JoinHandle<Result<support::client::Got, String>> {
    let before = node.counters().attempts;
    let (client, request) = (client.clone(), list_tables(node));
    let sent = tokio::spawn(async move { send(&client, request).await });
    until("it has arrived", async || node.counters().attempts > before).await;
    sent
}

#[tokio::test]
async fn http2_is_agreed_on_and_one_connection_does() {
    let (cluster, client) = pair(true).await;
    let node = &cluster.nodes()[0];
    for _ in 0..3 {
        let answer = get(&client, node, "/").await.unwrap();
        assert_eq!(answer.version, Version::HTTP_2);
        assert_eq!(answer.body, format!("healthy: {}", node.address()));
    }
    assert_eq!(node.hosts(), [node.address().to_string()]);
    let counters = node.counters();
    assert_eq!((counters.connections, counters.http2_connections), (1, 1));
    assert_eq!((counters.alpn_h2, counters.alpn_http1), (1, 0));

    let old = Trust::in_ca(cluster.ca_pem()).client();
    assert_eq!(
        get(&old, node, "/").await.unwrap().version,
        Version::HTTP_11
    );
    assert_eq!(node.counters().http2_connections, 1);
}

#[tokio::test]
async fn without_it_a_client_that_offers_it_gets_http1() {
    let (cluster, client) = pair(false).await;
    let node = &cluster.nodes()[0];
    let answer = get(&client, node, "/").await.unwrap();
    assert_eq!(answer.version, Version::HTTP_11);
    assert_eq!(
        (node.counters().alpn_h2, node.counters().http2_connections),
        (0, 0)
    );
}

#[tokio::test]
async fn a_plain_node_speaks_both_to_those_who_know() {
    let builder = TestCluster::builder().topology("dc1:r1=1").http2(true);
    let cluster = builder.start().await.unwrap();
    let node = &cluster.nodes()[0];
    let knows = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http::<Full<bytes::Bytes>>();
    let answer = knows.request(list_tables(node)).await.unwrap();
    assert_eq!(
        (answer.version(), answer.status().as_u16()),
        (Version::HTTP_2, 200)
    );
    assert_eq!(support::get(node, "/").await.status, 200);
    let counters = node.counters();
    assert_eq!((counters.connections, counters.http2_connections), (2, 1));
}

#[tokio::test]
async fn signatures_are_verified_with_the_authority_as_host() {
    let builder = TestCluster::builder().topology("dc1:r1=1").tls(Tls::new());
    let builder = builder.http2(true).credentials("alternator", "secret");
    let cluster = builder.start().await.unwrap();
    let node = &cluster.nodes()[0];
    let trust = Trust {
        http2: true,
        ..Trust::in_ca(cluster.ca_pem())
    };
    let client = trust.client();
    for (secret, status) in [("secret", 200), ("wrong", 400)] {
        let host = node.address().to_string();
        let lines = Signer::new("alternator", secret).lines(&host, "ListTables", b"{}");
        let mut request = Request::post(node.url());
        for (name, value) in lines {
            request = request.header(name, value);
        }
        let answer = send(&client, request.body(Full::from("{}")).unwrap()).await;
        let answer = answer.unwrap();
        assert_eq!(
            (answer.version, answer.status),
            (Version::HTTP_2, status),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_goaway_lets_streams_end_and_sends_the_next_elsewhere() {
    let (cluster, client) = pair(true).await;
    let node = &cluster.nodes()[0];
    node.inject(Fault::Slow(Duration::from_millis(500)).for_next(1));
    let under_way = in_flight(&client, node).await;
    node.goaway();
    until("the client has another connection", async || {
        get(&client, node, "/").await.unwrap();
        node.counters().http2_connections == 2
    })
    .await;
    assert_eq!(under_way.await.unwrap().unwrap().status, 200);
}

#[tokio::test]
async fn a_connection_that_closes_after_an_answer_says_goodbye_first() {
    let (cluster, client) = pair(true).await;
    let node = &cluster.nodes()[0];
    node.inject(Fault::CloseAfterAnswer.for_next(1));
    until("the client has another connection", async || {
        assert_eq!(get(&client, node, "/").await.unwrap().status, 200);
        node.counters().http2_connections == 2
    })
    .await;
    assert_eq!(node.counters().connections, 2);
}

#[tokio::test]
async fn a_goaway_is_nothing_to_connections_of_http1() {
    let builder = TestCluster::builder().topology("dc1:r1=1").http2(true);
    let cluster = builder.start().await.unwrap();
    let node = &cluster.nodes()[0];
    let mut connection = Connection::open(node.address()).await;
    connection.operation("ListTables", "{}").await;
    connection.answer().await;
    node.goaway();
    assert_eq!(
        connection.hear_within(support::SILENCE).await,
        Heard::Silence
    );
    connection.operation("ListTables", "{}").await;
    connection.answer().await;
}

#[tokio::test]
async fn all_streams_of_a_connection_that_is_closed_fail_and_the_node_listens_on() {
    for how in [Close::Reset, Close::Fin] {
        let (cluster, client) = pair(true).await;
        let node = &cluster.nodes()[0];
        get(&client, node, "/").await.unwrap();
        node.slow(Duration::from_secs(60));
        let first = in_flight(&client, node).await;
        let second = in_flight(&client, node).await;
        assert_eq!(node.counters().connections, 1);
        node.close_connections(how);
        first.await.unwrap().unwrap_err();
        second.await.unwrap().unwrap_err();
        node.heal();
        get(&client, node, "/").await.unwrap();
        until("what was dropped is gone", async || {
            node.counters().in_flight == 0
        })
        .await;
    }
}

#[tokio::test]
async fn what_clients_offer_by_alpn_is_agreed_on_or_refused() {
    let (cluster, _) = pair(true).await;
    let node = &cluster.nodes()[0];
    let offer = async |protocol: &str| {
        let mut config = Trust::in_ca(cluster.ca_pem()).config();
        config.alpn_protocols = vec![protocol.into()];
        let stream = TcpStream::connect(node.address()).await.unwrap();
        let connector = TlsConnector::from(Arc::new(config));
        let name = ServerName::from(node.address().ip());
        connector.connect(name, stream).await.is_ok()
    };
    assert!(offer("http/1.1").await);
    until("it is counted", async || node.counters().alpn_http1 == 1).await;
    assert!(offer("h2").await);
    until("it is counted", async || node.counters().alpn_h2 == 1).await;
    assert!(!offer("spdy/3").await);
    until("it is counted", async || node.counters().tls_failed == 1).await;
}
