//! Nodes in trouble are asked beside the traffic.

use std::time::Duration;

use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};

use super::probed::{Answer, Probed, refuse, request, state};
use crate::{
    Cluster, Outcome,
    health::{State, Thresholds},
    probe::Probing,
    tests::fakes::node,
};

const SECOND: Duration = Duration::from_secs(1);

/// A cluster of the nodes 1 to `count`, whose task runs.
async fn probed(count: u8, probing: Probing) -> Cluster {
    probed_by(count, probing, Thresholds::default()).await
}

async fn probed_by(count: u8, probing: Probing, thresholds: Thresholds) -> Cluster {
    let builder = Cluster::builder().probing(probing).thresholds(thresholds);
    let cluster = builder.fixed((1..=count).map(node)).expect("nodes");
    cluster.ready().await.expect("nodes");
    // The task has begun, and has nothing to do.
    sleep(Duration::from_millis(1)).await;
    cluster
}

/// Whether a wait is as long as it should be, give or take the jitter and the timer's millisecond.
fn is_about(wait: Duration, millis: u64) -> bool {
    let wanted = Duration::from_millis(millis);
    let longest = wanted.mul_f64(1.25) + Duration::from_millis(3);
    (wanted.mul_f64(0.75)..=longest).contains(&wait)
}

