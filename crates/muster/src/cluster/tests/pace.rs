//! How often a source is asked.

use std::time::Duration;

use tokio::time::sleep;

use super::pick;
use crate::{
    Cluster, Outcome,
    cluster::demand::jittered,
    discover::{Pace, Polled},
    tests::fakes::{Source, node},
};

const SECOND: Duration = Duration::from_secs(1);

/// Makes a call every 50 ms.
async fn call_for(cluster: &Cluster, time: Duration) {
    for _ in 0..time.as_millis() / 50 {
        drop(pick(cluster));
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_in_use_is_asked_at_the_active_pace() {
    let source = Source::of([node(1)]);
    let cluster = Cluster::discover(source.clone());
    call_for(&cluster, SECOND * 60).await;
    let asked = source.asked();
    assert!((56..=68).contains(&asked.len()), "{} fetches", asked.len());
    for pair in asked.windows(2).skip(1) {
        let wait = (pair[1] - pair[0]).as_millis();
        assert!((900..=1152).contains(&wait), "{wait} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_cluster_is_asked_at_the_idle_pace() {
    let source = Source::of([node(1)]);
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect("a list");
    sleep(SECOND * 600).await;
    assert!(
        (10..=12).contains(&source.fetches()),
        "{} fetches",
        source.fetches()
    );
    for pair in source.asked().windows(2) {
        let wait = (pair[1] - pair[0]).as_secs_f64();
        assert!((54.0..=66.1).contains(&wait), "{wait} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_was_in_use_becomes_idle_again() {
    let source = Source::of([node(1)]);
    let cluster = Cluster::discover(source.clone());
    call_for(&cluster, SECOND * 10).await;
    let before = source.fetches();
    sleep(SECOND * 600).await;
    let idle = source.fetches() - before;
    // Each 54 to 66 s, and perhaps once more for the last call.
    assert!((9..=13).contains(&idle), "{idle} fetches");
}

#[tokio::test(start_paused = true)]
async fn the_first_call_after_the_idling_asks_at_once() {
    let source = Source::of([node(1)]);
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect("a list");
    sleep(SECOND * 30).await;
    let before = source.fetches();
    drop(pick(&cluster).expect("a node"));
    sleep(Duration::from_millis(1)).await;
    assert_eq!(source.fetches(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_goes_down_is_a_reason_to_ask_once_a_second_at_most() {
    let pace = Pace::new(SECOND * 300, SECOND * 7_200).expect("a pace");
    let source = Source::of([node(1)]).with_pace(pace);
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect("a list");
    sleep(SECOND * 10).await;
    let fail = || {
        pick(&cluster)
            .expect("the last node is not taken away")
            .learn(Outcome::REFUSED);
    };
    fail();
    sleep(Duration::from_millis(1)).await;
    assert_eq!(source.fetches(), 2, "at once");
    for _ in 0..200 {
        fail();
        sleep(Duration::from_millis(50)).await;
    }
    let fetches = source.fetches() - 2;
    assert!((1..=11).contains(&fetches), "{fetches} fetches in 10 s");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_down_is_no_reason_to_ask_while_nobody_calls() {
    let pace = Pace::new(SECOND, SECOND * 7_200).expect("a pace");
    let source = Source::of([node(1)]).with_pace(pace);
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect("a list");
    let lease = pick(&cluster).expect("a node");
    sleep(SECOND * 10).await;
    let before = source.fetches();
    let mut lease = lease;
    lease.learn(Outcome::REFUSED);
    sleep(SECOND * 600).await;
    assert_eq!(source.fetches(), before);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_asks_at_once() {
    let source = Source::of([node(1)]);
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect("a list");
    sleep(SECOND / 10).await;
    for fetches in 2..6 {
        cluster.refresh();
        sleep(Duration::from_millis(1)).await;
        assert_eq!(source.fetches(), fetches);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_starts_discovery_asks_once() {
    let source = Source::of([node(1)]);
    let cluster = Cluster::discover(source.clone());
    cluster.refresh();
    sleep(SECOND / 2).await;
    assert_eq!(source.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_may_never_be_asked_while_it_is_idle() {
    let pace = Pace::new(SECOND, Duration::MAX).expect("a pace");
    let source = Source::of([node(1)]).with_pace(pace);
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect("a list");
    sleep(SECOND * 86_400).await;
    assert_eq!(source.fetches(), 1);
    drop(pick(&cluster).expect("a node"));
    sleep(Duration::from_millis(1)).await;
    assert_eq!(source.fetches(), 2, "the task is still there");
}

#[tokio::test(start_paused = true)]
async fn a_function_is_a_source_with_a_pace_of_its_own() {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = std::sync::Arc::clone(&asked);
    let source = Polled::new(move || {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        std::future::ready(Ok::<_, crate::BoxError>(vec![node(1)]))
    });
    let cluster = Cluster::discover(source.pace(Pace::new(SECOND, SECOND * 10).expect("a pace")));
    cluster.ready().await.expect("a list");
    sleep(SECOND * 100).await;
    let asked = asked.load(std::sync::atomic::Ordering::Relaxed);
    assert!((10..=12).contains(&asked), "{asked} fetches");
}

#[test]
fn jitter_is_a_tenth_at_most_and_spreads() {
    fastrand::seed(1);
    let (mut low, mut high) = (f64::MAX, f64::MIN);
    for _ in 0..10_000 {
        let period = jittered(SECOND * 10).as_secs_f64();
        (low, high) = (low.min(period), high.max(period));
    }
    assert!((9.0..9.1).contains(&low), "{low}");
    assert!((10.9..=11.0).contains(&high), "{high}");
    assert!(jittered(Duration::MAX) >= Duration::MAX.mul_f64(0.89));
    assert_eq!(jittered(Duration::ZERO), Duration::ZERO);
}

#[test]
fn what_is_no_pace_is_refused_with_both_periods() {
    for (active, idle) in [(0, 1), (2, 1)] {
        let (active, idle) = (SECOND * active, SECOND * idle);
        let error = Pace::new(active, idle).expect_err("no pace").to_string();
        assert!(error.contains(&format!("active ({active:?})")), "{error}");
        assert!(error.contains(&format!("idle ({idle:?})")), "{error}");
    }
    assert!(Pace::new(SECOND, SECOND).is_ok());
}
