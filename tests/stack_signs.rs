//! The stack signs for the SDK, which then needs no credentials, and each node is sent its own Host.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use aws_credential_types::Credentials;
use tower_muster_alternator::Config;
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{
    ACCESS_KEY, Only, Recorder, Result, SECRET, Table, config, signature_failures, start,
    unsigned_sdk,
};

fn signing(cluster: &TestCluster, secret: &str) -> Config {
    let credentials = Credentials::new(ACCESS_KEY, secret, None, None, "tests");
    config(cluster).credentials(credentials, "us-east-1")
}

#[tokio::test]
async fn every_node_takes_what_was_signed_for_it() -> Result {
    let cluster = start("dc1:rack1=2,rack2=1").await;
    let table = Table::create(unsigned_sdk(signing(&cluster, SECRET).http_client()?)).await?;
    for node in cluster.nodes() {
        let client = Recorder::new();
        let stack = signing(&cluster, SECRET).policy(Only::at(node));
        let table = Table::of(unsigned_sdk(
            stack.build_over(client.clone())?.http_client(),
        ));
        let before = node.counters().executed;

        table.put_get_query_delete(&node.url()).await?;

        assert_eq!(node.counters().executed - before, 4, "{node:?}");
        for sent in client.sent() {
            assert_eq!(sent.header("host"), node.address().to_string());
            let credential = format!("Credential={ACCESS_KEY}/");
            assert!(
                sent.header("authorization").contains(&credential),
                "{sent:?}"
            );
        }
        assert_eq!(
            node.hosts(),
            [node.address().to_string()],
            "and no other Host"
        );
    }
    assert_eq!(table.get("k").await?, None);
    assert_eq!(signature_failures(&cluster), 0);
    Ok(())
}

#[tokio::test]
async fn a_wrong_secret_is_refused_by_two_nodes_and_that_is_the_answer() -> Result {
    let cluster = start("dc1:rack1=3").await;
    let table = Table::of(unsigned_sdk(signing(&cluster, "not_it").http_client()?));

    let failure = table.put("k", "v").await.unwrap_err();

    assert_eq!(
        failure.code(),
        Some("UnrecognizedClientException"),
        "{failure}"
    );
    assert_eq!(
        signature_failures(&cluster),
        2,
        "a node may know an older password, two of them do not"
    );
    Ok(())
}
