//! Credentials that end, where the clocks disagree.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::time::advance;
use tower::{Layer as _, ServiceExt as _};
use tower_muster_sigv4::{ErrorKind, SigV4Layer};

use crate::support::node::{Node, time};
use crate::support::vault::Vault;
use crate::support::verifier::Authorization;
use crate::support::{ACCESS_KEY, SECRET, list_tables, now, refused};

const URI: &str = "http://node:8000/";
const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

/// A layer whose clock is `ahead` seconds from the vault's, which is right.
fn cached(vault: &Vault, ahead: i64) -> SigV4Layer {
    let right = vault.clock();
    let wrong = move || match ahead {
        0.. => right() + Duration::from_secs(ahead.unsigned_abs()),
        _ => right() - Duration::from_secs(ahead.unsigned_abs()),
    };
    let layer = SigV4Layer::new(vault.clone(), "us-east-1", "dynamodb").expect("valid names");
    layer.cache_credentials().time_source(wrong)
}

/// Sends one request and returns the access key that the node took.
async fn key(layer: &SigV4Layer, node: &Node, uri: &str) -> String {
    let response = layer.layer(node.clone()).oneshot(list_tables(uri)).await;
    assert_eq!(response.expect("sent").status(), 200);
    let received = node.received();
    Authorization::read(received.last().expect("a request").headers()).scope[0].clone()
}

/// Lets time pass for the vault and for the node.
async fn pass(span: Duration, node: &Node, clock: &AtomicI64) {
    advance(span).await;
    let seconds = i64::try_from(span.as_secs()).expect("not long");
    node.set_clock(clock.fetch_add(seconds, SeqCst) + seconds);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_behind_does_not_keep_credentials_beyond_their_end() {
    let (vault, node, clock) = (Vault::new(HOUR), Node::ahead(0), AtomicI64::new(0));
    let layer = cached(&vault, -3600);
    assert_eq!(key(&layer, &node, URI).await, "key-1");
    // They live for two hours by our clock, and for one by the server's.
    pass(30 * MINUTE, &node, &clock).await;
    assert_eq!(key(&layer, &node, URI).await, "key-1");
    pass(31 * MINUTE, &node, &clock).await;
    assert_ne!(key(&layer, &node, URI).await, "key-1", "they have expired");
    let asked = vault.asked();
    for _ in 0..10 {
        key(&layer, &node, URI).await;
    }
    assert_eq!(vault.asked(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_ahead_of_all_credentials_is_learned_of_and_they_are_used() {
    let (vault, node) = (Vault::new(HOUR), Node::ahead(0));
    let layer = cached(&vault, 2 * 3600);
    for _ in 0..10 {
        assert_eq!(key(&layer, &node, URI).await, "key-1");
    }
    advance(50 * MINUTE).await;
    node.set_clock(50 * 60);
    assert_eq!(key(&layer, &node, URI).await, "key-1", "by the server's");
    assert_eq!(vault.asked(), 1);

    let provided = Credentials::new(ACCESS_KEY, SECRET, None, Some(now()), "test");
    let provided = SharedCredentialsProvider::new(provided);
    let layer = SigV4Layer::new(provided, "us-east-1", "dynamodb").expect("valid names");
    let node = Node::ahead(-3600);
    for _ in 0..2 {
        assert_eq!(
            key(&layer.clone().time_source(now), &node, URI).await,
            ACCESS_KEY
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_node_with_a_clock_of_its_own_does_not_keep_the_provider_busy() {
    let (vault, right, fast) = (Vault::new(HOUR), Node::ahead(0), Node::ahead(2 * 3600));
    let layer = cached(&vault, 0);
    for minute in 0..10 {
        for _ in 0..10 {
            key(&layer, &right, URI).await;
            key(&layer, &fast, "http://fast:8000/").await;
        }
        let asked = vault.asked();
        assert!(asked <= minute + 1, "{asked} times in {minute} minutes");
        advance(MINUTE).await;
    }
}

#[tokio::test]
async fn fixed_credentials_that_end_are_refused_when_they_have_and_no_clock_is_known() {
    let ours = Arc::new(AtomicI64::new(-60));
    let clock = Arc::clone(&ours);
    let fixed = Credentials::new(ACCESS_KEY, SECRET, None, Some(now()), "test");
    let layer = SigV4Layer::with_time_source(fixed, "us-east-1", "dynamodb", move || {
        time(clock.load(SeqCst))
    });
    let layer = layer.expect("valid for a minute");
    let node = Node::ahead(0);
    assert_eq!(key(&layer, &node, URI).await, ACCESS_KEY);
    ours.store(0, SeqCst);
    let error = refused(layer, list_tables(URI)).await;
    assert!(
        matches!(error.kind(), ErrorKind::CredentialsExpired { .. }),
        "nothing will replace them: {error}"
    );
}
