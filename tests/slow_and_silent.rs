//! A node need not be dead to be bad: one that is slow gets less, one that fails or is silent gets next to
//! nothing, and none of them costs a read. When all are bad none is given up.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::time::Duration;

use http::StatusCode;
use tokio::time::timeout;
use tower_muster::health::Thresholds;
use tower_muster_alternator::{Config, Stack};
use tower_muster_testkit::{Fault, TestCluster, TestNode};
use tower_muster_tests::{
    Failure, Result, Table, attempts, config, executed, impatient, load, signing_sdk, start, until,
};

const INTERNAL: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
const CALLS: usize = 200;
const CONCURRENCY: usize = 16;
/// Less than the longest time that a node may have to wait: 8 s.
const SOON: Duration = Duration::from_secs(6);

type Bad = fn(&TestNode);

struct Scene {
    cluster: TestCluster,
    stack: Stack,
    table: Table,
}

impl Scene {
    async fn start(set: impl FnOnce(Config) -> Config) -> Result<Self> {
        let cluster = start("dc1:rack1=2,rack2=2").await;
        // The table is made by another stack: this one has no connection yet.
        let made = Table::create(signing_sdk(config(&cluster).http_client()?)).await?;
        made.put("there", "v").await?;
        let stack = set(config(&cluster)).signed_above().build()?;
        let table = Table::of(signing_sdk(stack.http_client()));
        Ok(Self {
            cluster,
            stack,
            table,
        })
    }

    fn victim(&self) -> &TestNode {
        &self.cluster.nodes()[1]
    }

    async fn reads(&self, calls: usize) -> Vec<Result<(), Failure>> {
        let table = self.table.clone();
        let read = move |n| {
            let table = table.clone();
            async move {
                match n % 2 {
                    0 => table.get("there").await.map(drop),
                    _ => table.query("there").await.map(drop),
                }
            }
        };
        load(calls, CONCURRENCY, read).await
    }

    async fn adds(&self, calls: usize) -> Vec<Result<(), Failure>> {
        let table = self.table.clone();
        let add = move |n: usize| {
            let table = table.clone();
            async move { table.add(&n.to_string()).await }
        };
        load(calls, CONCURRENCY, add).await
    }

    /// Waits until each node is used.
    async fn until_all_are_used(&self) {
        for node in self.cluster.nodes() {
            let before = executed([node]);
            until("the node is used", async || {
                self.table.get("there").await.unwrap();
                executed([node]) > before
            })
            .await;
        }
    }
}

/// Leaves the times as they are.
fn unhurried(config: Config) -> Config {
    config
}

