//! Connections are kept open ahead of the traffic.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::probed::{Answer, Probed, refuse, state};
use crate::{
    Cluster,
    health::State,
    probe::Probing,
    tests::fakes::{Found, Source, node},
};

const SECOND: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_secs(30);

/// Keeps four connections to each node.
fn four(probe: &Probed) -> Probing {
    let probing = Probing::new(probe.clone()).keep_warm(4, EVERY);
    probing.expect("in range")
}

fn fixed(count: u8, probing: Probing) -> Cluster {
    let builder = Cluster::builder().probing(probing);
    builder.fixed((1..=count).map(node)).expect("nodes")
}

#[tokio::test(start_paused = true)]
async fn all_connections_to_each_node_are_used_at_once_as_soon_as_the_cluster_is_ready() {
    let probe = Probed::new(|_| Answer::After(Duration::from_millis(10), true));
    let cluster = fixed(3, four(&probe));
    sleep(SECOND).await;
    assert_eq!(probe.probes(), 0, "nothing happens before the first call");
    let begun = Instant::now();
    cluster.ready().await.expect("nodes");
    sleep(SECOND).await;
    for node in 1..=3 {
        assert_eq!(probe.asked(node), [begun; 4], "node {node}");
    }
    assert_eq!(probe.most_of_one(), 4);
}

#[tokio::test(start_paused = true)]
async fn they_are_used_again_each_interval_though_no_request_is_sent() {
    let probe = Probed::new(|_| Answer::Yes);
    let cluster = fixed(2, four(&probe));
    cluster.ready().await.expect("nodes");
    sleep(EVERY * 10).await;
    for node in 1..=2 {
        let asked = probe.asked(node);
        let rounds: Vec<_> = asked.chunks(4).map(|round| round[0]).collect();
        for pair in rounds.windows(2) {
            let gap = (pair[1] - pair[0]).as_secs_f64();
            assert!((27.0..30.01).contains(&gap), "{gap} s");
        }
        assert!((10..=12).contains(&rounds.len()), "{rounds:?}");
        assert_eq!(asked.len() % 4, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_joins_is_warmed_at_once() {
    let probe = Probed::new(|_| Answer::Yes);
    let source = Source::of([node(1)]);
    let builder = Cluster::builder().probing(four(&probe));
    let cluster = builder.discover(source.clone());
    cluster.ready().await.expect("a list");
    sleep(SECOND / 2).await;
    assert_eq!(probe.probes(), 4);
    source.find(Found::Nodes(vec![node(1), node(2)]));
    let begun = Instant::now();
    cluster.refresh();
    sleep(SECOND / 2).await;
    assert_eq!(probe.asked(2), [begun; 4]);
    assert_eq!(probe.asked(1).len(), 4, "the other is warm already");
}

#[tokio::test(start_paused = true)]
async fn no_more_nodes_are_warmed_at_once_than_allowed_and_none_is_left_out() {
    let probe = Probed::new(|_| Answer::After(SECOND, true));
    let probing = four(&probe).concurrency(2).expect("two");
    let cluster = fixed(10, probing);
    cluster.ready().await.expect("nodes");
    sleep(SECOND * 5 + SECOND / 2).await;
    assert_eq!((probe.most_nodes(), probe.most_of_one()), (2, 4));
    for node in 1..=10 {
        assert_eq!(probe.asked(node).len(), 4, "node {node}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_down_is_not_warmed_until_it_is_back() {
    let is_back = Arc::new(AtomicBool::new(false));
    let answers = Arc::clone(&is_back);
    let probe = Probed::new(move |_| match answers.load(Relaxed) {
        true => Answer::Yes,
        false => Answer::No,
    });
    let cluster = fixed(2, four(&probe));
    cluster.ready().await.expect("nodes");
    sleep(SECOND).await;
    refuse(&cluster, 1);
    sleep(EVERY * 4).await;
    assert_eq!(state(&cluster, 1), State::Down);
    let asked = probe.asked(1);
    let each = asked.windows(2).filter(|pair| pair[0] == pair[1]);
    assert_eq!(
        each.count(),
        3,
        "one round of four at once, and then one probe at a time"
    );

    is_back.store(true, Relaxed);
    let before = probe.asked(1).len();
    sleep(SECOND * 11).await;
    let since = &probe.asked(1)[before..];
    assert_eq!(since.len(), 5, "the probe, and four connections");
    assert_eq!(since[0], since[4], "at once");
    assert_eq!(
        state(&cluster, 1),
        State::Quarantined,
        "to keep connections shows nothing of how requests are served"
    );
}

#[tokio::test(start_paused = true)]
async fn a_node_that_leaves_the_probes_of_its_connections_unanswered_is_not_blamed() {
    let probe = Probed::new(|node| match node {
        1 => Answer::Silence,
        _ => Answer::No,
    });
    let cluster = fixed(2, four(&probe));
    cluster.ready().await.expect("nodes");
    // The third round has ended, and the fourth has not begun.
    sleep(EVERY * 2 + SECOND * 6).await;
    assert_eq!(probe.asked(1).len(), 3 * 4);
    assert_eq!(state(&cluster, 1), State::Active);
    assert_eq!(state(&cluster, 2), State::Active);
    assert_eq!(probe.under_way(), 0, "their time was up");
}
