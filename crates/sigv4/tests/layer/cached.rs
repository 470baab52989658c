//! Credentials that are kept, and asked for again ahead of their end.

use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials as _;
use tokio::task::yield_now;
use tokio::time::advance;
use tokio_test::{assert_pending, task};
use tower_muster_sigv4::{CachedCredentials, ErrorKind, SigV4Layer};

use crate::support::vault::Vault;
use crate::support::verifier::{Authorization, verifies};
use crate::support::{SECRET, list_tables, refused, send};

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

fn cached(vault: &Vault) -> CachedCredentials {
    CachedCredentials::new(vault.clone()).time_source(vault.clock())
}

async fn key(cached: &CachedCredentials) -> String {
    let credentials = cached.provide_credentials().await.expect("credentials");
    credentials.access_key_id().to_owned()
}

/// Lets a refresh that needs no time come to its end.
async fn settle() {
    for _ in 0..8 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_asked_once_and_again_ahead_of_the_end() {
    let vault = Vault::new(HOUR);
    let cached = cached(&vault);
    assert_eq!(vault.asked(), 0, "not before the first request");
    for _ in 0..3 {
        assert_eq!(key(&cached).await, "key-1");
    }
    advance(54 * MINUTE).await;
    assert_eq!(key(&cached).await, "key-1");
    settle().await;
    assert_eq!(vault.asked(), 1, "more than 5 minutes are left");
    advance(4 * MINUTE).await;
    assert_eq!(
        key(&cached).await,
        "key-1",
        "a refresh keeps nobody waiting"
    );
    settle().await;
    assert_eq!(key(&cached).await, "key-2", "under 2.5 minutes were left");
    assert_eq!(vault.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_moment_of_a_refresh_is_drawn_from_the_second_half_of_the_margin() {
    let mut moments = Vec::new();
    for _ in 0..32 {
        let vault = Vault::new(HOUR);
        let cached = cached(&vault).refresh_ahead(10 * MINUTE);
        key(&cached).await;
        advance(50 * MINUTE - SECOND).await;
        let mut second = 0;
        while vault.asked() == 1 {
            key(&cached).await;
            settle().await;
            advance(SECOND).await;
            second += 1;
        }
        moments.push(second);
    }
    assert!(
        moments.iter().all(|moment| (1..=303).contains(moment)),
        "{moments:?}"
    );
    moments.sort_unstable();
    moments.dedup();
    assert!(moments.len() > 4, "not all at once: {moments:?}");
}

#[tokio::test(start_paused = true)]
async fn many_requests_share_one_refresh() {
    let vault = Vault::new(HOUR);
    vault.set(|answer| answer.delay = SECOND);
    let cached = cached(&vault);
    let waiting: Vec<_> = (0..16)
        .map(|_| {
            tokio::spawn({
                let cached = cached.clone();
                async move { key(&cached).await }
            })
        })
        .collect();
    for request in waiting {
        assert_eq!(request.await.expect("no panic"), "key-1");
    }
    advance(59 * MINUTE).await;
    for _ in 0..16 {
        assert_eq!(key(&cached).await, "key-1", "the old ones are valid");
    }
    settle().await;
    assert_eq!(vault.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn requests_wait_once_the_old_ones_have_expired() {
    let vault = Vault::new(HOUR);
    let cached = cached(&vault);
    assert_eq!(key(&cached).await, "key-1");
    advance(HOUR).await;
    assert_eq!(key(&cached).await, "key-2");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_keeps_the_old_ones_and_is_begun_again_ever_more_rarely() {
    let vault = Vault::new(HOUR);
    let cached = cached(&vault);
    assert_eq!(key(&cached).await, "key-1");
    vault.set(|answer| answer.fails = true);
    advance(58 * MINUTE).await;
    // Two minutes: after 0, 0.5 to 1, 1 to 2 more, 2 to 4, 4 to 8, 8 to 16, 16 to 32, 30 to 60 and so on.
    for _ in 0..119 {
        assert_eq!(key(&cached).await, "key-1");
        settle().await;
        advance(SECOND).await;
    }
    let failed = vault.asked() - 1;
    assert!((6..=10).contains(&failed), "{failed} refreshes failed");

    vault.set(|answer| answer.fails = false);
    advance(SECOND).await;
    assert_ne!(
        key(&cached).await,
        "key-1",
        "without valid ones nothing is put off"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_reaches_all_that_wait_and_is_not_kept() {
    let vault = Vault::new(HOUR);
    vault.set(|answer| (answer.fails, answer.delay) = (true, SECOND));
    let cached = cached(&vault);
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn({
                let cached = cached.clone();
                async move { cached.provide_credentials().await }
            })
        })
        .collect();
    for request in waiting {
        let error = request
            .await
            .expect("no panic")
            .expect_err("the vault is shut");
        let text = format!("{error:?}");
        assert!(
            text.contains("the vault is shut") && !text.contains(SECRET),
            "{text}"
        );
    }
    assert_eq!(vault.asked(), 1);
    vault.set(|answer| answer.fails = false);
    assert_eq!(key(&cached).await, "key-2");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_goes_on_when_the_request_that_began_it_is_dropped() {
    let vault = Vault::new(HOUR);
    vault.set(|answer| answer.delay = SECOND);
    let cached = cached(&vault);
    let mut request = task::spawn(cached.provide_credentials());
    assert_pending!(request.poll());
    drop(request);
    advance(SECOND / 2).await;
    settle().await;
    advance(SECOND).await;
    settle().await;
    assert_eq!(key(&cached).await, "key-1");
    assert_eq!(vault.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_does_not_answer_is_given_up() {
    let vault = Vault::new(HOUR);
    vault.set(|answer| answer.delay = HOUR);
    let cached = cached(&vault).load_timeout(SECOND);
    let error = cached.provide_credentials().await.expect_err("too slow");
    assert!(format!("{error:?}").contains("1s"), "{error:?}");
    vault.set(|answer| answer.delay = Duration::ZERO);
    assert_eq!(key(&cached).await, "key-2");
}

#[tokio::test(start_paused = true)]
async fn no_refresh_outlives_the_last_handle() {
    let vault = Vault::new(HOUR);
    vault.set(|answer| answer.delay = SECOND);
    let cached = cached(&vault);
    let mut request = task::spawn(cached.provide_credentials());
    assert_pending!(request.poll());
    settle().await;
    let metrics = tokio::runtime::Handle::current().metrics();
    assert_eq!(metrics.num_alive_tasks(), 1, "the refresh runs");
    drop(request);
    drop(cached);
    settle().await;
    assert_eq!(metrics.num_alive_tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_panics_is_an_error_and_asked_again() {
    let vault = Vault::new(HOUR);
    vault.set(|answer| answer.panics = true);
    let cached = cached(&vault);
    let error = cached.provide_credentials().await.expect_err("it panics");
    assert!(format!("{error:?}").contains("was lost"), "{error:?}");
    vault.set(|answer| answer.panics = false);
    assert_eq!(key(&cached).await, "key-3");
}

#[test]
fn a_refresh_whose_runtime_ended_is_begun_again_in_another() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime")
    };
    let first = runtime();
    let vault = {
        let _inside = first.enter();
        Vault::new(HOUR)
    };
    vault.set(|answer| answer.delay = SECOND);
    let cached = CachedCredentials::new(vault.clone()).time_source(crate::support::now);
    first.block_on(async { assert_pending!(task::spawn(cached.provide_credentials()).poll()) });
    drop(first);
    vault.set(|answer| answer.life = None);
    assert_eq!(
        runtime().block_on(key(&cached)),
        "key-1",
        "the first was not even begun"
    );
}

#[test]
fn outside_a_runtime_there_is_an_error_and_no_panic() {
    let never = crate::support::provider::Failing;
    let cached = CachedCredentials::new(never);
    let answer = task::spawn(cached.provide_credentials()).poll();
    let std::task::Poll::Ready(Err(error)) = answer else {
        panic!("there is no runtime to ask in");
    };
    assert!(format!("{error:?}").contains("NoContext"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn credentials_without_an_end_are_asked_for_again_after_a_quarter_of_an_hour() {
    let vault = Vault::new(HOUR);
    vault.set(|answer| answer.life = None);
    let cached = cached(&vault);
    assert_eq!(key(&cached).await, "key-1");
    advance(7 * MINUTE).await;
    assert_eq!(key(&cached).await, "key-1");
    settle().await;
    assert_eq!(vault.asked(), 1);
    vault.set(|answer| answer.fails = true);
    advance(8 * MINUTE).await;
    assert_eq!(key(&cached).await, "key-1");
    settle().await;
    assert_eq!(vault.asked(), 2);
    advance(24 * HOUR).await;
    assert_eq!(key(&cached).await, "key-1", "they have no end");
}

#[tokio::test(start_paused = true)]
async fn a_layer_keeps_its_providers_credentials_if_asked_to() {
    let vault = Vault::new(HOUR);
    let layer = SigV4Layer::new(vault.clone(), "us-east-1", "dynamodb").expect("valid names");
    let layer = layer.cache_credentials().time_source(vault.clock());
    for _ in 0..3 {
        let sent = send(layer.clone(), list_tables("http://node/"))
            .await
            .expect("sent");
        assert!(verifies(&sent, SECRET));
        assert_eq!(Authorization::read(sent.headers()).scope[0], "key-1");
    }
    assert_eq!(vault.asked(), 1);
    assert!(!format!("{layer:?} {:?}", cached(&vault)).contains(SECRET));

    advance(HOUR).await;
    vault.set(|answer| answer.fails = true);
    let error = refused(layer, list_tables("http://node/")).await;
    assert_eq!(error.kind(), &ErrorKind::Credentials);
}
