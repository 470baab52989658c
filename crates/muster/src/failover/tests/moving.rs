//! Moving to another node.

use std::{collections::HashSet, num::NonZeroU32, time::Duration};

use tokio::time::Instant;
use tower::ServiceExt;

use super::{Answer, Reason, get, host, millis, post, reason, send, stack, tried};
use crate::{
    Cluster,
    policy::PowerOfTwo,
    tests::fakes::{Client, Found, Reply, Source, attempt_after, cluster, in_flight, node, status},
};

/// Nodes 1 to `refusing` refuse, the others serve.
fn refusing(refusing: u8) -> Client {
    Client::new(move |seen| match seen.host {
        host if host <= refusing => Reply::REFUSED,
        _ => Reply::Status(200),
    })
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_goes_to_another_node_without_a_pause() {
    let client = refusing(2);
    let begun = Instant::now();
    send(&client, &cluster(3), post())
        .await
        .expect("served by the third");
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(client.hosts(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn no_node_is_tried_twice_whatever_the_policy() {
    for seed in 0..200 {
        fastrand::seed(seed);
        let cluster = cluster(5);
        let client = refusing(5);
        let select = crate::SelectLayer::new(cluster.clone(), PowerOfTwo::least_in_flight());
        let service = tower::ServiceBuilder::new()
            .layer(super::FailoverLayer::new(cluster))
            .layer(select)
            .service(client.clone());
        let error = service.oneshot(post()).await.expect_err("all refuse");
        assert_eq!(reason(&error), Reason::AttemptsSpent, "five of five");
        let hosts: HashSet<_> = client.hosts().into_iter().collect();
        assert_eq!((hosts.len(), client.calls()), (5, 5));
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_refuse_the_error_names_each_node_and_its_answer_in_order() {
    let client = refusing(3);
    let error = send(&client, &cluster(3), post())
        .await
        .expect_err("all refuse");
    assert_eq!(reason(&error), Reason::NoNodeLeft);
    assert_eq!(tried(&error), [Some(1), Some(2), Some(3)]);
    let refused = |tried: &super::super::Tried| matches!(tried.answer(), Answer::Error(_));
    assert!(error.tried().iter().all(refused));
    assert_eq!(
        error.to_string(),
        "no node is left; tried: http://10.0.0.1:8000 failed (connection refused); \
         http://10.0.0.2:8000 failed (connection refused); \
         http://10.0.0.3:8000 failed (connection refused)"
    );
    assert!(error.is_safe_to_repeat(), "nothing was sent");
}

#[tokio::test(start_paused = true)]
async fn answers_of_all_kinds_stand_in_the_story() {
    let client = Client::new(|seen| match seen.host {
        1 => Reply::Status(429),
        2 => Reply::REFUSED,
        3 => Reply::Status(503),
        _ => Reply::RESET,
    });
    let error = send(&client, &cluster(4), get())
        .await
        .expect_err("none serves");
    let story = error.to_string();
    for part in [
        "10.0.0.1:8000 answered 429 Too Many Requests; ",
        "10.0.0.2:8000 failed (connection refused); ",
        "10.0.0.3:8000 answered 503 Service Unavailable; ",
        "10.0.0.4:8000 failed (connection reset)",
    ] {
        assert!(story.contains(part), "{part} in {story}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_refused_is_left_out_by_the_next_call() {
    let (client, cluster) = (refusing(1), cluster(2));
    for _ in 0..3 {
        send(&client, &cluster, post()).await.expect("served");
    }
    assert_eq!(client.hosts(), [1, 2, 2, 2]);
    tokio::time::advance(millis(500)).await;
    send(&client, &cluster, post()).await.expect("served");
    assert_eq!(client.hosts()[4..], [1, 2], "tried again after its time");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_overloaded_is_left_for_another() {
    let client = Client::new(|seen| Reply::Status(if seen.host == 1 { 429 } else { 200 }));
    let cluster = cluster(2);
    let response = send(&client, &cluster, post()).await.expect("served");
    assert_eq!(response.status(), 200);
    assert_eq!(client.hosts(), [1, 2]);
    assert!(!status(&cluster, 1).is_set_aside(), "it is alive");
}

#[tokio::test(start_paused = true)]
async fn the_last_nodes_own_words_are_returned() {
    let client = Client::new(|seen| match seen.host {
        1 => Reply::REFUSED,
        2 => Reply::Status(429),
        _ => Reply::Status(503),
    });
    let cluster = cluster(3);
    let response = send(&client, &cluster, get()).await.expect("an answer");
    assert_eq!(response.status(), 503);
    assert_eq!(client.hosts(), [1, 2, 3]);
    assert_eq!(in_flight(&cluster), 1, "its body is still held");
    drop(response);
    assert_eq!(in_flight(&cluster), 0);
}

#[tokio::test(start_paused = true)]
async fn no_more_attempts_are_made_than_a_call_may_make() {
    for attempts in 1..=4 {
        let client = refusing(9);
        let attempts = NonZeroU32::new(attempts).expect("not zero");
        let service = stack(&client, &cluster(9), |layer| layer.max_attempts(attempts));
        let error = service.oneshot(post()).await.expect_err("all refuse");
        assert_eq!(reason(&error), Reason::AttemptsSpent);
        assert_eq!(client.calls() as u32, attempts.get());
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_knows_its_number_and_the_nodes_before_it() {
    let client = refusing(2);
    send(&client, &cluster(3), post()).await.expect("served");
    client.with_seen(|seen| {
        assert!(seen[0].attempt().is_none(), "the first needs none");
        for (index, seen) in seen.iter().enumerate().skip(1) {
            let attempt = seen.attempt().expect("an attempt");
            assert_eq!(attempt.number() as usize, index + 1);
            let tried: Vec<_> = attempt.tried().iter().map(|node| host(node)).collect();
            assert_eq!(tried, (1..=index as u8).collect::<Vec<_>>());
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_node_that_leaves_the_list_meanwhile_hides_no_other() {
    let source = Source::of([node(1), node(2)]);
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect("a list");
    source.find(Found::Nodes(vec![node(2)]));
    let client = Client::new(|seen| match seen.host {
        1 => Reply::after_millis(100, Reply::REFUSED),
        _ => Reply::Status(200),
    });
    cluster.refresh();
    send(&client, &cluster, post())
        .await
        .expect("served by the other");
    assert_eq!(client.hosts(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn no_node_at_all_ends_the_call() {
    let client = refusing(9);
    let cluster = cluster(2);
    let mut request = post();
    let attempt = attempt_after(&cluster, &[1, 2]);
    request.extensions_mut().insert(attempt);
    let error = send(&client, &cluster, request).await.expect_err("no node");
    assert_eq!((reason(&error), client.calls()), (Reason::NoNode, 0));
    assert_eq!(tried(&error), [None]);
    assert!(error.is_safe_to_repeat());
}
