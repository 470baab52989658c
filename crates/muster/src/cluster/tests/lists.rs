//! What stays from one list to the next.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{hosts, pick};
use crate::{
    Cluster, Outcome,
    tests::fakes::{Found, Source, node, placed, status},
};

/// Lets the cluster take in another list.
async fn update(cluster: &Cluster, source: &Source, found: Found) {
    source.find(found);
    cluster.refresh();
    sleep(Duration::from_millis(1)).await;
}

async fn discovered(source: &Source) -> Cluster {
    let cluster = Cluster::discover(source.clone());
    cluster.ready().await.expect("a list");
    cluster
}

#[tokio::test(start_paused = true)]
async fn nodes_that_stay_keep_what_is_known_of_them() {
    let source = Source::of([node(1)]);
    let cluster = discovered(&source).await;
    let known = Arc::clone(&cluster.topology().nodes()[0]);
    let _in_flight = pick(&cluster).expect("a node");
    let mut refused = pick(&cluster).expect("a node");
    refused.learn(Outcome::REFUSED);
    drop(refused);

    update(&cluster, &source, Found::Nodes(vec![node(2), node(1)])).await;
    assert_eq!(hosts(&cluster), [1, 2]);
    assert!(Arc::ptr_eq(&known, &cluster.topology().nodes()[0]));
    let stayed = status(&cluster, 1);
    assert_eq!((stayed.in_flight(), stayed.requests()), (1, 2));
    assert!(stayed.is_set_aside());
    let new = status(&cluster, 2);
    assert_eq!((new.in_flight(), new.requests()), (0, 0));
    assert!(!new.is_set_aside());
}

#[tokio::test(start_paused = true)]
async fn a_request_in_flight_ends_where_it_began_whatever_the_list_says() {
    let source = Source::of([node(1)]);
    let cluster = discovered(&source).await;
    let lease = pick(&cluster).expect("a node");
    update(&cluster, &source, Found::Nodes(vec![node(2)])).await;
    assert_eq!(hosts(&cluster), [2]);
    drop(lease);
    assert_eq!(status(&cluster, 2).in_flight(), 0);
    let lease = pick(&cluster).expect("a node");
    assert_eq!(status(&cluster, 2).in_flight(), 1);
    drop(lease);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_moved_to_another_rack_starts_clean() {
    let source = Source::of([placed(1, "dc1", "rack1")]);
    let cluster = discovered(&source).await;
    let mut lease = pick(&cluster).expect("a node");
    lease.learn(Outcome::REFUSED);
    assert!(status(&cluster, 1).is_set_aside());

    update(
        &cluster,
        &source,
        Found::Nodes(vec![placed(1, "dc1", "rack2")]),
    )
    .await;
    let moved = status(&cluster, 1);
    assert_eq!(moved.node().rack(), Some("rack2"));
    assert_eq!((moved.in_flight(), moved.requests()), (0, 0));
    assert!(!moved.is_set_aside());
    drop(lease);
    assert_eq!(
        status(&cluster, 1).in_flight(),
        0,
        "it ended at the old one"
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_nodes_in_another_order_are_no_new_list() {
    let source = Source::of([node(1), node(2)]);
    let cluster = discovered(&source).await;
    let before = cluster.topology();
    update(
        &cluster,
        &source,
        Found::Nodes(vec![node(2), node(1), node(2)]),
    )
    .await;
    assert!(Arc::ptr_eq(&before, &cluster.topology()));
    update(&cluster, &source, Found::Nodes(vec![node(3)])).await;
    assert_eq!(cluster.topology().version(), before.version() + 1);
}

/// Puts the node out of which a list consists, and says for how long it is left alone then.
async fn out_for(cluster: &Cluster) -> Duration {
    let mut lease = pick(cluster).expect("a node");
    lease.learn(Outcome::REFUSED);
    drop(lease);
    let begun = Instant::now();
    while status(cluster, 1).is_set_aside() {
        sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_node_that_crashes_in_a_loop_is_waited_for_longer_each_time() {
    let source = Source::of([node(1), node(2)]);
    let cluster = discovered(&source).await;
    let mut waits = Vec::new();
    for _ in 0..4 {
        update(&cluster, &source, Found::Nodes(vec![node(1)])).await;
        waits.push(out_for(&cluster).await);
        update(&cluster, &source, Found::Nodes(vec![node(2)])).await;
    }
    for pair in waits.windows(2) {
        assert!(pair[1] > pair[0], "{waits:?}");
    }
    sleep(Duration::from_secs(61)).await;
    update(&cluster, &source, Found::Nodes(vec![node(1)])).await;
    let after_a_minute = out_for(&cluster).await;
    assert!(after_a_minute < waits[1], "forgotten: {after_a_minute:?}");
}
