//! What differs between the releases that a node can behave as.

mod support;

use support::sign::Signer;
use support::{Connection, Heard, get, ips, local_nodes, operation, start};
use tower_muster_testkit::{TestCluster, Version};

#[tokio::test]
async fn the_newest_is_the_default_and_each_node_may_have_its_own() {
    let cluster = start("dc1:r1=2").await;
    let [first, second] = cluster.nodes() else {
        panic!()
    };
    assert_eq!(first.version(), Version::V2026_3);
    first.set_version(Version::V6_2);
    assert_eq!(
        (first.version(), second.version()),
        (Version::V6_2, Version::V2026_3)
    );
    let builder = TestCluster::builder().topology("dc1:r1=1");
    let cluster = builder.version(Version::V2025_1).start().await.unwrap();
    assert_eq!(cluster.nodes()[0].version(), Version::V2025_1);
}

#[tokio::test]
async fn local_nodes_of_an_old_release_ignores_its_parameters() {
    let cluster = start("dc1:r1=1,r2=1;dc2:r1=1").await;
    let nodes = cluster.nodes();
    nodes[0].set_version(Version::V6_2);
    for query in ["", "?dc=dc2", "?rack=nowhere", "?dc=dc2&rack=r1"] {
        assert_eq!(
            local_nodes(&nodes[0], query).await,
            ips(&nodes[..2]),
            "{query}"
        );
    }
    nodes[0].set_version(Version::V2025_1);
    assert_eq!(local_nodes(&nodes[0], "?dc=dc2").await, ips(&nodes[2..]));
    assert!(local_nodes(&nodes[0], "?rack=nowhere").await.is_empty());
}

#[tokio::test]
async fn the_server_header_went_with_the_newest_release() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    for version in Version::ALL {
        node.set_version(version);
        let expected = (version < Version::V2026_3).then_some("Seastar httpd");
        let answers = [
            operation(node, "ListTables", "{}").await,
            operation(node, "Nonsense", "{}").await,
            get(node, "/").await,
            get(node, "/localnodes").await,
        ];
        for answer in answers {
            assert_eq!(answer.header("server"), expected, "{version} {answer:?}");
        }
        assert_eq!(get(node, "/abc").await.header("server"), None, "{version}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_was_seastars_business_once() {
    let cluster = start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    for version in Version::ALL {
        node.set_version(version);
        let mut connection = Connection::open(node.address()).await;
        connection
            .send_raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16777217\r\n\r\n")
            .await;
        let answer = connection.answer().await;
        assert_eq!(answer.status, 413, "{version}");
        assert_eq!(answer.header("connection"), None, "it does not say so");
        if version < Version::V2026_1 {
            assert_eq!(
                answer.body,
                "Content length limit (16777216) exceeded: 16777217"
            );
            assert_eq!(answer.header("content-type"), None);
        } else {
            assert_eq!(answer.error(), "PayloadTooLarge");
        }
        let heard = connection.hear().await;
        assert_eq!(heard, Heard::Fin, "{version}: it is closed all the same");
    }
}

#[tokio::test]
async fn a_wrong_signature_is_told_in_the_releases_words() {
    let builder = TestCluster::builder().topology("dc1:r1=1");
    let cluster = builder.credentials("key", "secret").start().await.unwrap();
    let node = &cluster.nodes()[0];
    let (right, wrong) = (Signer::new("key", "secret"), Signer::new("key", "guess"));
    for version in Version::ALL {
        node.set_version(version);
        assert_eq!(right.operation(node, "ListTables", b"{}").await.status, 200);
        let answer = wrong.operation(node, "ListTables", b"{}").await;
        assert_eq!(
            (answer.status, &*answer.error()),
            (400, "UnrecognizedClientException")
        );
        let expected = match version {
            Version::V6_2 | Version::V2025_1 => {
                "The security token included in the request is invalid."
            }
            _ => "wrong signature",
        };
        assert_eq!(answer.message(), expected, "{version}");
    }
}

#[tokio::test]
async fn spaces_in_a_signed_value_are_squeezed_by_newer_releases_only() {
    let builder = TestCluster::builder().topology("dc1:r1=1");
    let cluster = builder.credentials("key", "secret").start().await.unwrap();
    let node = &cluster.nodes()[0];
    let mut squeezes = Signer::new("key", "secret");
    squeezes.header = Some(("x-note", "a   b", "a b"));
    let mut keeps = Signer::new("key", "secret");
    keeps.header = Some(("x-note", "a   b", "a   b"));
    for version in Version::ALL {
        node.set_version(version);
        let new = version >= Version::V2026_1;
        let statuses = if new { (200, 400) } else { (400, 200) };
        let answered = (
            squeezes.operation(node, "ListTables", b"{}").await.status,
            keeps.operation(node, "ListTables", b"{}").await.status,
        );
        assert_eq!(answered, statuses, "{version}");
    }
}
