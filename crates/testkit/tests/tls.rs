//! Nodes that speak TLS: what they show, what they ask for, and what is counted.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the report")]

mod support;

use rustls::version::{TLS12, TLS13};
use support::client::{Trust, get, list_tables, send};
use support::{Connection, Heard, ips, until};
use tower_muster_testkit::{NodeCertificate, NodeState, TestCluster, Tls};

async fn start(topology: &str, tls: Tls) -> TestCluster {
    let builder = TestCluster::builder().topology(topology).tls(tls);
    builder.start().await.unwrap()
}

#[tokio::test]
async fn every_node_serves_a_client_that_trusts_the_authority() {
    let cluster = start("dc1:r1=3", Tls::new()).await;
    let trust = Trust {
        pooled: false,
        ..Trust::in_ca(cluster.ca_pem())
    };
    let client = trust.client();
    for node in cluster.nodes() {
        assert_eq!(node.url(), format!("https://{}", node.address()));
        let list = get(&client, node, "/localnodes").await.unwrap();
        let mut list: Vec<String> = serde_json::from_str(&list.body).unwrap();
        list.sort();
        assert_eq!(list, ips(cluster.nodes()), "addresses, without a scheme");
        let answer = send(&client, list_tables(node)).await.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let counters = node.counters();
        assert_eq!((counters.connections, counters.requests), (2, 2));
        assert_eq!(
            (counters.tls_full, counters.tls_resumed, counters.tls_failed),
            (1, 1, 0)
        );
        assert_eq!(
            (counters.alpn_h2, counters.alpn_http1),
            (0, 0),
            "no ALPN, as the server"
        );
        assert!(node.server_names().is_empty(), "an address is no name");
    }
}

#[tokio::test]
async fn a_bad_certificate_is_refused_for_what_is_wrong_with_it() {
    let cluster = start("dc1:r1=1", Tls::new()).await;
    let node = &cluster.nodes()[0];
    let address = NodeCertificate::for_address;
    let table = [
        (address().expired(), "certificate expired"),
        (address().not_yet_valid(), "certificate not valid yet"),
        (address().by_untrusted_authority(), "UnknownIssuer"),
        (
            NodeCertificate::for_name("other.example"),
            "certificate not valid for name",
        ),
        (
            NodeCertificate::for_name("127.0.0.1"),
            "certificate not valid for name",
        ),
    ];
    for (number, (certificate, expected)) in (1..).zip(table) {
        node.set_certificate(certificate).unwrap();
        let client = Trust::in_ca(cluster.ca_pem()).client();
        let error = get(&client, node, "/").await.unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
        until("it is counted", async || {
            node.counters().tls_failed == number
        })
        .await;
    }
    assert_eq!(node.counters().requests, 0);
    node.set_certificate(address()).unwrap();
    let client = Trust::in_ca(cluster.ca_pem()).client();
    assert_eq!(get(&client, node, "/").await.unwrap().status, 200);
}

#[tokio::test]
async fn one_name_for_all_nodes_holds_for_the_name_only() {
    let shared = NodeCertificate::for_name("cluster.example");
    let cluster = start("dc1:r1=2", Tls::new().certificate(shared)).await;
    let named = Trust {
        server_name: Some("cluster.example"),
        ..Trust::in_ca(cluster.ca_pem())
    };
    let (named, by_address) = (named.client(), Trust::in_ca(cluster.ca_pem()).client());
    for node in cluster.nodes() {
        get(&named, node, "/").await.unwrap();
        assert_eq!(node.server_names(), ["cluster.example"]);
        get(&by_address, node, "/").await.unwrap_err();
    }
}

#[tokio::test]
async fn the_untrusted_authority_serves_those_who_trust_it() {
    let certificate = NodeCertificate::for_address().by_untrusted_authority();
    let cluster = start("dc1:r1=1", Tls::new().certificate(certificate)).await;
    let node = &cluster.nodes()[0];
    let client = Trust::in_ca(cluster.untrusted_ca_pem()).client();
    get(&client, node, "/").await.unwrap();
}

#[tokio::test]
async fn a_client_without_the_right_certificate_is_refused_where_one_is_required() {
    let cluster = start("dc1:r1=1", Tls::new().require_client_certificate()).await;
    let node = &cluster.nodes()[0];
    let trust = || Trust::in_ca(cluster.ca_pem());
    let error = get(&trust().client(), node, "/").await.unwrap_err();
    assert!(error.contains("CertificateRequired"), "{error}");
    let stranger = cluster.issue_untrusted_client("stranger").unwrap();
    get(&trust().showing(&stranger).client(), node, "/")
        .await
        .unwrap_err();
    until("both are counted", async || node.counters().tls_failed == 2).await;
    assert!(node.client_names().is_empty());

    let mut own = trust();
    own.identity = Some((
        cluster.client_cert_pem().to_owned(),
        cluster.client_key_pem().to_owned(),
    ));
    get(&own.client(), node, "/").await.unwrap();
    let second = cluster.issue_client("second").unwrap();
    get(&trust().showing(&second).client(), node, "/")
        .await
        .unwrap();
    assert_eq!(node.client_names(), ["client", "second"]);
    assert!(!format!("{second:?}").contains("KEY"));
}

