//! The time that one attempt may take.

use std::sync::Arc;

use tokio::{sync::Semaphore, time::Instant};
use tower::{Layer, ServiceExt, limit::GlobalConcurrencyLimitLayer};

use super::{Answer, Reason, get, millis, post, reason, stack, tried};
use crate::{
    failover::{Budget, HeldBack},
    tests::fakes::{Client, Reply, cluster, in_flight, status},
};

/// Node 1 answers after a second, the others at once.
fn slow_first() -> Client {
    Client::new(|seen| match seen.host {
        1 => Reply::after_millis(1_000, Reply::Status(201)),
        _ => Reply::Status(200),
    })
}

#[tokio::test(start_paused = true)]
async fn a_silent_node_is_left_for_another_and_set_aside() {
    let (client, cluster) = (slow_first(), cluster(2));
    let begun = Instant::now();
    let service = stack(&client, &cluster, |layer| {
        layer.attempt_timeout(millis(100))
    });
    let response = service.clone().oneshot(get()).await.expect("served");
    assert_eq!(response.status(), 200);
    assert!((100..=102).contains(&begun.elapsed().as_millis()));
    assert_eq!(client.hosts(), [1, 2]);
    client.with_seen(|seen| {
        let attempt = seen[1].attempt().expect("an attempt");
        assert_eq!((attempt.number(), super::host(&attempt.tried()[0])), (2, 1));
    });
    drop(response);
    assert_eq!(
        in_flight(&cluster),
        0,
        "nothing is left of the first attempt"
    );
    assert!(status(&cluster, 1).is_set_aside());
    service.oneshot(get()).await.expect("served");
    assert_eq!(client.hosts(), [1, 2, 2], "nobody waits for it again");
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_repeated_waits_for_its_late_answer() {
    let (client, cluster) = (slow_first(), cluster(2));
    let service = stack(&client, &cluster, |layer| {
        layer.attempt_timeout(millis(100))
    });
    let response = service.oneshot(post()).await.expect("served late");
    assert_eq!(response.status(), 201);
    assert_eq!(client.hosts(), [1]);
    assert!(!status(&cluster, 1).is_set_aside());
}

#[tokio::test(start_paused = true)]
async fn the_only_node_is_waited_for() {
    let client = slow_first();
    let service = stack(&client, &cluster(1), |layer| {
        layer.attempt_timeout(millis(100))
    });
    let response = service.oneshot(get()).await.expect("served late");
    assert_eq!((response.status().as_u16(), client.calls()), (201, 1));
}

#[tokio::test(start_paused = true)]
async fn a_spent_budget_waits_for_the_late_answer() {
    let client = slow_first();
    let service = stack(&client, &cluster(2), |layer| {
        let nothing = Budget::new(0.0, 0.0).expect("a budget");
        layer.attempt_timeout(millis(100)).budget(nothing)
    });
    let response = service.oneshot(get()).await.expect("served late");
    assert_eq!((response.status().as_u16(), client.calls()), (201, 1));
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_its_own_time() {
    let client = Client::new(|_| Reply::Silence);
    let service = stack(&client, &cluster(3), |layer| {
        layer.attempt_timeout(millis(100)).deadline(millis(1_000))
    });
    let error = service.oneshot(get()).await.expect_err("silence");
    assert_eq!(tried(&error), [Some(1), Some(2), Some(3)]);
    assert!(matches!(reason(&error), Reason::Deadline { .. }));
    let silences = error.tried().iter().map(|tried| match tried.answer() {
        Answer::Silence(silence) => silence.as_millis(),
        other => unreachable!("{other:?}"),
    });
    let silences: Vec<_> = silences.collect();
    assert_eq!(silences[..2], [100, 100]);
    assert!(
        (790..=800).contains(&silences[2]),
        "the last had the rest: {silences:?}"
    );
    client.with_seen(|seen| {
        for pair in seen.windows(2) {
            assert!((100..=102).contains(&(pair[1].at - pair[0].at).as_millis()));
        }
    });
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_fails_in_time_leaves_the_next_its_whole_time() {
    let client = Client::new(|seen| match seen.host {
        1 => Reply::after_millis(90, Reply::REFUSED),
        2 => Reply::after_millis(90, Reply::Status(201)),
        _ => Reply::Status(200),
    });
    let service = stack(&client, &cluster(3), |layer| {
        layer.attempt_timeout(millis(100))
    });
    let response = service.oneshot(get()).await.expect("served");
    assert_eq!(
        (response.status().as_u16(), client.hosts()),
        (201, vec![1, 2])
    );
}

/// The second attempt waits for the layers below, which are busy with another caller.
async fn second_attempt_waits(first: fn() -> Reply) {
    let client = Client::new(move |seen| match seen.host {
        1 => first(),
        _ => Reply::Status(200),
    });
    let cluster = cluster(3);
    // One request at a time, and the other caller stands in line from the first attempt on.
    let permits = Arc::new(Semaphore::new(1));
    let service = tower::ServiceBuilder::new()
        .layer(super::FailoverLayer::new(cluster.clone()).attempt_timeout(millis(1_000)))
        .layer(GlobalConcurrencyLimitLayer::with_semaphore(permits.clone()))
        .layer(crate::SelectLayer::new(cluster, super::InOrder))
        .service(client.clone());
    let call = tokio::spawn(service.oneshot(get()));
    tokio::time::sleep(millis(100)).await;
    let line = tokio::spawn(async move {
        let _held = permits.acquire_owned().await.expect("open");
        tokio::time::sleep(millis(5_000)).await;
    });
    call.await.expect("no panic").expect("served");
    assert_eq!(client.hosts(), [1, 2]);
    client.with_seen(|seen| {
        let attempt = seen[1].attempt().expect("an attempt");
        assert_eq!(attempt.number(), 2, "the wait was none");
        assert!(seen[1].at - seen[0].at > millis(5_000));
    });
    line.await.expect("no panic");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_held_back_has_its_time_when_it_is_sent() {
    let client = Client::new(|seen| match seen.host {
        1 => Reply::Silence,
        _ => Reply::after_millis(90, Reply::Status(200)),
    });
    let cluster = cluster(2);
    let select = crate::SelectLayer::new(cluster.clone(), super::InOrder).layer(client.clone());
    let held = tower::service_fn(move |request| {
        let select = select.clone();
        async move {
            let held_back = HeldBack::default();
            let mut waiting = std::pin::pin!(tokio::time::sleep(millis(350)));
            std::future::poll_fn(|cx| {
                held_back.tell();
                waiting.as_mut().poll(cx)
            })
            .await;
            drop(held_back);
            select.oneshot(request).await
        }
    });
    let service = super::FailoverLayer::new(cluster)
        .attempt_timeout(millis(100))
        .layer(held);
    let begun = Instant::now();
    let response = service.oneshot(get()).await.expect("served");
    assert_eq!(response.status(), 200);
    assert_eq!(client.hosts(), [1, 2], "each was asked once");
    client.with_seen(|seen| {
        let had = seen[1].at - seen[0].at - millis(350);
        assert!((100..=200).contains(&had.as_millis()), "{had:?}");
    });
    assert!(begun.elapsed() >= millis(350 + 100 + 350 + 90));
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_layers_below_is_no_attempt() {
    second_attempt_waits(|| Reply::after_millis(300, Reply::REFUSED)).await;
    second_attempt_waits(|| Reply::Silence).await;
}