fn gaps(asked: &[Instant]) -> Vec<Duration> {
    asked.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_down_is_asked_when_its_wait_is_over_and_comes_back() {
    let probe = Probed::new(|_| Answer::Yes);
    let cluster = probed(2, Probing::new(probe.clone())).await;
    let begun = Instant::now();
    refuse(&cluster, 1);
    assert_eq!(state(&cluster, 1), State::Down);
    sleep(SECOND * 60).await;
    let asked = probe.asked(1);
    assert_eq!(asked.len(), 1, "no longer than it must be");
    assert!(
        is_about(asked[0] - begun, 250),
        "after {:?}",
        asked[0] - begun
    );
    assert_eq!(state(&cluster, 1), State::Quarantined);
    request(&cluster, 1).learn(Outcome::SERVED);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_fails_doubles_the_wait_up_to_the_longest() {
    let probe = Probed::new(|_| Answer::No);
    let cluster = probed(2, Probing::new(probe.clone())).await;
    refuse(&cluster, 1);
    sleep(SECOND * 60).await;
    let gaps = gaps(&probe.asked(1));
    for (gap, millis) in gaps.iter().zip([500, 1000, 2000, 4000, 8000, 8000, 8000]) {
        assert!(is_about(*gap, millis), "{gaps:?}");
    }
    assert!(gaps.len() >= 7, "{gaps:?}");
    assert_eq!(state(&cluster, 1), State::Down);
    assert!(probe.asked(2).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_takes_too_long_has_failed_and_no_second_one_is_sent_beside_it() {
    // The probes of another node keep the task awake.
    let probe = Probed::new(|node| match node {
        1 => Answer::Silence,
        _ => Answer::No,
    });
    let probing = Probing::new(probe.clone()).timeout(SECOND * 2);
    let cluster = probed(3, probing.expect("a timeout")).await;
    refuse(&cluster, 1);
    refuse(&cluster, 2);
    sleep(SECOND * 60).await;
    assert_eq!(probe.most_of_one(), 1);
    let gaps = gaps(&probe.asked(1));
    for (gap, millis) in gaps.iter().zip([500, 1000, 2000, 4000]) {
        assert!(*gap >= SECOND * 2, "{gaps:?}");
        assert!(is_about(*gap - SECOND * 2, millis), "{gaps:?}");
    }
    assert!(gaps.len() >= 6, "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn no_more_nodes_are_asked_at_once_than_allowed_and_none_is_left_out() {
    let probe = Probed::new(|_| Answer::Silence);
    let probing = Probing::new(probe.clone()).concurrency(3).expect("three");
    let cluster = probed(10, probing).await;
    for node in 1..=10 {
        refuse(&cluster, node);
    }
    // Four rounds of five seconds.
    sleep(SECOND * 21).await;
    assert_eq!(probe.most_nodes(), 3);
    for node in 1..=10 {
        assert!(!probe.asked(node).is_empty(), "node {node} was left out");
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_no_news_of_a_node_that_was_put_out_again_since() {
    let late = Answer::After(SECOND * 4, true);
    let probe = Probed::new(move |_| late);
    let cluster = probed(1, Probing::new(probe.clone())).await;
    refuse(&cluster, 1);
    sleep(SECOND).await;
    assert_eq!(probe.under_way(), 1);
    // The only node there is goes on to be asked by requests.
    request(&cluster, 1).learn(Outcome::SERVED);
    assert_eq!(state(&cluster, 1), State::Quarantined);
    refuse(&cluster, 1);
    assert_eq!(state(&cluster, 1), State::Down);
    sleep(SECOND * 4).await;
    assert_eq!(probe.probes(), 2, "the first has ended");
    assert_eq!(state(&cluster, 1), State::Down);
    sleep(SECOND * 4).await;
    assert_eq!(state(&cluster, 1), State::Quarantined, "the second counts");
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_well_is_not_asked() {
    let probe = Probed::new(|_| Answer::No);
    let cluster = probed(3, Probing::new(probe.clone())).await;
    for _ in 0..100 {
        for node in 1..=3 {
            request(&cluster, node).learn(Outcome::SERVED);
        }
        sleep(SECOND).await;
    }
    assert_eq!(probe.probes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_has_failed_once_is_asked_before_it_gets_another_request() {
    let probe = Probed::new(|_| Answer::Yes);
    let cluster = probed(2, Probing::new(probe.clone())).await;
    request(&cluster, 1).learn(Outcome::AMBIGUOUS);
    sleep(SECOND).await;
    assert_eq!(
        probe.asked(1).len(),
        1,
        "a request may try, and need not be forestalled"
    );
    assert_eq!(state(&cluster, 1), State::Active);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_fails_a_request_and_then_its_probes_is_down() {
    let probe = Probed::new(|_| Answer::No);
    let cluster = probed(2, Probing::new(probe.clone())).await;
    request(&cluster, 1).learn(Outcome::AMBIGUOUS);
    sleep(SECOND).await;
    assert_eq!(state(&cluster, 1), State::Down);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_a_failure_like_any_other_is_noticed_all_the_same() {
    let probe = Probed::new(|_| Answer::No);
    let patient = Thresholds::default().refusal_is_enough(false);
    let cluster = probed_by(2, Probing::new(probe.clone()), patient).await;
    refuse(&cluster, 1);
    assert_eq!(state(&cluster, 1), State::Active);
    sleep(SECOND * 3).await;
    assert_eq!(state(&cluster, 1), State::Down, "by its probes");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_panics_ends_no_other() {
    let probe = Probed::new(|node| match node {
        1 => Answer::Panic,
        _ => Answer::Yes,
    });
    let cluster = probed(3, Probing::new(probe.clone())).await;
    refuse(&cluster, 1);
    sleep(SECOND * 2).await;
    assert!(probe.asked(1).len() >= 2, "it is asked again");
    refuse(&cluster, 2);
    sleep(SECOND).await;
    assert_eq!(state(&cluster, 2), State::Quarantined);
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_with_the_last_handle_and_so_do_its_probes() {
    let probe = Probed::new(|_| Answer::Silence);
    let cluster = probed(1, Probing::new(probe.clone())).await;
    refuse(&cluster, 1);
    sleep(SECOND).await;
    assert_eq!(probe.under_way(), 1);
    drop(cluster);
    for _ in 0..10 {
        yield_now().await;
    }
    assert_eq!((probe.under_way(), probe.holders()), (0, 1));
}