#[tokio::test]
async fn a_node_speaks_the_versions_of_tls_that_it_is_told_to() {
    let cluster = start("dc1:r1=2", Tls::new().tls12_only()).await;
    let [old, new] = cluster.nodes() else {
        panic!()
    };
    new.set_tls(Tls::new().tls13_only()).unwrap();
    let speaks = async |node, version| {
        let trust = Trust {
            versions: vec![version],
            ..Trust::in_ca(cluster.ca_pem())
        };
        get(&trust.client(), node, "/").await.is_ok()
    };
    assert!(speaks(old, &TLS12).await && !speaks(old, &TLS13).await);
    assert!(speaks(new, &TLS13).await && !speaks(new, &TLS12).await);
}

#[tokio::test]
async fn a_session_is_resumed_unless_there_are_no_tickets() {
    for tls in [Tls::new().tls12_only(), Tls::new().tls13_only()] {
        let cluster = start("dc1:r1=2", tls.clone()).await;
        let [node, forgetful] = cluster.nodes() else {
            panic!()
        };
        forgetful.set_tls(tls.session_tickets(false)).unwrap();
        let trust = Trust {
            pooled: false,
            ..Trust::in_ca(cluster.ca_pem())
        };
        let client = trust.client();
        for _ in 0..3 {
            get(&client, node, "/").await.unwrap();
            get(&client, forgetful, "/").await.unwrap();
        }
        let handshakes =
            |counters: tower_muster_testkit::Counters| (counters.tls_full, counters.tls_resumed);
        assert_eq!(handshakes(node.counters()), (1, 2));
        assert_eq!(handshakes(forgetful.counters()), (3, 0));
        node.set_certificate(NodeCertificate::for_address())
            .unwrap();
        get(&client, node, "/").await.unwrap();
        assert_eq!(
            handshakes(node.counters()),
            (2, 2),
            "a new certificate is shown"
        );
    }
}

#[tokio::test]
async fn a_certificate_that_is_replaced_leaves_open_connections_alone() {
    let builder = TestCluster::builder().topology("dc1:r1=1").tls(Tls::new());
    let cluster = builder.http2(true).start().await.unwrap();
    let node = &cluster.nodes()[0];
    // Over HTTP/2 a client is sure to use the connection that it has.
    let trust = Trust {
        http2: true,
        ..Trust::in_ca(cluster.ca_pem())
    };
    let open = trust.client();
    get(&open, node, "/").await.unwrap();
    node.set_certificate(NodeCertificate::for_address().expired())
        .unwrap();
    get(&open, node, "/").await.unwrap();
    let new = Trust::in_ca(cluster.ca_pem()).client();
    get(&new, node, "/").await.unwrap_err();
}

#[tokio::test]
async fn a_name_that_no_certificate_can_have_is_told_and_changes_nothing() {
    let cluster = start("dc1:r1=1", Tls::new()).await;
    let node = &cluster.nodes()[0];
    let error = node.set_certificate(NodeCertificate::for_name("ñode"));
    let error = error.unwrap_err();
    assert_eq!(error.to_string(), "cannot make the certificate");
    assert!(std::error::Error::source(&error).is_some());
    let client = Trust::in_ca(cluster.ca_pem()).client();
    get(&client, node, "/").await.unwrap();

    let bad = Tls::new().certificate(NodeCertificate::for_name("ñode"));
    let error = TestCluster::builder().tls(bad).start().await.unwrap_err();
    assert_eq!(error.to_string(), "the cluster's TLS cannot be set up");
}

#[tokio::test]
async fn a_cluster_without_tls_has_no_certificates() {
    let cluster = support::start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    assert!(cluster.ca_pem().is_empty() && cluster.client_cert_pem().is_empty());
    assert!(node.url().starts_with("http://"));
    let error = node.set_tls(Tls::new()).unwrap_err();
    assert_eq!(error.to_string(), "the cluster was started without TLS");
    cluster.issue_client("a").unwrap_err();
}

#[tokio::test]
async fn plain_http_is_no_handshake() {
    let cluster = start("dc1:r1=1", Tls::new()).await;
    let node = &cluster.nodes()[0];
    let client = Trust::in_ca(cluster.ca_pem()).client();
    let plain = http::Request::get(format!("http://{}/", node.address()));
    let sent = send(&client, plain.body(Default::default()).unwrap()).await;
    sent.unwrap_err();
    until("it is counted", async || node.counters().tls_failed == 1).await;
    assert_eq!(node.counters().requests, 0);
}

#[tokio::test]
async fn a_node_that_was_killed_serves_tls_again_after_its_restart() {
    let cluster = start("dc1:r1=1", Tls::new()).await;
    let node = &cluster.nodes()[0];
    let client = Trust::in_ca(cluster.ca_pem()).client();
    node.black_hole();
    let (client_too, request) = (client.clone(), list_tables(node));
    let waits = tokio::spawn(async move { send(&client_too, request).await });
    until("it has arrived", async || node.counters().requests == 1).await;
    node.kill();
    let error = waits.await.unwrap().unwrap_err();
    assert!(error.contains("reset by peer"), "{error}");
    node.restart().await.unwrap();
    node.heal();
    get(&client, node, "/").await.unwrap();
}

#[tokio::test]
async fn a_drain_does_not_wait_for_a_handshake_that_never_comes() {
    let cluster = start("dc1:r1=1", Tls::new()).await;
    let node = &cluster.nodes()[0];
    let mut silent = Connection::open(node.address()).await;
    until("it is accepted", async || node.counters().connections == 1).await;
    node.drain();
    assert_eq!(silent.hear().await, Heard::Fin);
    until("it has drained", async || {
        node.state() == NodeState::Drained
    })
    .await;
}
