//! Each attempt of a call carries the same body, and a signature that holds for the node it goes to.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::collections::HashSet;

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, channel::Channel};
use tower::ServiceExt;
use tower_muster_tests::{
    ACCESS_KEY, InOrder, Recorder, Result, SECRET, Sent, Table, config, signing_sdk, start,
    unsigned_sdk,
};

const THREE: &str = "dc1:rack1=3";

/// The nodes that were sent something, none of them twice.
fn nodes(sent: &[Sent]) -> HashSet<&str> {
    let nodes: HashSet<_> = sent.iter().filter_map(|sent| sent.uri.host()).collect();
    assert_eq!(nodes.len(), sent.len(), "a node was asked twice");
    nodes
}

#[tokio::test]
async fn what_the_sdk_signed_is_sent_unchanged_to_each_node() -> Result {
    let cluster = start(THREE).await;
    let client = Recorder::new();
    let stack = config(&cluster).policy(InOrder).signed_above();
    let table = Table::create(signing_sdk(stack.build_over(client.clone())?.http_client())).await?;
    cluster.nodes()[0].reset();
    cluster.nodes()[1].reset_before_execution();
    client.clear();

    table.put("k", "some value").await?;

    let sent = client.sent();
    assert_eq!(nodes(&sent).len(), 3);
    assert!(
        sent[0]
            .body
            .windows(10)
            .any(|window| window == b"some value")
    );
    for again in &sent[1..] {
        assert_eq!(again.body, sent[0].body);
        assert_eq!(
            again.headers, sent[0].headers,
            "the signature with all that it covers"
        );
    }
    assert_eq!(cluster.nodes()[2].counters().signature_failures, 0);
    assert_eq!(table.get("k").await?.as_deref(), Some("some value"));
    Ok(())
}

#[tokio::test]
async fn what_the_stack_signs_is_signed_anew_for_each_node() -> Result {
    let cluster = start(THREE).await;
    let client = Recorder::new();
    let credentials = Credentials::new(ACCESS_KEY, SECRET, None, None, "tests");
    let stack = config(&cluster)
        .policy(InOrder)
        .credentials(credentials, "us-east-1");
    let table = Table::create(unsigned_sdk(
        stack.build_over(client.clone())?.http_client(),
    ))
    .await?;
    cluster.nodes()[0].reset();
    cluster.nodes()[1].reset_before_execution();
    client.clear();

    table.put("k", "some value").await?;

    let sent = client.sent();
    assert_eq!(nodes(&sent).len(), 3);
    let signatures: HashSet<_> = sent
        .iter()
        .map(|sent| sent.header("authorization"))
        .collect();
    assert_eq!(signatures.len(), 3, "one for each Host");
    for attempt in &sent {
        assert_eq!(attempt.body, sent[0].body);
        assert_eq!(
            attempt.header("host"),
            attempt.uri.authority().unwrap().as_str()
        );
    }
    // The first node carried it out before it reset, so it was signed well, too.
    assert_eq!(cluster.nodes()[0].counters().signature_failures, 0);
    assert_eq!(cluster.nodes()[2].counters().signature_failures, 0);
    assert_eq!(table.get("k").await?.as_deref(), Some("some value"));
    Ok(())
}

#[tokio::test]
async fn a_body_that_comes_in_pieces_is_sent_whole_each_time() -> Result {
    let cluster = start(THREE).await;
    let client = Recorder::new();
    let credentials = Credentials::new(ACCESS_KEY, SECRET, None, None, "tests");
    let stack = config(&cluster)
        .policy(InOrder)
        .credentials(credentials, "us-east-1");
    let stack = stack.build_over(client.clone())?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    cluster.nodes()[0].reset_before_execution();
    client.clear();

    let value = "x".repeat(300_000);
    let text =
        format!(r#"{{"TableName":"things","Item":{{"k":{{"S":"k"}},"v":{{"S":"{value}"}}}}}}"#);
    let (mut pieces, body) = Channel::<Bytes>::new(4);
    let request = Request::post("/").header("x-amz-target", "DynamoDB_20120810.PutItem");
    let call = tokio::spawn(stack.service().oneshot(request.body(body)?));
    for piece in text.as_bytes().chunks(7_001) {
        pieces
            .send(Frame::data(Bytes::copy_from_slice(piece)))
            .await?;
    }
    drop(pieces);
    let response = call.await??;

    assert_eq!(response.status(), StatusCode::OK);
    response.into_body().collect().await?;
    let sent = client.sent();
    assert_eq!(nodes(&sent).len(), 2);
    assert!(
        sent.iter().all(|sent| sent.body == text),
        "not the whole body"
    );
    assert_eq!(table.get("k").await?, Some(value));
    Ok(())
}
