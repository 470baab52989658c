//! Bad input is a typed error that names the field or the nodes, when the stack is built where it can be
//! known then, and nothing is sent.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use aws_credential_types::{
    Credentials,
    provider::{self, ProvideCredentials, error::CredentialsError, future},
};
use aws_sdk_dynamodb::config::retry::RetryConfig;
use http::StatusCode;
use tower_muster::failover::{Error, Reason};
use tower_muster_alternator::{Alternator, Config, ConfigError, Tls};
use tower_muster_sigv4::ErrorKind;
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{
    ACCESS_KEY, InOrder, Result, SECRET, Table, config, signing_sdk, sources, start, unsigned_sdk,
};

const THREE: &str = "dc1:rack1=3";

fn attempts(cluster: &TestCluster) -> u64 {
    let nodes = cluster.nodes().iter();
    nodes.map(|node| node.counters().attempts).sum()
}

/// An error and its causes, as a log would show them.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let texts: Vec<_> = sources(error).map(ToString::to_string).collect();
    texts.join(": ")
}

#[test]
fn what_is_wrong_with_a_configuration_is_known_when_it_is_built() {
    let good = || Alternator::at("http://127.0.0.1:8000");
    let signed = |region: &str| {
        good().credentials(
            Credentials::new(ACCESS_KEY, SECRET, None, None, "tests"),
            region,
        )
    };
    type Is = fn(&ConfigError) -> bool;
    let seeds: Is = |error| matches!(error, ConfigError::Seeds(_));
    let scope: Is = |error| matches!(error, ConfigError::Scope(_));
    let sign: Is = |error| matches!(error, ConfigError::Sign(_));
    let client: Is = |error| matches!(error, ConfigError::Client(_));
    let none: [&str; 0] = [];
    let table: [(Config, Is, &[&str]); 8] = [
        (Alternator::at_any(none), seeds, &["seeds", "empty"]),
        (Alternator::at(""), seeds, &["seeds", r#""""#]),
        (
            Alternator::at_any(["http://10.0.0.1", "nowhere"]),
            seeds,
            &["seeds", "nowhere"],
        ),
        (
            Alternator::at("https://10.0.0.1:8043").tls(Tls::new().ca_file("/nowhere/ca.pem")),
            client,
            &["client", "tls", "ca_file", "/nowhere/ca.pem"],
        ),
        (good().rack("dc1", ""), scope, &["scope", "rack"]),
        (good().rack(" ", "rack1"), scope, &["scope", "datacenter"]),
        (good().datacenter(""), scope, &["scope", "datacenter"]),
        (signed(""), sign, &["credentials", "region", r#""""#]),
    ];
    for (config, is_expected, named) in table {
        let error = config.build().unwrap_err();
        assert!(is_expected(&error), "{error:?}");
        for name in named {
            assert!(told(&error).contains(name), "{} names {name}", told(&error));
        }
    }
}

#[tokio::test]
async fn a_body_over_the_replay_cap_is_refused_before_anything_is_sent() -> Result {
    let cluster = start(THREE).await;
    let stack = config(&cluster).replay_cap(1_000).signed_above().build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    let before = attempts(&cluster);

    let failure = table.put("k", &"x".repeat(2_000)).await.unwrap_err();

    let error = failure.stack().unwrap();
    assert!(
        matches!(
            error,
            Error::BodyTooLarge {
                replay_cap: 1_000,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("replay_cap of 1000"), "{error}");
    assert_eq!(attempts(&cluster), before);
    table.put("k", &"x".repeat(500)).await?;
    Ok(())
}

/// A provider that has no credentials, and counts how often it was asked.
#[derive(Debug, Clone, Default)]
struct NoCredentials(Arc<AtomicUsize>);

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.0.fetch_add(1, Relaxed);
        let answer: provider::Result = Err(CredentialsError::provider_error("the vault is shut"));
        future::ProvideCredentials::ready(answer)
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_signed_is_not_sent_and_not_repeated() -> Result {
    let cluster = start(THREE).await;
    let provider = NoCredentials::default();
    let stack = config(&cluster)
        .credentials(provider.clone(), "us-east-1")
        .build()?;
    let sdk = unsigned_sdk(stack.http_client());
    // An SDK that would repeat whatever it takes for a failure of the network.
    let table = Table::of(sdk.retry_config(RetryConfig::standard().with_max_attempts(3)));

    let failure = table.put("k", "v").await.unwrap_err();

    let error: &tower_muster_sigv4::Error = failure.find().unwrap();
    assert_eq!(*error.kind(), ErrorKind::Credentials, "{failure}");
    assert!(failure.to_string().contains("no credentials"), "{failure}");
    assert!(
        failure.to_string().contains("the vault is shut"),
        "{failure}"
    );
    assert_eq!(attempts(&cluster), 0);
    assert_eq!(
        provider.0.load(Relaxed),
        1,
        "neither the stack nor the SDK asks again"
    );
    Ok(())
}

#[tokio::test]
async fn when_no_node_is_left_the_error_tells_what_each_one_answered() -> Result {
    let cluster = start(THREE).await;
    Table::create(signing_sdk(config(&cluster).http_client()?)).await?;
    let config = config(&cluster).policy(InOrder).signed_above();
    // The silent one is waited for to the end: there is nobody else.
    let stack = config.deadline(Duration::from_secs(2)).build()?;
    stack.cluster().ready().await?;
    let table = Table::of(signing_sdk(stack.http_client()));
    let [fails, resets, silent] = cluster.nodes() else {
        unreachable!("three nodes")
    };
    resets.reset_before_execution();
    silent.black_hole();
    fails.fail(StatusCode::INTERNAL_SERVER_ERROR);

    let failure = table.put("k", "v").await.unwrap_err();

    let error = failure.stack().unwrap();
    let text = error.to_string();
    for (node, answer) in [
        (fails, "answered 500 Internal Server Error"),
        (resets, "failed (Connection reset"),
        (silent, "was silent for "),
    ] {
        let told = format!("{} {answer}", node.url());
        assert!(text.contains(&told), "{text} says {told}");
    }
    assert_eq!(error.tried().len(), 3, "{text}");
    assert!(error.is_safe_to_repeat(), "a put may be sent again");
    Ok(())
}

#[tokio::test]
async fn when_every_node_is_gone_each_is_named_with_its_refusal() -> Result {
    let cluster = start(THREE).await;
    let stack = config(&cluster).signed_above().build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    cluster.nodes().iter().for_each(TestNode::kill);

    // What was in flight on an open connection may hide the refusal of the first call.
    let _ = table.get("k").await;
    let failure = table.get("k").await.unwrap_err();

    let error = failure.stack().unwrap();
    let Error::Exhausted { reason, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(*reason, Reason::AttemptsSpent); // It has come back to them.
    let text = error.to_string();
    for node in cluster.nodes() {
        let refusal = format!("{} failed (Connection refused", node.url());
        assert!(text.contains(&refusal), "{text} says {refusal}");
    }
    assert!(error.is_safe_to_repeat());
    Ok(())
}
