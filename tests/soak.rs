//! While one node at a time fails in one way after another, no read and no put fails, and when all is over
//! nothing is left: no request in flight, no connection too many, and no node that is not used.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use http::StatusCode;
use tokio::task::JoinSet;
use tower_muster::{failover::Budget, health::Thresholds};
use tower_muster_alternator::Stack;
use tower_muster_testkit::{NodeState, TestCluster, TestNode};
use tower_muster_tests::{Failure, Result, Table, config, credentials, start, unsigned_sdk, until};

const SIX: &str = "dc1:rack1=2,rack2=2,rack3=2";
const TASKS: usize = 16;
/// How many faults there are, one after another.
const ROUNDS: usize = 24;

/// Begins something that a node does wrong.
type Fault = fn(&TestNode);

/// What a node can do wrong without losing what it has said that it did, or saying that every other would do so too.
const FAULTS: [(&str, Fault); 12] = [
    ("killed", TestNode::kill),
    ("drained", TestNode::drain),
    ("silent", TestNode::black_hole),
    ("slow", |node| node.slow(Duration::from_millis(30))),
    ("failing", |node| {
        node.fail(StatusCode::INTERNAL_SERVER_ERROR)
    }),
    ("unavailable", |node| {
        node.fail(StatusCode::SERVICE_UNAVAILABLE)
    }),
    ("resetting once it is done", TestNode::reset),
    ("resetting before", TestNode::reset_before_execution),
    ("alone", TestNode::refuse),
    ("in doubt", TestNode::ambiguous),
    ("overloaded", |node| node.overload(0)),
    ("an hour ahead", |node| node.set_clock_offset(3_600)),
];

/// A generator of its own, so that a run can be had again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % sides
    }
}

async fn mend(node: &TestNode) -> Result {
    node.heal();
    node.set_clock_offset(0);
    if node.state() != NodeState::Serving {
        until("it has ended", async || node.state() != NodeState::Draining).await;
        node.restart().await?;
    }
    Ok(())
}

/// One task's calls, each of which may be repeated; the first that fails ends them all.
async fn calls(
    table: Table,
    task: usize,
    stop: Arc<AtomicBool>,
    made: Arc<AtomicUsize>,
) -> Result<(), Failure> {
    let mut n = 0_usize;
    while !stop.load(Relaxed) {
        n += 1;
        let key = format!("{task} {}", n % 5);
        let result = put_and_read(&table, &key, &n.to_string()).await;
        result.inspect_err(|_| stop.store(true, Relaxed))?;
        made.fetch_add(4, Relaxed);
    }
    Ok(())
}

async fn put_and_read(table: &Table, key: &str, value: &str) -> Result<(), Failure> {
    table.put(key, value).await?;
    assert_eq!(table.get(key).await?.as_deref(), Some(value));
    assert_eq!(table.query(key).await?, 1);
    table.delete(key).await
}

/// Has faults come and go, each until so many calls were made meanwhile.
async fn faults(cluster: &TestCluster, made: &AtomicUsize, stop: &AtomicBool, seed: u64) -> Result {
    let mut dice = Dice(seed);
    for round in 0..ROUNDS {
        let node = &cluster.nodes()[dice.roll(cluster.nodes().len())];
        // Each of them comes, in an order by chance.
        let (what, fault) = FAULTS[(round + dice.roll(2) * 5) % FAULTS.len()];
        eprintln!("round {round}, {} is {what}", node.url());
        fault(node);
        let calls = made.load(Relaxed);
        until("calls go on", async || {
            stop.load(Relaxed) || made.load(Relaxed) > calls + 60
        })
        .await;
        mend(node).await?;
    }
    Ok(())
}

async fn is_all_over(cluster: &TestCluster, stack: &Stack) {
    until("nothing is in flight", async || {
        let stack = stack.cluster().nodes();
        let at_nodes = cluster.nodes().iter().map(|node| node.counters().in_flight);
        stack.iter().all(|node| node.in_flight() == 0) && at_nodes.sum::<u64>() == 0
    })
    .await;
}

async fn are_all_used(cluster: &TestCluster, table: &Table) {
    for node in cluster.nodes() {
        let before = node.counters().executed;
        until("a node that was mended is used", async || {
            table.get("there").await.unwrap();
            node.counters().executed > before
        })
        .await;
    }
}

async fn soak(seed: u64) -> Result {
    let cluster = start(SIX).await;
    let config = config(&cluster).credentials(credentials(), "us-east-1");
    // One that was often in trouble is waited for no longer than a test has time.
    let waits = (Duration::from_millis(50), Duration::from_millis(500));
    let config = config.thresholds(Thresholds::default().waits(waits.0, waits.1)?);
    // A busy machine is silent at times, and it is not what the budget allows that is at stake.
    let config = config
        .attempt_timeout(Duration::from_millis(500))
        .budget(Budget::new(1.0, 100.0)?);
    let stack = config.deadline(Duration::from_secs(10)).build()?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    let (stop, made) = (
        Arc::new(AtomicBool::new(false)),
        Arc::<AtomicUsize>::default(),
    );
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (stop, made) = (Arc::clone(&stop), Arc::clone(&made));
        tasks.spawn(calls(table.clone(), task, stop, made));
    }
    faults(&cluster, &made, &stop, seed).await?;
    stop.store(true, Relaxed);
    for result in tasks.join_all().await {
        result?;
    }
    is_all_over(&cluster, &stack).await;
    are_all_used(&cluster, &table).await;

    let connections: u64 = cluster
        .nodes()
        .iter()
        .map(|node| node.counters().connections)
        .sum();
    // Some connections of some tasks at each fault, not all of them at each call.
    let most = (6 * TASKS + ROUNDS * 2 * TASKS) as u64;
    assert!(
        connections < most,
        "{connections} connections for {} calls",
        made.load(Relaxed)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_one_node_at_a_time() -> Result {
    soak(1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_one_node_at_a_time_in_another_order() -> Result {
    soak(2).await
}
