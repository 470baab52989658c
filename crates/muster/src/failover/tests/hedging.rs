//! A second attempt beside a first one that is late.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, request::Parts};
use http_body_util::Full;
use tokio::time::{Instant, advance};
use tower::ServiceExt;

use super::{InOrder, Reason, Stack, get, host, millis, post, reason, stack, tried};
use crate::{
    Cluster, Outcome,
    failover::{Budget, FailoverLayer, Hedge, IdempotentMethods},
    policy::Route,
    tests::fakes::{Client, Reply, attempt_after, cluster, in_flight, status},
};

/// A cluster whose nodes are known to answer in ten milliseconds.
pub(super) async fn known(nodes: u8) -> Cluster {
    let cluster = cluster(nodes);
    for _ in 0..30 {
        for node in 1..=nodes {
            let others: Vec<_> = (1..=nodes).filter(|other| *other != node).collect();
            let mut request = Request::new(());
            request
                .extensions_mut()
                .insert(attempt_after(&cluster, &others));
            let mut lease = cluster
                .pick(&InOrder, &Route::of(&request))
                .expect("a node");
            advance(millis(10)).await;
            lease.learn(Outcome::SERVED);
        }
    }
    cluster
}

/// A stack that hedges as much as it likes.
fn hedging(client: &Client, cluster: &Cluster) -> Stack<IdempotentMethods> {
    stack(client, cluster, eagerly)
}

pub(super) fn eagerly(layer: FailoverLayer) -> FailoverLayer {
    let budget = Budget::new(1.0, 10.0).expect("a budget");
    layer.hedge(Hedge::default().budget(budget))
}

