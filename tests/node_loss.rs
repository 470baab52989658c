//! The loss of one node of nine costs no call that may be repeated, and no call that may not be repeated
//! is carried out twice.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::time::Duration;

use http::StatusCode;
use tower_muster_testkit::{NodeState, TestCluster, TestNode};
use tower_muster_tests::{
    Failure, Recorder, Result, Table, config, impatient, load, signing_sdk, start, until,
};

const NINE: &str = "dc1:rack1=3,rack2=3,rack3=3";
const CALLS: usize = 300;
const CONCURRENCY: usize = 16;

/// How a node is lost.
type Fault = fn(&TestNode);

struct Scene {
    cluster: TestCluster,
    table: Table,
    client: Recorder,
}

impl Scene {
    async fn start() -> Result<Self> {
        let cluster = start(NINE).await;
        let client = Recorder::new();
        let config = impatient(config(&cluster)).signed_above();
        let stack = config.build_over(client.clone())?;
        let table = Table::create(signing_sdk(stack.http_client())).await?;
        Ok(Self {
            cluster,
            table,
            client,
        })
    }

    fn victim(&self) -> &TestNode {
        &self.cluster.nodes()[4]
    }

    /// Loses a node at one third of the calls.
    async fn load<T, Fut>(&self, fault: Fault, call: fn(Table, usize) -> Fut) -> Vec<T>
    where
        T: Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
    {
        self.client.clear();
        let (table, victim) = (self.table.clone(), self.victim().clone());
        load(CALLS, CONCURRENCY, move |n| {
            let (table, victim) = (table.clone(), victim.clone());
            async move {
                if n == CALLS / 3 {
                    fault(&victim);
                }
                call(table, n).await
            }
        })
        .await
    }

    /// What the budget of a stack promises: a tenth of the calls, and ten a second over ten seconds.
    fn assert_attempts_are_bounded(&self) {
        let attempts = self.client.sent().len();
        assert!(attempts >= CALLS, "{attempts} attempts");
        assert!(attempts <= CALLS + CALLS / 10 + 100, "{attempts} attempts");
    }

    /// The node serves again, and calls go there.
    async fn mend(&self) -> Result {
        let victim = self.victim();
        victim.heal();
        if victim.state() != NodeState::Serving {
            until("drained", async || victim.state() != NodeState::Draining).await;
            victim.restart().await?;
        }
        let before = victim.counters().executed;
        until("the node is used again", async || {
            self.table.get("k").await.unwrap();
            victim.counters().executed > before
        })
        .await;
        Ok(())
    }
}

async fn repeatable(table: Table, n: usize) -> Result<(), Failure> {
    let key = format!("k{}", n % 20);
    match n % 4 {
        0 => table.put(&key, "v").await,
        1 => table.get(&key).await.map(drop),
        2 => table.query(&key).await.map(drop),
        _ => table.delete(&key).await,
    }
}

/// Adds one to a counter of the call's own.
async fn add(table: Table, n: usize) -> Result<(), Failure> {
    table.add(&n.to_string()).await
}

async fn no_repeatable_call_fails(fault: Fault) -> Result {
    let scene = Scene::start().await?;
    for result in scene.load(fault, repeatable).await {
        result?;
    }
    scene.assert_attempts_are_bounded();
    scene.mend().await
}

/// Returns how many calls failed.
async fn no_add_is_applied_twice(fault: Fault) -> Result<usize> {
    let scene = Scene::start().await?;
    let results = scene.load(fault, add).await;
    scene.assert_attempts_are_bounded();
    scene.mend().await?;
    for (n, result) in results.iter().enumerate() {
        let count = scene.table.count(&n.to_string()).await?;
        match result {
            Ok(()) => assert_eq!(count, 1, "call {n} succeeded"),
            Err(failure) => {
                assert!(
                    failure.is_ambiguous(),
                    "call {n} could have been repeated: {failure}"
                );
                assert!(count <= 1, "call {n} was carried out {count} times");
            }
        }
    }
    Ok(results.iter().filter(|result| result.is_err()).count())
}

macro_rules! each_fault {
    ($($name:ident: $fault:expr, $may_fail:expr;)*) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn costs_no_call_that_may_be_repeated() -> super::Result {
                super::no_repeatable_call_fails($fault).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn has_no_add_applied_twice() -> super::Result {
                let failed = super::no_add_is_applied_twice($fault).await?;
                let may_fail: std::ops::RangeInclusive<usize> = $may_fail;
                assert!(may_fail.contains(&failed), "{failed} calls failed");
                Ok(())
            }
        }
    )*};
}

each_fault! {
    // What was in flight at the node is lost.
    a_node_that_is_killed: super::TestNode::kill, 0..=super::CONCURRENCY;
    a_node_that_drains: super::TestNode::drain, 0..=super::CONCURRENCY;
    // Whatever reaches the node is in doubt.
    a_node_that_resets_what_it_has_carried_out: super::TestNode::reset, 1..=super::CALLS / 2;
    a_node_that_resets_what_it_has_read: super::TestNode::reset_before_execution, 1..=super::CALLS / 2;
    a_node_that_fails: |node| node.fail(super::StatusCode::INTERNAL_SERVER_ERROR), 1..=super::CALLS / 2;
    // What is silent has until the deadline.
    a_black_hole: super::TestNode::black_hole, 0..=2 * super::CONCURRENCY;
    a_node_that_is_slow: |node| node.slow(super::Duration::from_millis(50)), 0..=0;
}
