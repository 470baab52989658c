//! What a source that fails does to the cluster.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tower_service::Service;

use super::{hosts, pick, story, too_many};
use crate::{
    AttemptError, Cluster, NoNode, SelectLayer,
    policy::RoundRobin,
    tests::fakes::{Client, Found, Reply, Source, node},
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_fetch_that_fails_keeps_what_is_known() {
    let source = Source::new([
        Found::Nodes(vec![node(1), node(2)]),
        Found::Error("no route"),
    ]);
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect("a list");
    for _ in 0..5 {
        drop(pick(&cluster).expect("a node"));
        sleep(SECOND * 2).await;
    }
    assert!(source.fetches() >= 4, "{} fetches", source.fetches());
    assert_eq!(hosts(&cluster), [1, 2]);
    let trouble = cluster.trouble().expect("the last fetch failed");
    assert!(story(&trouble).contains("no route"), "{}", story(&trouble));
    cluster.ready().await.expect("there still is a list");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_silent_source_longer_than_half_a_minute() {
    let source = Source::new([
        Found::After(SECOND * 40, vec![node(1)]),
        Found::Nodes(vec![node(1)]),
    ]);
    let cluster = Cluster::discover(source.clone());
    let begun = Instant::now();
    let error = cluster.ready().await.expect_err("silence");
    assert!((30.0..30.1).contains(&begun.elapsed().as_secs_f64()));
    assert!(
        story(&error).contains("silent for 30s"),
        "{}",
        story(&error)
    );
    sleep(SECOND * 11).await;
    assert_eq!(hosts(&cluster), [1], "what comes late is taken");
    assert_eq!(source.fetches(), 1, "and was not asked for twice");
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_keeps_what_is_known() {
    let source = Source::new([Found::Nodes(vec![node(1)]), Found::Nodes(Vec::new())]);
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect("a list");
    cluster.refresh();
    sleep(SECOND / 10).await;
    assert_eq!(source.fetches(), 2);
    assert_eq!(hosts(&cluster), [1]);
    assert!(pick(&cluster).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_too_long_keeps_what_is_known() {
    let source = Source::new([Found::Nodes(vec![node(1)]), Found::Nodes(too_many())]);
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect("a list");
    cluster.refresh();
    sleep(SECOND / 10).await;
    assert_eq!(source.fetches(), 2);
    assert_eq!(hosts(&cluster), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_first_list_that_is_too_long_shows_in_the_error_of_ready() {
    let cluster = Cluster::discover(Source::new([Found::Nodes(too_many())]));
    let error = cluster.ready().await.expect_err("too long");
    assert!(matches!(error.reason(), NoNode::Undiscovered(_)));
    assert!(
        story(&error).contains("more than 10000 nodes"),
        "{}",
        story(&error)
    );
}

#[tokio::test(start_paused = true)]
async fn a_first_list_that_is_empty_shows_in_the_error_of_ready() {
    let cluster = Cluster::discover(Source::of([]));
    let error = cluster.ready().await.expect_err("empty");
    assert!(matches!(error.reason(), NoNode::Empty), "{error:?}");
    assert!(matches!(pick(&cluster), Err(NoNode::Empty)));
}

#[tokio::test(start_paused = true)]
async fn calls_fail_typed_after_a_first_fetch_that_failed_and_recover_by_themselves() {
    let source = Source::new([Found::Error("no route to 10.0.0.1")]);
    let client = Client::new(|_| Reply::Status(200));
    let layer = SelectLayer::new(Cluster::discover(source.clone()), RoundRobin::new());
    let mut service = tower_layer::Layer::layer(&layer, client.clone());

    let ready = std::future::poll_fn(|cx| {
        Service::<http::Request<http_body_util::Full<bytes::Bytes>>>::poll_ready(&mut service, cx)
    });
    ready.await.expect("ready to say what is wrong");
    let error = service
        .call(http::Request::default())
        .await
        .expect_err("no node");
    assert!(
        matches!(error, AttemptError::NoNode(NoNode::Undiscovered(_))),
        "{error:?}"
    );
    assert_eq!(
        story(&error),
        "no node could be chosen: no nodes were discovered yet: no route to 10.0.0.1"
    );
    assert_eq!(client.calls(), 0, "nothing is sent anywhere");

    source.find(Found::Nodes(vec![node(1)]));
    sleep(Duration::from_millis(120)).await;
    service
        .call(http::Request::default())
        .await
        .expect("a node");
}

#[tokio::test(start_paused = true)]
async fn a_first_list_is_asked_for_sooner_and_then_less_often() {
    let source = Source::new([Found::Error("no route")]);
    let cluster = Cluster::discover(source.clone());
    let begun = Instant::now();
    cluster.ready().await.expect_err("no route");
    sleep(SECOND * 10).await;
    let asked = source.asked();
    let waits: Vec<_> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (wait, millis) in waits.iter().zip([100, 200, 400, 800, 1000, 1000, 1000]) {
        let expected = Duration::from_millis(millis);
        assert!(
            (expected.mul_f64(0.9)..expected.mul_f64(1.1) + Duration::from_millis(2))
                .contains(wait),
            "{waits:?} since {begun:?}"
        );
    }
    assert!((11..=15).contains(&asked.len()), "{} fetches", asked.len());
}

#[tokio::test(start_paused = true)]
async fn a_refresh_does_not_wait_for_the_next_retry() {
    let source = Source::new([Found::Error("no route")]);
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect_err("no route");
    sleep(SECOND * 10).await;
    let before = source.fetches();
    source.find(Found::Nodes(vec![node(1)]));
    cluster.refresh();
    sleep(Duration::from_millis(2)).await;
    assert_eq!(source.fetches(), before + 1);
    assert!(pick(&cluster).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_leaves_nobody_waiting() {
    let source = Source::new([Found::Panic]);
    let cluster = Cluster::discover(source.clone());
    let ready = tokio::time::timeout(SECOND * 60, cluster.ready()).await;
    let error = ready.expect("not for ever").expect_err("no list");
    assert!(story(&error).contains("panicked"), "{}", story(&error));
    source.find(Found::Nodes(vec![node(1)]));
    cluster.refresh();
    sleep(SECOND).await;
    cluster.ready().await.expect("the next fetch found a list");
}

#[tokio::test(start_paused = true)]
async fn a_node_list_is_waited_for_and_not_guessed() {
    let source = Source::new([Found::After(SECOND * 3, vec![node(1)])]);
    let cluster = Cluster::discover(source.clone());
    let begun = Instant::now();
    cluster.ready().await.expect("a list");
    assert!(begun.elapsed() >= SECOND * 3);
    assert_eq!(source.fetches(), 1);
}