/// The first node answers as told, the others at once.
fn first(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Client {
    Client::new(move |seen| match seen.host {
        1 => reply(),
        _ => Reply::Status(200),
    })
}

fn late(cluster: &Cluster) -> Duration {
    cluster.hedge_after().expect("the nodes are known")
}

#[tokio::test(start_paused = true)]
async fn a_late_attempt_is_answered_by_another_node() {
    let cluster = known(3).await;
    let client = first(|| Reply::after_millis(1_000, Reply::Status(201)));
    let begun = Instant::now();
    let response = hedging(&client, &cluster).oneshot(get()).await;
    assert_eq!(response.expect("served").status(), 200);
    assert_eq!(client.hosts(), [1, 2]);
    let took = begun.elapsed();
    assert!(
        (late(&cluster)..late(&cluster) + millis(3)).contains(&took),
        "{took:?}"
    );
    assert_eq!(in_flight(&cluster), 0, "the loser is dropped");
    assert!(!status(&cluster, 1).is_set_aside(), "it was slow, not dead");
    client.with_seen(|seen| {
        let attempt = seen[1].attempt().expect("an attempt");
        assert_eq!((attempt.number(), host(&attempt.tried()[0])), (2, 1));
    });
}

#[tokio::test(start_paused = true)]
async fn the_first_is_taken_if_it_answers_first() {
    let cluster = known(3).await;
    let client = Client::new(|seen| match seen.host {
        1 => Reply::after_millis(60, Reply::Status(201)),
        _ => Reply::after_millis(1_000, Reply::Status(200)),
    });
    let response = hedging(&client, &cluster).oneshot(get()).await;
    assert_eq!(response.expect("served").status(), 201);
    assert_eq!(client.hosts(), [1, 2]);
    assert_eq!(in_flight(&cluster), 0);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_twice_before_it_is_late() {
    let cluster = known(3).await;
    let in_time = late(&cluster) - millis(1);
    let client = first(move || Reply::After(in_time, Box::new(Reply::Status(201))));
    for _ in 0..20 {
        let response = hedging(&client, &cluster).oneshot(get()).await;
        assert_eq!(response.expect("served").status(), 201);
    }
    assert_eq!(client.calls(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_changes_something_is_never_asked_twice_at_once() {
    let cluster = known(3).await;
    let client = first(|| Reply::after_millis(1_000, Reply::Status(201)));
    let put = Request::put("/").body(Full::default()).expect("a request");
    for request in [post(), put] {
        let response = hedging(&client, &cluster).oneshot(request).await;
        assert_eq!(response.expect("served").status(), 201);
    }
    assert_eq!(client.hosts(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_twice_before_the_nodes_are_known() {
    let cluster = cluster(3);
    let client = first(|| Reply::after_millis(1_000, Reply::Status(201)));
    let response = hedging(&client, &cluster).oneshot(get()).await;
    assert_eq!(response.expect("served").status(), 201);
    assert_eq!(client.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_first_attempt_that_fails_leaves_the_call_to_the_second() {
    let cluster = known(3).await;
    let client = Client::new(|seen| match seen.host {
        1 => Reply::after_millis(50, Reply::RESET),
        _ => Reply::after_millis(100, Reply::Status(200)),
    });
    let response = hedging(&client, &cluster).oneshot(get()).await;
    assert_eq!(response.expect("served").status(), 200);
    assert_eq!(client.hosts(), [1, 2], "no third is asked");
}

#[tokio::test(start_paused = true)]
async fn a_second_attempt_that_fails_leaves_the_call_to_the_first() {
    for reply in [|| Reply::RESET, || Reply::REFUSED, || Reply::Status(503)] {
        let cluster = known(3).await;
        let client = Client::new(move |seen| match seen.host {
            1 => Reply::after_millis(100, Reply::Status(201)),
            _ => reply(),
        });
        let response = hedging(&client, &cluster).oneshot(get()).await;
        assert_eq!(response.expect("served").status(), 201);
        assert_eq!(client.hosts(), [1, 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn when_both_fail_a_node_that_neither_was_at_is_asked() {
    let cluster = known(4).await;
    let client = Client::new(|seen| match seen.host {
        1 => Reply::after_millis(100, Reply::RESET),
        2 => Reply::RESET,
        3 => Reply::after_millis(200, Reply::RESET),
        _ => Reply::Status(200),
    });
    let response = hedging(&client, &cluster).oneshot(get()).await;
    assert_eq!(response.expect("served").status(), 200);
    assert_eq!(client.hosts(), [1, 2, 3, 4], "the third was late, too");
}

#[tokio::test(start_paused = true)]
async fn the_story_names_both() {
    let cluster = known(2).await;
    let client = Client::new(|seen| match seen.host {
        1 => Reply::after_millis(100, Reply::RESET),
        _ => Reply::RESET,
    });
    let error = hedging(&client, &cluster).oneshot(get()).await;
    let error = error.expect_err("both fail");
    assert_eq!(
        tried(&error),
        [Some(2), Some(1)],
        "in the order of their ends"
    );
    assert_eq!(reason(&error), Reason::NoNodeLeft);
}

#[tokio::test(start_paused = true)]
async fn a_second_attempt_is_one_of_those_that_a_call_may_make() {
    let cluster = known(3).await;
    let client = first(|| Reply::after_millis(1_000, Reply::Status(201)));
    let one = NonZeroU32::MIN;
    let service = stack(&client, &cluster, |layer| eagerly(layer).max_attempts(one));
    let response = service.oneshot(get()).await.expect("served late");
    assert_eq!((response.status().as_u16(), client.calls()), (201, 1));
}

#[tokio::test(start_paused = true)]
async fn the_last_node_that_is_left_is_not_hedged() {
    let cluster = known(2).await;
    let client = Client::new(|seen| match seen.host {
        1 => Reply::REFUSED,
        _ => Reply::after_millis(1_000, Reply::Status(201)),
    });
    let response = hedging(&client, &cluster).oneshot(get()).await;
    assert_eq!(response.expect("served late").status(), 201);
    assert_eq!(client.hosts(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn second_attempts_stay_within_their_budget() {
    let cluster = known(3).await;
    let client = first(|| Reply::after_millis(1_000, Reply::Status(201)));
    let service = stack(&client, &cluster, |layer| layer.hedge(Hedge::default()));
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..200 {
        calls.spawn(service.clone().oneshot(get()));
    }
    while let Some(answer) = calls.join_next().await {
        answer.expect("no panic").expect("served");
    }
    assert_eq!(client.calls(), 210, "a twentieth of 200");
}

#[tokio::test(start_paused = true)]
async fn a_spent_budget_of_extra_attempts_is_not_gone_round() {
    let cluster = known(3).await;
    let client = first(|| Reply::after_millis(1_000, Reply::Status(201)));
    let nothing = Budget::new(0.0, 0.0).expect("a budget");
    let service = stack(&client, &cluster, |layer| eagerly(layer).budget(nothing));
    let response = service.oneshot(get()).await.expect("served late");
    assert_eq!((response.status().as_u16(), client.calls()), (201, 1));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_both_and_says_so() {
    let cluster = known(3).await;
    let client = Client::new(|_| Reply::Silence);
    let service = stack(&client, &cluster, |layer| {
        eagerly(layer).deadline(millis(500))
    });
    let error = service.oneshot(get()).await.expect_err("silence");
    assert_eq!(tried(&error), [Some(1), Some(2)]);
    assert!(matches!(reason(&error), Reason::Deadline { .. }));
    assert_eq!(in_flight(&cluster), 0);
}

#[tokio::test(start_paused = true)]
async fn silence_of_both_moves_on_when_each_had_its_time() {
    let cluster = known(3).await;
    let client = Client::new(|seen| match seen.host {
        3 => Reply::Status(200),
        _ => Reply::Silence,
    });
    let begun = Instant::now();
    let service = stack(&client, &cluster, |layer| {
        eagerly(layer).attempt_timeout(millis(300))
    });
    let response = service.oneshot(get()).await.expect("served");
    assert_eq!(response.status(), 200);
    assert_eq!(client.hosts(), [1, 2, 3]);
    assert!((600..=603).contains(&begun.elapsed().as_millis()));
    assert!(status(&cluster, 2).is_set_aside());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_drops_both() {
    let cluster = known(3).await;
    let client = Client::new(|_| Reply::Silence);
    let call = hedging(&client, &cluster).oneshot(get());
    let given_up = tokio::time::timeout(millis(500), call).await;
    assert!(given_up.is_err());
    assert_eq!((client.hosts(), in_flight(&cluster)), (vec![1, 2], 0));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_in_another_task_is_not_hedged_since_nobody_knows_where_it_is() {
    let cluster = known(3).await;
    let client = first(|| Reply::after_millis(1_000, Reply::Status(201)));
    let select = crate::SelectLayer::new(cluster.clone(), InOrder);
    let below = tower::ServiceBuilder::new()
        .layer(select)
        .service(client.clone());
    let spawning = tower::service_fn(move |request| {
        let answer = tokio::spawn(below.clone().oneshot(request));
        async move { answer.await.expect("no panic") }
    });
    let layer = eagerly(FailoverLayer::new(cluster.clone()));
    let service = tower::ServiceBuilder::new().layer(layer).service(spawning);
    let response = service.oneshot(get()).await.expect("served late");
    assert_eq!((response.status().as_u16(), client.hosts()), (201, vec![1]));
}

#[tokio::test(start_paused = true)]
async fn one_says_oneself_what_changes_nothing() {
    #[derive(Clone)]
    struct Queries;
    impl crate::failover::Repeat for Queries {
        fn is_repeatable(&self, _: &Parts, _: &[u8]) -> bool {
            false
        }
        fn is_read(&self, _: &Parts, body: &[u8]) -> bool {
            body == b"query"
        }
    }
    let cluster = known(3).await;
    let client = first(|| Reply::after_millis(1_000, Reply::Status(201)));
    let service = stack(&client, &cluster, |layer| eagerly(layer).repeat(Queries));
    for (body, status) in [("query", 200), ("change", 201)] {
        let request = Request::post("/")
            .body(Full::new(Bytes::from(body)))
            .expect("a request");
        let response = service.clone().oneshot(request).await.expect("served");
        assert_eq!(response.status(), status, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_node_does_not_put_off_when_an_attempt_is_late() {
    let cluster = known(9).await;
    let before = late(&cluster);
    let slow = (2..=9).collect::<Vec<_>>();
    for _ in 0..100 {
        let mut request = Request::new(());
        request
            .extensions_mut()
            .insert(attempt_after(&cluster, &slow));
        let mut lease = cluster
            .pick(&InOrder, &Route::of(&request))
            .expect("a node");
        assert_eq!(host(&Arc::clone(lease.node())), 1);
        advance(millis(1_000)).await;
        lease.learn(Outcome::SERVED);
    }
    let ratio = late(&cluster).as_secs_f64() / before.as_secs_f64();
    assert!((0.8..1.2).contains(&ratio), "{ratio}");
}
