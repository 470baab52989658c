//! All nodes are restarted one after another under load, and no read and no put fails.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::task::JoinSet;
use tower_muster_testkit::{NodeState, TestCluster, TestNode};
use tower_muster_tests::{Failure, Result, Table, config, credentials, start, unsigned_sdk, until};

const SIX: &str = "dc1:rack1=2,rack2=2,rack3=2";
const TASKS: usize = 8;

/// Calls that go on until they are told to stop.
struct Traffic {
    stop: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
    tasks: JoinSet<Result<(), Failure>>,
}

impl Traffic {
    fn start(table: &Table) -> Self {
        let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let (table, stop, calls) = (table.clone(), Arc::clone(&stop), Arc::clone(&calls));
            tasks.spawn(read_and_put(table, task, stop, calls));
        }
        Self { stop, calls, tasks }
    }

    /// Returns how many calls there were, none of which has failed.
    async fn stop(self) -> Result<usize, Failure> {
        self.stop.store(true, Relaxed);
        for result in self.tasks.join_all().await {
            result?;
        }
        Ok(self.calls.load(Relaxed))
    }
}

async fn read_and_put(
    table: Table,
    task: usize,
    stop: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
) -> Result<(), Failure> {
    let key = format!("task {task}");
    let mut n = 0_u64;
    while !stop.load(Relaxed) {
        n += 1;
        table.put(&key, &n.to_string()).await?;
        // A task's own writes are read in order, since it waits for each.
        assert_eq!(table.get(&key).await?, Some(n.to_string()));
        assert_eq!(table.query(&key).await?, 1);
        calls.fetch_add(3, Relaxed);
    }
    Ok(())
}

async fn table(cluster: &TestCluster) -> Result<Table> {
    let config = config(cluster).credentials(credentials(), "us-east-1");
    Ok(Table::create(unsigned_sdk(config.http_client()?)).await?)
}

/// Ends a node and starts it again.
async fn restart(node: &TestNode, end: fn(&TestNode), refusing: Duration) -> Result {
    end(node);
    until("it has ended", async || {
        matches!(node.state(), NodeState::Killed | NodeState::Drained)
    })
    .await;
    match refusing.is_zero() {
        true => node.restart().await?,
        false => node.restart_slowly(refusing).await?,
    }
    Ok(())
}

/// As an operator does it: the next node when the one before serves again.
async fn one_after_another(end: fn(&TestNode), refusing: Duration) -> Result {
    let cluster = start(SIX).await;
    let traffic = Traffic::start(&table(&cluster).await?);
    for node in cluster.nodes() {
        let before = node.counters().executed;
        until("it is used", async || node.counters().executed > before).await;
        restart(node, end, refusing).await?;
        let before = node.counters().executed;
        until("it is used again", async || {
            node.counters().executed > before
        })
        .await;
    }
    let calls = traffic.stop().await?;
    assert!(calls > 100, "{calls} calls");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_nodes_that_are_killed() -> Result {
    one_after_another(TestNode::kill, Duration::ZERO).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_nodes_that_drain() -> Result {
    one_after_another(TestNode::drain, Duration::ZERO).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_nodes_that_are_listed_before_they_listen() -> Result {
    one_after_another(TestNode::drain, Duration::from_millis(200)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_hurry_before_anybody_has_seen_the_one_before_return() -> Result {
    let cluster = start(SIX).await;
    let traffic = Traffic::start(&table(&cluster).await?);
    for round in 0..3 {
        for node in cluster.nodes() {
            let calls = traffic.calls.load(Relaxed);
            until("calls go on", async || {
                traffic.calls.load(Relaxed) > calls + 60
            })
            .await;
            let end = [TestNode::kill, TestNode::drain][round % 2];
            restart(node, end, Duration::ZERO).await?;
        }
    }
    let calls = traffic.stop().await?;
    assert!(calls > 18 * 60, "{calls} calls");
    Ok(())
}
