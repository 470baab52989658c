//! An AWS SDK that repeats above the stack is an extra attempt to it and no new call: retries above and
//! below do not multiply.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{num::NonZeroU32, time::Duration};

use aws_sdk_dynamodb::config::retry::RetryConfig;
use http::StatusCode;
use tower_muster::failover::Budget;
use tower_muster_tests::{Recorder, Result, Table, config, signing_sdk, start};

const CALLS: usize = 20;
const SDK_ATTEMPTS: u32 = 3;
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_sdk_repeats_earns_no_further_attempt_below() -> Result {
    let cluster = start("dc1:rack1=3").await;
    let client = Recorder::new();
    let stack = config(&cluster)
        .max_attempts(NonZeroU32::new(5).unwrap())
        // One extra attempt for each call, and none for a call that the SDK repeats.
        .budget(Budget::new(1.0, 0.0)?)
        .signed_above()
        .build_over(client.clone())?;
    let retries = RetryConfig::standard()
        .with_max_attempts(SDK_ATTEMPTS)
        .with_initial_backoff(Duration::from_millis(1));
    let sdk = signing_sdk(stack.http_client()).retry_config(retries);
    let table = Table::create(sdk).await?;
    for node in cluster.nodes() {
        node.fail(StatusCode::INTERNAL_SERVER_ERROR);
    }
    client.clear();

    for _ in 0..CALLS {
        table.get("k").await.unwrap_err();
    }

    let sent = client.sent();
    let by_sdk = |attempt: u32| {
        let number = format!("attempt={attempt}");
        let is_it = move |header: &str| header.split("; ").any(|part| part == number);
        sent.iter()
            .filter(|sent| is_it(sent.header("amz-sdk-request")))
            .count()
    };
    assert!(by_sdk(1) >= CALLS, "{}", by_sdk(1));
    assert!(by_sdk(2) >= CALLS, "the SDK repeats: {}", by_sdk(2));
    let asked_for = CALLS * SDK_ATTEMPTS as usize;
    // The table's creation has earned one, too.
    let earned = CALLS + 1;
    assert!(
        sent.len() <= asked_for + earned,
        "{} were sent, {asked_for} asked for",
        sent.len()
    );
    Ok(())
}
