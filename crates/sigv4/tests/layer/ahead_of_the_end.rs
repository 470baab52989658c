//! The timer that asks again although nobody comes.

use std::time::Duration;

use aws_credential_types::provider::ProvideCredentials as _;
use tokio::runtime::Handle;
use tokio::time::{advance, sleep};
use tokio_test::{assert_pending, assert_ready, task};
use tower_muster_sigv4::CachedCredentials;

use crate::support::vault::Vault;

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

/// The key that is there without a wait.
fn key_at_once(cached: &CachedCredentials) -> String {
    let answer = assert_ready!(task::spawn(cached.provide_credentials()).poll());
    answer.expect("credentials").access_key_id().to_owned()
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn a_request_after_the_end_finds_new_credentials_although_none_came_before_it() {
    for _ in 0..16 {
        let vault = Vault::new(HOUR);
        vault.set(|answer| answer.delay = SECOND);
        let cached = cached(&vault);
        assert_eq!(key(&cached).await, "key-1");
        sleep(54 * MINUTE).await;
        assert_eq!(vault.asked(), 1, "not before the margin");
        sleep(4 * MINUTE).await;
        assert_eq!(vault.asked(), 2, "half of the margin is left");
        sleep(10 * MINUTE).await;
        assert_eq!(key_at_once(&cached), "key-2");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cache_that_is_not_used_is_not_kept_up() {
    let vault = Vault::new(HOUR);
    let cached = cached(&vault);
    key(&cached).await;
    sleep(24 * HOUR).await;
    assert_eq!(vault.asked(), 2, "once for nobody");
    assert_eq!(tasks(), 0);
    assert_eq!(key(&cached).await, "key-3");
    // And as long as it is used, it is.
    for hour in 0..5 {
        assert_eq!(vault.asked(), 3 + hour);
        assert_eq!(key_at_once(&cached), format!("key-{}", 3 + hour));
        sleep(57 * MINUTE + 30 * SECOND + SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_failed_is_begun_again_although_nobody_comes_until_they_expire() {
    let vault = Vault::new(HOUR);
    let cached = cached(&vault);
    key(&cached).await;
    vault.set(|answer| answer.fails = true);
    sleep(57 * MINUTE + 30 * SECOND).await;
    let failed = vault.asked() - 1;
    assert!(failed >= 1, "it was due");
    vault.set(|answer| answer.fails = false);
    sleep(MINUTE).await;
    assert_eq!(key_at_once(&cached), format!("key-{}", failed + 2));

    vault.set(|answer| answer.fails = true);
    sleep(2 * HOUR).await;
    let asked = vault.asked();
    sleep(24 * HOUR).await;
    assert_eq!(vault.asked(), asked, "there is nothing to keep up");
    assert_eq!(tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_provider_without_an_end_that_is_gone_is_not_asked_for_ever() {
    let vault = Vault::new(HOUR);
    vault.set(|answer| answer.life = None);
    let cached = cached(&vault);
    key(&cached).await;
    vault.set(|answer| answer.fails = true);
    sleep(24 * HOUR).await;
    assert_eq!(vault.asked(), 2);
    assert_eq!(key_at_once(&cached), "key-1", "they have no end");
}

#[tokio::test(start_paused = true)]
async fn the_timer_ends_with_the_last_handle_and_keeps_nothing_of_the_cache() {
    let vault = Vault::new(HOUR);
    let cached = cached(&vault);
    key(&cached).await;
    let other = cached.clone();
    drop(cached);
    tokio::task::yield_now().await;
    assert_eq!(tasks(), 1, "one is left");
    drop(other);
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    assert_eq!(tasks(), 0);
    advance(2 * HOUR).await;
    assert_eq!(vault.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn there_is_one_timer_however_often_a_request_was_sooner() {
    let vault = Vault::new(HOUR);
    let cached = cached(&vault);
    for n in 1..=5 {
        assert_eq!(key(&cached).await, format!("key-{n}"));
        assert_eq!(tasks(), 1);
        // As if the machine had slept: no timer has seen it.
        vault.jump(HOUR);
    }
}

#[test]
fn a_timer_whose_runtime_ended_leaves_it_to_the_next_request() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime")
    };
    let first = runtime();
    let vault = first.block_on(async { Vault::new(HOUR) });
    let cached = cached(&vault);
    assert_eq!(first.block_on(key(&cached)), "key-1");
    drop(first);
    // Outside of a runtime what is held is used, and nothing is begun.
    vault.jump(58 * MINUTE);
    assert_eq!(key_at_once(&cached), "key-1");
    vault.jump(2 * MINUTE);
    let outside = assert_ready!(task::spawn(cached.provide_credentials()).poll());
    assert!(outside.is_err(), "there is no runtime to ask in");
    let second = runtime();
    second.block_on(async {
        let mut waiting = task::spawn(cached.provide_credentials());
        assert_pending!(waiting.poll());
        assert_eq!(waiting.await.expect("credentials").access_key_id(), "key-2");
    });
}
