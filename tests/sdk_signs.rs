//! The SDK signs, and every node of the cluster takes what it signed: each is sent the Host that the
//! signature covers.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use aws_sdk_dynamodb::config::Credentials;
use tower_muster_tests::{
    ACCESS_KEY, ENDPOINT_HOST, Only, Recorder, Result, Table, config, signature_failures,
    signing_sdk, start, unsigned_sdk,
};

#[tokio::test]
async fn every_node_takes_what_the_sdk_signed_for_one_host() -> Result {
    let cluster = start("dc1:rack1=2,rack2=1").await;
    let table = Table::create(signing_sdk(config(&cluster).http_client()?)).await?;
    for node in cluster.nodes() {
        let client = Recorder::new();
        let stack = config(&cluster).policy(Only::at(node)).signed_above();
        let stack = stack.build_over(client.clone())?;
        let table = Table::of(signing_sdk(stack.http_client()));
        let before = node.counters().executed;

        table.put_get_query_delete(&node.url()).await?;

        assert_eq!(node.counters().executed - before, 4, "{node:?}");
        for sent in client.sent() {
            assert_eq!(
                sent.uri.authority().unwrap().as_str(),
                node.address().to_string()
            );
            assert_eq!(sent.header("host"), ENDPOINT_HOST);
            assert!(sent.header("authorization").contains(";host;"), "{sent:?}");
        }
        assert!(
            node.hosts().contains(&ENDPOINT_HOST.to_owned()),
            "{:?}",
            node.hosts()
        );
    }
    assert_eq!(table.get("k").await?, None);
    assert_eq!(signature_failures(&cluster), 0);
    Ok(())
}

#[tokio::test]
async fn a_wrong_secret_is_refused_by_two_nodes_and_that_is_the_answer() -> Result {
    let cluster = start("dc1:rack1=3").await;
    let table = Table::create(signing_sdk(config(&cluster).http_client()?)).await?;
    let wrong = Credentials::new(ACCESS_KEY, "not_it", None, None, "tests");
    let stranger = signing_sdk(config(&cluster).http_client()?).credentials_provider(wrong);

    let failure = Table::of(stranger).put("k", "v").await.unwrap_err();

    assert_eq!(
        failure.code(),
        Some("UnrecognizedClientException"),
        "{failure}"
    );
    assert_eq!(failure.status(), Some(400));
    assert_eq!(
        signature_failures(&cluster),
        2,
        "a node may know an older password, two of them do not"
    );
    assert_eq!(table.get("k").await?, None);
    Ok(())
}

#[tokio::test]
async fn what_nobody_signs_is_refused() -> Result {
    let cluster = start("dc1:rack1=3").await;
    let table = Table::of(unsigned_sdk(config(&cluster).http_client()?));
    let failure = table.get("k").await.unwrap_err();
    assert_eq!(
        failure.code(),
        Some("MissingAuthenticationTokenException"),
        "{failure}"
    );
    Ok(())
}
