//! `poll_ready` and the first list of nodes.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready};
use tower::{Service, ServiceExt};
use tower_layer::Layer;

use super::get;
use crate::{
    Cluster, SelectLayer,
    policy::RoundRobin,
    select::Select,
    tests::fakes::{Client, Found, Reply, Source, node},
};

type Stack = Select<Client, RoundRobin, crate::select::Transport>;

fn stack(source: &Source) -> Stack {
    let cluster = Cluster::discover(source.clone());
    SelectLayer::new(cluster, RoundRobin::new()).layer(Client::new(|_| Reply::Status(200)))
}

async fn ready(stack: &mut Stack) {
    let ready = ServiceExt::<Request<Full<Bytes>>>::ready(stack).await;
    assert!(ready.is_ok(), "readiness does not depend on nodes");
}

#[tokio::test(start_paused = true)]
async fn readiness_waits_for_the_first_list_and_for_no_other() {
    let source = Source::new([
        Found::After(Duration::from_secs(2), vec![node(1)]),
        Found::Silence,
    ]);
    let mut stack = stack(&source);
    let begun = Instant::now();
    ready(&mut stack).await;
    assert_eq!(begun.elapsed().as_secs(), 2);
    for _ in 0..100 {
        ready(&mut stack).await;
        stack.call(get("/")).await.expect("served");
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(source.fetches(), 2, "one is under way");
}

#[tokio::test(start_paused = true)]
async fn all_clones_that_wait_become_ready_and_one_that_is_dropped_disturbs_none() {
    let source = Source::new([Found::After(Duration::from_secs(2), vec![node(1)])]);
    let mut stack = stack(&source);
    let mut clones = vec![stack.clone(); 3];
    {
        let mut waiting = tokio_test::task::spawn(ready(&mut stack));
        assert_pending!(waiting.poll());
    }
    drop(clones.pop());
    let waiting: Vec<_> = clones
        .into_iter()
        .map(|mut clone| tokio::spawn(async move { ready(&mut clone).await }))
        .collect();
    for clone in waiting {
        clone.await.expect("no panic");
    }
    ready(&mut stack).await;
    assert_eq!(source.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn readiness_resolves_when_the_first_fetch_fails() {
    let mut stack = stack(&Source::new([Found::Error("no route")]));
    let mut waiting = tokio_test::task::spawn(ready(&mut stack));
    assert_pending!(waiting.poll());
    tokio::task::yield_now().await;
    assert!(waiting.is_woken());
    assert_ready!(waiting.poll());
}

#[test]
fn readiness_outlives_the_runtime_that_looked_for_nodes() {
    let paused = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime")
    };
    let source = Source::new([Found::Silence]);
    let mut stack = stack(&source);
    let mut waiting = tokio_test::task::spawn(ready(&mut stack));
    paused().block_on(async {
        assert_pending!(waiting.poll());
        tokio::task::yield_now().await;
    });
    assert!(
        waiting.is_woken(),
        "the runtime is gone, and the task with it"
    );
    source.find(Found::Nodes(vec![node(1)]));
    paused().block_on(async {
        assert_pending!(waiting.poll());
        tokio::task::yield_now().await;
        assert_ready!(waiting.poll());
    });
    assert_eq!(source.fetches(), 2);
}