fn all_succeed(results: Vec<Result<(), Failure>>) -> Result {
    results.into_iter().collect::<Result<Vec<()>, _>>()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_node_gets_less_and_not_nothing() -> Result {
    const QUICK: Duration = Duration::from_millis(5);
    /// Much more than what a busy machine adds, and still in time.
    const SLOW: Duration = Duration::from_secs(1);
    let scene = Scene::start(|config| {
        config
            .attempt_timeout(Duration::from_secs(60))
            .deadline(Duration::from_secs(120))
    });
    let scene = scene.await?;
    for node in scene.cluster.nodes() {
        node.slow(QUICK);
    }
    scene.victim().slow(SLOW);
    // So many find out; what comes after them is looked at.
    all_succeed(scene.reads(CALLS).await)?;
    let before = executed([scene.victim()]);
    all_succeed(scene.reads(2 * CALLS).await)?;
    let its = executed([scene.victim()]) - before;
    assert!(its * 10 < 2 * CALLS as u64, "{its}, of four nodes");
    // It is not dead: it is asked again, in waits that double up to 16 seconds.
    until("the slow node is used", async || {
        all_succeed(scene.reads(CONCURRENCY).await).unwrap();
        executed([scene.victim()]) > before
    })
    .await;
    Ok(())
}

/// Holds that of many reads none fails, and few meet the node that is bad.
async fn costs_no_read(fault: Bad, set: fn(Config) -> Config) -> Result<Scene> {
    let scene = Scene::start(set).await?;
    fault(scene.victim());
    let before = attempts([scene.victim()]);
    all_succeed(scene.reads(CALLS).await)?;
    let met = attempts([scene.victim()]) - before;
    // What is in flight when it is found out, and what looks whether it is back.
    let few = 1..=2 * CONCURRENCY as u64;
    assert!(few.contains(&met), "{met} of {CALLS} calls met it");
    scene.victim().heal();
    Ok(scene)
}

macro_rules! each_fault {
    ($($name:ident: $fault:expr, $set:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> Result {
            costs_no_read($fault, $set).await?;
            Ok(())
        }
    )*};
}

each_fault! {
    a_node_that_fails_everything_costs_no_read: |node| node.fail(INTERNAL), unhurried;
    a_node_that_says_502_costs_no_read: |node| node.fail(StatusCode::BAD_GATEWAY), unhurried;
    a_silent_node_costs_no_read: TestNode::black_hole, impatient;
    a_node_that_takes_for_ever_costs_no_read: |node| node.slow(Duration::from_secs(3_600)), impatient;
    a_node_that_resets_costs_no_read: TestNode::reset_before_execution, unhurried;
    a_node_that_sees_no_replicas_costs_no_read: TestNode::refuse, unhurried;
    an_overloaded_node_costs_no_read: |node| node.overload(0), unhurried;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_has_failed_is_used_again() -> Result {
    let scene = costs_no_read(|node| node.fail(INTERNAL), unhurried).await?;
    scene.until_all_are_used().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_overloaded_for_a_moment_is_used_soon_after() -> Result {
    let scene = costs_no_read(|node| node.overload(0), unhurried).await?;
    let used = timeout(SOON, scene.until_all_are_used());
    used.await
        .expect("the node that has time again is waited for");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_fails_now_and_then_costs_no_read() -> Result {
    for fault in [
        Fault::fail(INTERNAL).for_share(0.2),
        Fault::BlackHole.for_share(0.05),
        Fault::Refuse.for_share(0.2),
        Fault::Slow(Duration::from_millis(20)).for_share(0.2),
    ] {
        let scene = Scene::start(impatient).await?;
        scene.victim().inject(fault);
        all_succeed(scene.reads(CALLS).await)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_drops_what_asks_for_a_connection_costs_no_call_not_even_an_add() -> Result {
    let scene = Scene::start(|config| config.connect_timeout(Duration::from_millis(100)));
    let scene = scene.await?;
    scene.stack.cluster().ready().await?;
    scene.victim().drop_syns().await?;
    let before = attempts([scene.victim()]);
    all_succeed(scene.reads(CALLS).await)?;
    all_succeed(scene.adds(CALLS).await)?;
    let met = attempts([scene.victim()]) - before;
    assert!(met < CALLS as u64 / 4, "{met}: connections are not made");
    for n in 0..CALLS {
        assert_eq!(scene.table.count(&n.to_string()).await?, 1, "add {n}");
    }
    scene.victim().heal();
    scene.until_all_are_used().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_add_is_lost_to_a_bad_node_only_until_that_is_known() -> Result {
    let scene = Scene::start(|config| config).await?;
    scene.victim().fail(INTERNAL);
    let results = scene.adds(CALLS).await;
    let mut failed = 0;
    for (n, result) in results.iter().enumerate() {
        let count = scene.table.count(&n.to_string()).await?;
        match result {
            Ok(()) => assert_eq!(count, 1, "add {n}"),
            Err(failure) => {
                assert!(failure.is_ambiguous(), "add {n}: {failure}");
                failed += 1;
                assert_eq!(count, 0, "add {n}");
            }
        }
    }
    assert!((1..=CONCURRENCY).contains(&failed), "{failed} failed");
    Ok(())
}

/// How all nodes are bad.
const ALL_BAD: [(&str, Bad); 6] = [
    ("fail", |node| node.fail(INTERNAL)),
    ("are silent", TestNode::black_hole),
    ("reset", TestNode::reset),
    ("see no replicas", TestNode::refuse),
    ("are overloaded", |node| node.overload(0)),
    ("are dead", TestNode::kill),
];

/// A cluster that was bad for five calls, which is enough to find out all four nodes, and is well again.
async fn after_an_outage(what: &str, fault: Bad, waits: Thresholds) -> Result<Scene> {
    const ATTEMPT: Duration = Duration::from_millis(200);
    let scene = Scene::start(|config| config.attempt_timeout(ATTEMPT).thresholds(waits)).await?;
    scene.table.get("there").await?;
    scene.cluster.nodes().iter().for_each(fault);
    for _ in 0..5 {
        // It is the caller that has no time: a call that could succeed would not end sooner.
        let result = timeout(ATTEMPT * 5 / 4, scene.table.get("there")).await;
        assert!(!matches!(result, Ok(Ok(_))), "{what}: {result:?}");
    }
    for node in scene.cluster.nodes() {
        node.heal();
        node.restart().await?;
    }
    Ok(scene)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_were_all_bad_serve_the_first_call_after_that() -> Result {
    // None of them is asked again because its time has come.
    let never = Duration::from_secs(3_600);
    let waits = Thresholds::default().waits(never, never)?;
    for (what, fault) in ALL_BAD {
        let scene = after_an_outage(what, fault, waits).await?;
        let value = scene.table.get("there").await;
        let value = value.unwrap_or_else(|failure| panic!("{what}: {failure}"));
        assert_eq!(value.as_deref(), Some("v"));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_were_all_bad_for_a_moment_are_all_used_soon_after() -> Result {
    for (what, fault) in ALL_BAD {
        let scene = after_an_outage(what, fault, Thresholds::default()).await?;
        let used = timeout(SOON, scene.until_all_are_used());
        used.await
            .unwrap_or_else(|_| panic!("nodes that {what} are waited for"));
    }
    Ok(())
}
