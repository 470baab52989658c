//! What has a bound holds to it: an answer that has begun does not hold its reader for ever, and a node gets no
//! more requests at a time than it may have.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{num::NonZeroU32, time::Duration};

use aws_sdk_dynamodb::config::Builder;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout};
use tower::ServiceExt;
use tower_muster::{AttemptError, NoNode, Node, body_timeout::SilentBody, failover, health::State};
use tower_muster_alternator::{Alternator, SignedBelow};
use tower_muster_tests::{
    Hostile, Result, Table, ask, config, credentials, get, operation, put, sources, start, until,
};

/// The beginning of an answer whose end never comes.
const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n\
    content-length: 40\r\n\r\n{\"Item\":{";

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_ends_with_an_error_and_counts_against_its_node()
-> Result {
    const PATIENCE: Duration = Duration::from_millis(100);
    let node = Hostile::stalling(HALF).await;
    let config = Alternator::at_nodes([Node::new(&node.url())?]).no_probing();
    let stack = config.body_timeout(Some(PATIENCE)).build()?;
    // As many as put a node out that was well.
    for _ in 0..3 {
        let response = stack
            .service()
            .oneshot(operation("GetItem", get("k")))
            .await?;
        assert_eq!(response.status(), 200);
        let begun = Instant::now();
        let error = response.into_body().collect().await.unwrap_err();
        let silent = sources(&*error).find_map(|error| error.downcast_ref::<SilentBody>());
        assert_eq!(silent.map(SilentBody::after), Some(PATIENCE), "{error}");
        assert!(begun.elapsed() >= PATIENCE);
    }
    let node = &stack.cluster().nodes()[0];
    assert_eq!((node.state(), node.in_flight()), (State::Down, 0));
    Ok(())
}

#[tokio::test]
async fn so_does_a_call_of_an_sdk_that_the_stack_sets_up() -> Result {
    const PATIENCE: Duration = Duration::from_millis(100);
    let node = Hostile::stalling(HALF).await;
    let config = Alternator::at_nodes([Node::new(&node.url())?]).no_probing();
    let config = config.body_timeout(Some(PATIENCE)).sdk_config()?;
    let sdk = Builder::from(&config).push_auth_scheme(SignedBelow::new());
    let failure = Table::of(sdk).get("k").await.unwrap_err();
    let silent = failure.find::<SilentBody>();
    assert_eq!(silent.map(SilentBody::after), Some(PATIENCE), "{failure}");
    Ok(())
}

#[tokio::test]
async fn the_sdk_watches_over_downloads_only_where_the_stack_does_not() -> Result {
    for timeout in [None, Some(Duration::from_secs(1))] {
        let config = Alternator::at_nodes([Node::new("http://127.0.0.1:8000")?]);
        let config = config.body_timeout(timeout).sdk_config()?;
        let stalled = config.stalled_stream_protection().unwrap();
        assert_eq!(stalled.download_enabled(), timeout.is_none());
        assert!(!stalled.upload_enabled());
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_may_be_waited_for_without_end_if_it_is_to_be() -> Result {
    let node = Hostile::stalling(HALF).await;
    let config = Alternator::at_nodes([Node::new(&node.url())?]).no_probing();
    let stack = config.body_timeout(None).build()?;
    let response = stack
        .service()
        .oneshot(operation("GetItem", get("k")))
        .await?;
    let read = timeout(Duration::from_secs(1), response.into_body().collect());
    assert!(read.await.is_err(), "it is still waited for");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_has_no_more_requests_at_a_time_than_it_may_and_what_is_over_is_told() -> Result {
    const MOST: u32 = 2;
    let cluster = start("dc1:rack1=3").await;
    let config = config(&cluster).credentials(credentials(), "us-east-1");
    let most = NonZeroU32::new(MOST).unwrap();
    // Looks at the cluster and probes are no requests of the traffic, so there are none.
    let nodes = cluster.urls();
    let nodes = nodes
        .iter()
        .map(|url| Node::new(url))
        .collect::<Result<Vec<_>, _>>()?;
    let bounded = Alternator::at_nodes(nodes)
        .credentials(credentials(), "us-east-1")
        .no_probing()
        .backoff(None)
        .attempt_timeout(Duration::from_secs(60))
        .deadline(Duration::from_secs(60))
        .max_in_flight_per_node(most)
        .build()?;
    let table = r#"{"TableName":"things","BillingMode":"PAY_PER_REQUEST",
        "AttributeDefinitions":[{"AttributeName":"k","AttributeType":"S"}],
        "KeySchema":[{"AttributeName":"k","KeyType":"HASH"}]}"#;
    let made = ask(config.build()?.service(), operation("CreateTable", table)).await?;
    assert_eq!(made.status, 200, "{}", made.text());
    for node in cluster.nodes() {
        node.black_hole();
    }
    let call = || ask(bounded.service(), operation("PutItem", put("k", "v")));
    let held: Vec<_> = (0..3 * MOST)
        .map(|_| tokio::spawn(call()).abort_handle())
        .collect();
    let are_at = |count: u32| {
        let nodes = bounded.cluster().nodes();
        nodes.iter().all(|node| node.in_flight() == count)
    };
    until("as many are in flight as may be", async || are_at(MOST)).await;
    for _ in 0..10 {
        let error = call().await.unwrap_err();
        let failed: &failover::Error = error.downcast_ref().unwrap();
        let cause = AttemptError::find(failed);
        let is_full = matches!(
            cause,
            Some(AttemptError::NoNode(NoNode::Full {
                max_in_flight: MOST,
                ..
            }))
        );
        assert!(is_full && failed.is_safe_to_repeat(), "{failed:?}");
    }
    held.iter().for_each(tokio::task::AbortHandle::abort);
    until("those that were held are given up", async || are_at(0)).await;
    for node in cluster.nodes() {
        let peak = node.counters().in_flight_peak;
        assert!(peak <= u64::from(MOST), "{peak} at a time");
        node.heal();
    }
    let answer = call().await?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    Ok(())
}
