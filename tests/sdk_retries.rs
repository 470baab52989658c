//! An SDK that keeps its own retries repeats nothing that may have been carried out, and goes on repeating
//! what was turned away.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::time::Duration;

use aws_sdk_dynamodb::config::{Builder, retry::RetryConfig, timeout::TimeoutConfig};
use http::StatusCode;
use tower_muster_alternator::SafeRetries;
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{Failure, Result, Table, attempts, config, signing_sdk, start};

const SDK_ATTEMPTS: u32 = 3;

/// A stack that leaves coming back to a node to the SDK, under one that does.
fn retrying(cluster: &TestCluster) -> Result<Builder> {
    let stack = config(cluster)
        .backoff(None)
        .attempt_timeout(Duration::from_secs(5));
    let retries = RetryConfig::standard()
        .with_max_attempts(SDK_ATTEMPTS)
        .with_initial_backoff(Duration::from_millis(1));
    Ok(signing_sdk(stack.http_client()?).retry_config(retries))
}

/// Adds to a counter where each node has a fault; returns how it went, how often it arrived, and the count.
async fn add_to(
    fault: impl Fn(&TestNode),
    change: impl FnOnce(Builder) -> Builder,
) -> Result<(Result<(), Failure>, u64, u64)> {
    let cluster = start("dc1:rack1=2").await;
    let table = Table::create(change(retrying(&cluster)?)).await?;
    let before = attempts(cluster.nodes());
    cluster.nodes().iter().for_each(&fault);
    let added = table.add("k").await;
    let arrived = attempts(cluster.nodes()) - before;
    cluster.nodes().iter().for_each(TestNode::heal);
    Ok((added, arrived, table.count("k").await?))
}

fn safely(sdk: Builder) -> Builder {
    sdk.retry_classifier(SafeRetries::default())
}

fn late(sdk: Builder) -> Builder {
    let limit = Duration::from_secs(1);
    sdk.timeout_config(TimeoutConfig::builder().read_timeout(limit).build())
}

fn attempt_late(sdk: Builder) -> Builder {
    let limit = Duration::from_secs(1);
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(limit);
    sdk.timeout_config(timeouts.build())
}

#[tokio::test]
async fn an_answer_that_leaves_it_open_is_not_repeated() -> Result {
    let (added, arrived, count) = add_to(TestNode::ambiguous, safely).await?;
    assert_eq!(added.unwrap_err().status(), Some(500));
    assert_eq!(arrived, 1);
    assert!(count <= 1, "it was added {count} times");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_not_repeated() -> Result {
    let (added, arrived, count) = add_to(TestNode::truncate, safely).await?;
    added.unwrap_err();
    assert_eq!((arrived, count), (1, 1));
    Ok(())
}

#[tokio::test]
async fn no_answer_in_time_is_not_repeated() -> Result {
    for limit in [late, attempt_late] {
        let slow = |node: &TestNode| node.slow(Duration::from_secs(4));
        let (added, arrived, count) = add_to(slow, |sdk| limit(safely(sdk))).await?;
        added.unwrap_err();
        assert_eq!((arrived, count), (1, 1));
    }
    Ok(())
}

#[tokio::test]
async fn what_was_turned_away_is_repeated_by_the_sdk() -> Result {
    let overloaded = |node: &TestNode| {
        let message = "too many in-flight requests";
        node.fail_with(StatusCode::BAD_REQUEST, "RequestLimitExceeded", message);
    };
    let (added, arrived, count) = add_to(overloaded, safely).await?;
    added.unwrap_err();
    assert!(arrived > 2, "the two nodes were asked once: {arrived}");
    assert_eq!(count, 0);
    Ok(())
}

#[tokio::test]
async fn an_sdk_whose_retries_are_off_repeats_nothing() -> Result {
    for fault in [TestNode::ambiguous, TestNode::truncate] {
        let off = |sdk: Builder| sdk.retry_config(RetryConfig::disabled());
        let (added, arrived, count) = add_to(fault, off).await?;
        added.unwrap_err();
        assert_eq!(arrived, 1);
        assert!(count <= 1, "it was added {count} times");
    }
    Ok(())
}

#[tokio::test]
async fn without_it_the_sdk_repeats_what_may_have_been_carried_out() -> Result {
    let (added, arrived, count) = add_to(TestNode::truncate, |sdk| sdk).await?;
    added.unwrap_err();
    assert_eq!(
        (arrived, count),
        (u64::from(SDK_ATTEMPTS), u64::from(SDK_ATTEMPTS))
    );
    Ok(())
}
