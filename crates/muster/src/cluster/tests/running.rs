//! When the background task runs, and when it does not.

use std::time::Duration;

use tokio::{
    runtime::{Builder, Runtime},
    task::yield_now,
    time::sleep,
};

use super::pick;
use crate::{
    Cluster, NoNode,
    tests::fakes::{Found, Source, node},
};

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
}

/// Lets other tasks run until they wait for time or for nothing.
async fn settle() {
    for _ in 0..10 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_before_the_first_call() {
    let source = Source::of([node(1)]);
    let cluster = Cluster::discover(source.clone());
    sleep(Duration::from_secs(600)).await;
    assert_eq!(source.fetches(), 0);
    let error = pick(&cluster).expect_err("the list is not there yet");
    assert!(super::story(&error).ends_with("the source has not answered yet"));
    settle().await;
    assert_eq!(source.fetches(), 1);
    assert!(pick(&cluster).is_ok());
}

#[tokio::test(start_paused = true)]
async fn all_clones_share_one_task() {
    let source = Source::of([node(1)]);
    let cluster = Cluster::discover(source.clone());
    let clones = vec![cluster; 8];
    let waiting: Vec<_> = clones
        .iter()
        .cloned()
        .map(|clone| tokio::spawn(async move { clone.ready().await }))
        .collect();
    for ready in waiting {
        ready.await.expect("no panic").expect("a list");
    }
    assert_eq!(source.fetches(), 1);
    assert_eq!(source.holders(), 2, "the test and one task");
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_with_the_last_handle() {
    let source = Source::of([node(1)]);
    let cluster = Cluster::discover(source.clone());
    let other = cluster.clone();
    cluster.ready().await.expect("a list");
    drop(cluster);
    settle().await;
    assert_eq!(source.holders(), 2, "a handle is left");
    drop(other);
    settle().await;
    assert_eq!(source.holders(), 1, "the task is gone");
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_with_the_last_handle_in_the_middle_of_a_fetch() {
    let source = Source::new([Found::Silence]);
    let cluster = Cluster::discover(source.clone());
    cluster.refresh();
    settle().await;
    assert_eq!((source.fetches(), source.holders()), (1, 3));
    drop(cluster);
    settle().await;
    assert_eq!(source.holders(), 1, "the fetch and the task are gone");
}

#[test]
fn a_cluster_that_was_never_used_drops_its_source() {
    let source = Source::of([node(1)]);
    drop(Cluster::discover(source.clone()));
    assert_eq!(source.holders(), 1);
}

#[test]
fn a_call_in_another_runtime_starts_discovery_again() {
    let source = Source::of([node(1)]);
    let cluster = Cluster::discover(source.clone());
    let first = runtime();
    first.block_on(cluster.ready()).expect("a list");
    drop(first);
    assert_eq!(source.fetches(), 1);
    source.find(Found::Nodes(vec![node(1), node(2)]));
    runtime().block_on(async {
        assert!(pick(&cluster).is_ok(), "what is known stays");
        settle().await;
        assert_eq!((source.fetches(), cluster.topology().len()), (2, 2));
        assert_eq!(source.holders(), 2);
    });
}

#[test]
fn a_runtime_that_ends_in_the_middle_of_a_fetch_gives_the_source_back() {
    let source = Source::new([Found::Silence]);
    let cluster = Cluster::discover(source.clone());
    runtime().block_on(async {
        cluster.refresh();
        settle().await;
    });
    source.find(Found::Nodes(vec![node(1)]));
    runtime().block_on(cluster.ready()).expect("a list");
    assert_eq!(source.fetches(), 2);
}

#[test]
fn whoever_waits_for_a_runtime_that_ends_starts_discovery_in_its_own() {
    let source = Source::new([Found::Silence]);
    let cluster = Cluster::discover(source.clone());
    let first = runtime();
    first.block_on(async {
        cluster.refresh();
        settle().await;
    });
    source.find(Found::Nodes(vec![node(1)]));
    runtime().block_on(async {
        let waiting = tokio::spawn({
            let cluster = cluster.clone();
            async move { cluster.ready().await }
        });
        settle().await;
        first.shutdown_background();
        let ready = tokio::time::timeout(Duration::from_secs(60), waiting).await;
        ready
            .expect("not for ever")
            .expect("no panic")
            .expect("a list");
    });
    assert_eq!(source.fetches(), 2);
}

#[test]
fn a_call_in_a_runtime_that_is_gone_returns() {
    let source = Source::of([node(1)]);
    let cluster = Cluster::discover(source.clone());
    let gone = runtime().handle().clone();
    let (done, wait) = std::sync::mpsc::channel();
    // In a thread of its own, so that a deadlock fails the test.
    let thread = std::thread::spawn({
        let cluster = cluster.clone();
        move || {
            let _entered = gone.enter();
            cluster.refresh();
            done.send(()).expect("the test listens");
        }
    });
    wait.recv_timeout(Duration::from_secs(10))
        .expect("it returns");
    thread.join().expect("no panic");
    runtime().block_on(cluster.ready()).expect("a list");
}

#[test]
fn calls_outside_of_a_runtime_are_told_so() {
    let cluster = Cluster::discover(Source::of([node(1)]));
    assert!(matches!(pick(&cluster), Err(NoNode::NoRuntime)));
    cluster.refresh();
    let mut ready = tokio_test::task::spawn(cluster.ready());
    let error = tokio_test::assert_ready!(ready.poll()).expect_err("no runtime");
    assert!(matches!(error.reason(), NoNode::NoRuntime), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_other_nodes_is_woken_by_the_list_that_has_them() {
    let source = Source::of([node(1)]);
    let cluster = Cluster::discover(source.clone());
    let none = cluster.topology();
    let one = cluster.changed(&none).await;
    assert_eq!(one.len(), 1, "it has begun to look for them");
    assert_eq!(cluster.changed(&none).await.len(), 1, "at once");
    let (waiting, known) = (cluster.clone(), one.clone());
    let other = tokio::spawn(async move { waiting.changed(&known).await });
    sleep(Duration::from_secs(600)).await;
    assert!(!other.is_finished(), "the same nodes are no change");
    source.find(Found::Nodes(vec![node(1), node(2)]));
    assert_eq!(other.await.expect("no panic").len(), 2);
}
