//! Coming back to nodes that were tried, after a pause.

use std::{num::NonZeroU32, time::Duration};

use tokio::time::Instant;
use tower::ServiceExt;

use super::{InOrder, Reason, get, host, millis, post, reason, stack, tried};
use crate::{
    failover::{Backoff, Budget},
    tests::fakes::{Client, Reply, cluster},
};

fn patient() -> Option<Backoff> {
    Some(Backoff::new(millis(100), millis(1_000)).expect("a backoff"))
}

#[tokio::test(start_paused = true)]
async fn a_call_that_has_tried_every_node_comes_back_after_a_pause() {
    let client = Client::new(|seen| match seen.attempt().map(crate::Attempt::number) {
        Some(3) => Reply::Status(200),
        _ => Reply::REFUSED,
    });
    let service = stack(&client, &cluster(2), |layer| layer.backoff(patient()));
    let begun = Instant::now();
    service.oneshot(post()).await.expect("served");
    client.with_seen(|seen| {
        assert_eq!(seen[1].at, begun, "another node, no pause");
        assert!(seen[2].at > begun, "a node again");
        let attempt = seen[2].attempt().expect("an attempt");
        assert!(attempt.tried().is_empty(), "all may be chosen again");
    });
}

#[tokio::test(start_paused = true)]
async fn pauses_are_random_and_grow_up_to_their_bounds() {
    let mut longest = [Duration::ZERO; 3];
    let mut shortest = [Duration::MAX; 3];
    for _ in 0..100 {
        let client = Client::new(|_| Reply::REFUSED);
        let four = NonZeroU32::new(4).expect("not zero");
        let service = stack(&client, &cluster(1), |layer| {
            layer.backoff(patient()).max_attempts(four)
        });
        let error = service.oneshot(post()).await.expect_err("refused");
        assert_eq!(reason(&error), Reason::AttemptsSpent);
        assert_eq!(tried(&error), [Some(1); 4]);
        client.with_seen(|seen| {
            for (index, pair) in seen.windows(2).enumerate() {
                let pause = pair[1].at - pair[0].at;
                longest[index] = longest[index].max(pause);
                shortest[index] = shortest[index].min(pause);
            }
        });
    }
    for (index, bound) in [100, 200, 400].into_iter().enumerate() {
        assert!(longest[index] <= millis(bound + 2), "{longest:?}");
        assert!(longest[index] > millis(bound * 3 / 4), "{longest:?}");
        assert!(shortest[index] < millis(bound / 4), "{shortest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_extra_attempt_comes_out_of_the_budget_on_whatever_round() {
    let client = Client::new(|_| Reply::REFUSED);
    let two = Budget::new(0.0, 0.4).expect("a budget");
    let service = stack(&client, &cluster(1), |layer| {
        layer.backoff(patient()).budget(two)
    });
    let error = service.oneshot(post()).await.expect_err("refused");
    assert_eq!(reason(&error), Reason::BudgetSpent);
    assert_eq!(
        client.calls(),
        3,
        "two for one node, which is the reason of half of the four"
    );
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_applied_does_not_come_back_either() {
    let client = Client::new(|_| Reply::RESET);
    let service = stack(&client, &cluster(1), |layer| layer.backoff(patient()));
    let error = service.oneshot(post()).await.expect_err("reset");
    assert_eq!((reason(&error), client.calls()), (Reason::NotRepeatable, 1));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_pause() {
    let client = Client::new(|_| Reply::REFUSED);
    let long = Backoff::new(millis(100_000), millis(100_000)).expect("a backoff");
    let service = stack(&client, &cluster(1), |layer| {
        layer.backoff(Some(long)).deadline(millis(50))
    });
    let begun = Instant::now();
    let error = service.oneshot(get()).await.expect_err("refused");
    assert!(matches!(reason(&error), Reason::Deadline { .. }), "{error}");
    assert!(begun.elapsed() <= millis(52));
    assert_eq!(tried(&error), [Some(1)]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_node_is_not_given_up_for_itself() {
    let client = Client::new(|_| Reply::after_millis(1_000, Reply::Status(201)));
    let service = stack(&client, &cluster(1), |layer| {
        layer.backoff(patient()).attempt_timeout(millis(100))
    });
    let response = service.oneshot(get()).await.expect("served late");
    assert_eq!((response.status().as_u16(), client.calls()), (201, 1));
}

/// Wants the first two nodes and no others.
#[derive(Debug)]
struct FirstTwo;

impl crate::Policy for FirstTwo {
    fn pick<'a>(
        &self,
        route: &crate::policy::Route<'_>,
        candidates: &crate::policy::Candidates<'a, '_>,
    ) -> Option<crate::policy::Candidate<'a>> {
        let few = candidates.retain(&|node| {
            ["1", "2"].iter().any(|end| {
                node.origin()
                    .authority()
                    .host()
                    .ends_with(&format!(".{end}"))
            })
        })?;
        InOrder.pick(route, &few)
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_wants_none_of_the_rest_is_asked_about_all_again() {
    let cluster = cluster(5);
    let client = Client::new(|_| Reply::REFUSED);
    let service = tower::ServiceBuilder::new()
        .layer(super::FailoverLayer::new(cluster.clone()).backoff(patient()))
        .layer(crate::SelectLayer::new(cluster, FirstTwo))
        .service(client.clone());
    let error = service.oneshot(post()).await.expect_err("refused");
    assert_eq!(reason(&error), Reason::AttemptsSpent);
    let nodes: Vec<_> = error
        .tried()
        .iter()
        .filter_map(|tried| tried.node().map(|node| host(node)))
        .collect();
    assert_eq!(nodes.len(), 5);
    assert!(nodes.iter().all(|node| *node <= 2), "{nodes:?}");
}
