//! A request goes to a node of the cluster or nowhere, whatever address it came with.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use bytes::Bytes;
use http::{Request, header::HOST};
use http_body_util::Full;
use tower::ServiceExt;
use tower_muster::failover;
use tower_muster_alternator::Stack;
use tower_muster_testkit::TestNode;
use tower_muster_tests::{Decoy, Failure, Result, Table, config, signing_sdk, start};

const THREE: &str = "dc1:rack1=3";

/// A request that is addressed to the decoy, in its URI and its Host.
async fn call(stack: &Stack, decoy: &Decoy) -> Result<http::StatusCode, failover::Error> {
    let request = Request::post(format!("{}/", decoy.url()))
        .header(HOST, decoy.address().to_string())
        .header("x-amz-target", "DynamoDB_20120810.ListTables");
    let request = request.body(Full::new(Bytes::from_static(b"{}"))).unwrap();
    let response = stack.service().oneshot(request).await?;
    Ok(response.status())
}

#[tokio::test]
async fn a_request_that_names_another_server_goes_to_a_node() -> Result {
    let (cluster, decoy) = (start(THREE).await, Decoy::start().await);
    let stack = config(&cluster).signed_above().build()?;
    let sdk = signing_sdk(stack.http_client()).endpoint_url(decoy.url());
    let table = Table::create(sdk).await?;
    table.put("k", "v").await?;
    assert_eq!(table.get("k").await?.as_deref(), Some("v"));
    // Not signed, so a node refuses it; the decoy would have taken it.
    assert_eq!(call(&stack, &decoy).await?, 400);
    assert_eq!(decoy.connections(), 0);
    Ok(())
}

#[tokio::test]
async fn a_request_goes_nowhere_when_every_node_is_gone() -> Result {
    let (cluster, decoy) = (start(THREE).await, Decoy::start().await);
    let stack = config(&cluster).signed_above().build()?;
    let sdk = signing_sdk(stack.http_client()).endpoint_url(decoy.url());
    let table = Table::create(sdk).await?;
    cluster.nodes().iter().for_each(TestNode::kill);
    for n in 0..20 {
        let failure: Failure = table.put(&n.to_string(), "v").await.unwrap_err();
        assert!(failure.stack().is_some(), "{failure}");
        call(&stack, &decoy).await.unwrap_err();
    }
    assert_eq!(decoy.connections(), 0);
    Ok(())
}

#[tokio::test]
async fn a_request_goes_nowhere_before_there_is_a_list_of_nodes() -> Result {
    let (cluster, decoy) = (start(THREE).await, Decoy::start().await);
    cluster.nodes().iter().for_each(TestNode::kill);
    let stack = config(&cluster).signed_above().build()?;
    let sdk = signing_sdk(stack.http_client()).endpoint_url(decoy.url());
    let failure = Table::create(sdk).await.unwrap_err();
    assert!(failure.stack().unwrap().is_safe_to_repeat(), "{failure}");
    call(&stack, &decoy).await.unwrap_err();
    assert_eq!(decoy.connections(), 0);
    Ok(())
}

#[tokio::test]
async fn the_decoy_would_have_noticed() -> Result {
    let decoy = Decoy::start().await;
    let request = Request::post(decoy.url()).body(Full::new(Bytes::from_static(b"{}")))?;
    let response = tower_muster_tests::hyper_client().request(request).await?;
    assert_eq!(response.status(), 200);
    assert_eq!(decoy.connections(), 1);
    Ok(())
}
