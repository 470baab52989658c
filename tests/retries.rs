//! A call asks each node once before it asks any again, no more often than it may, no longer than it may, and
//! says in the end who was asked; the next call begins elsewhere.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{collections::HashSet, num::NonZeroU32, time::Duration};

use http::StatusCode;
use tokio::time::{Instant, timeout};
use tower_muster::{
    failover::{self, Backoff, Budget, Reason},
    policy::{Random, RoundRobin},
};
use tower_muster_alternator::Config;
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{
    Recorder, Result, Sent, Table, attempts, config, executed, signing_sdk, start,
};

const INTERNAL: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
/// Longer than any test is waited for.
const FOR_EVER: Duration = Duration::from_secs(3_600);

struct Scene {
    cluster: TestCluster,
    client: Recorder,
    table: Table,
}

impl Scene {
    async fn start(nodes: usize, set: impl FnOnce(Config) -> Config) -> Result<Self> {
        let cluster = start(&format!("dc1:rack1={nodes}")).await;
        let client = Recorder::new();
        let config = config(&cluster)
            .attempt_timeout(FOR_EVER)
            .deadline(Duration::from_secs(60))
            .budget(Budget::new(1.0, 10_000.0)?)
            .backoff(Some(Backoff::new(
                Duration::from_millis(1),
                Duration::from_millis(1),
            )?))
            .no_probing();
        let stack = set(config).signed_above().build_over(client.clone())?;
        // The table is made by another stack, whose times no test sets.
        let others = self::config(&cluster).http_client()?;
        Table::create(signing_sdk(others)).await?;
        stack.cluster().ready().await?;
        let table = Table::of(signing_sdk(stack.http_client()));
        // It begins with a connection, if a busy machine lets it be made in time.
        let _ = table.get("k").await;
        client.clear();
        Ok(Self {
            cluster,
            client,
            table,
        })
    }

    /// Whom a call has asked, in order.
    async fn get_fails(&self) -> (Vec<String>, tower_muster_tests::Failure) {
        self.client.clear();
        let failure = self.table.get("k").await.unwrap_err();
        (self.client.sent().iter().map(host).collect(), failure)
    }
}

fn host(sent: &Sent) -> String {
    sent.uri.authority().unwrap().to_string()
}

fn of(attempts: usize) -> NonZeroU32 {
    u32::try_from(attempts)
        .ok()
        .and_then(NonZeroU32::new)
        .unwrap()
}

/// Nobody is asked again before everybody was asked.
fn assert_rounds(asked: &[String], nodes: usize) {
    for round in asked.chunks(nodes) {
        let different: HashSet<_> = round.iter().collect();
        assert_eq!(different.len(), round.len(), "{asked:?} of {nodes} nodes");
    }
}

type Fault = fn(&TestNode);

/// How all nodes fail, and the status that the caller is told, if it is one.
const FAULTS: [(Fault, Option<u16>); 3] = [
    (|node| node.fail(INTERNAL), Some(500)),
    (TestNode::reset_before_execution, None),
    (TestNode::kill, None),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_node_is_asked_once_before_any_is_asked_again() -> Result {
    for (fault, status) in FAULTS {
        for (attempts, nodes) in (1..=5).flat_map(|n| (1..=4).map(move |nodes| (n, nodes))) {
            let scene = Scene::start(nodes, |config| config.max_attempts(of(attempts))).await?;
            scene.cluster.nodes().iter().for_each(fault);
            // The second finds nodes that have failed already.
            for call in 0..2 {
                let (asked, failure) = scene.get_fails().await;
                let case = format!("call {call}, {attempts} attempts, {nodes} nodes: {failure}");
                assert_eq!(asked.len(), attempts, "{case}");
                assert_rounds(&asked, nodes);
                assert_eq!(failure.status(), status, "{case}");
                if status.is_some() {
                    continue;
                }
                let error = failure.stack().unwrap();
                assert_eq!(error.tried().len(), attempts, "{case}");
                let text = error.to_string();
                for host in asked {
                    assert!(text.contains(&host), "{case} names {host}");
                }
                assert!(error.is_safe_to_repeat(), "{case}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_call_that_may_not_come_back_asks_each_node_once() -> Result {
    for (fault, status) in FAULTS {
        for nodes in 1..=4 {
            let scene = Scene::start(nodes, |config| config.backoff(None)).await?;
            scene.cluster.nodes().iter().for_each(fault);
            let (asked, failure) = scene.get_fails().await;
            assert_eq!(asked.len(), nodes, "{failure}");
            assert_rounds(&asked, nodes);
            if status.is_some() {
                continue;
            }
            let error = failure.stack().unwrap();
            assert!(
                matches!(
                    error,
                    failover::Error::Exhausted {
                        reason: Reason::NoNodeLeft,
                        ..
                    }
                ),
                "{error:?}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_one_node_that_is_well_is_found_whichever_it_is() -> Result {
    for (fault, _) in FAULTS {
        for well in 0..4 {
            let scene = Scene::start(4, |config| config).await?;
            for (n, node) in scene.cluster.nodes().iter().enumerate() {
                if n != well {
                    fault(node);
                }
            }
            for n in 0..10 {
                scene.client.clear();
                scene.table.put(&n.to_string(), "v").await?;
                let asked: Vec<_> = scene.client.sent().iter().map(host).collect();
                assert!(asked.len() <= 4, "{asked:?}");
                let node = &scene.cluster.nodes()[well];
                assert_eq!(asked.last(), Some(&node.address().to_string()));
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_node_that_has_failed_is_not_asked_first_by_the_next_calls() -> Result {
    let policies: [fn(Config) -> Config; 3] = [
        |config| config,
        |config| config.policy(RoundRobin::new()),
        |config| config.policy(Random::new()),
    ];
    for set in policies {
        for (fault, _) in FAULTS {
            let scene = Scene::start(3, set).await?;
            let node = &scene.cluster.nodes()[1];
            fault(node);
            let host_of_node = node.address().to_string();
            let (mut failed, begun) = (0, Instant::now());
            for n in 0..100 {
                scene.client.clear();
                scene.table.put(&n.to_string(), "v").await?;
                let sent = scene.client.sent();
                failed += sent
                    .iter()
                    .filter(|sent| host(sent) == host_of_node)
                    .count();
            }
            // Three answers put a node out, and now and then one request finds out whether it is back, the
            // first after 250 ms, and each after a wait that is twice as long.
            let waits = (begun.elapsed().as_millis() / 250 + 1).ilog2() as usize;
            let most = 6.max(3 + waits);
            assert!((1..=most).contains(&failed), "{failed} of 100 calls met it");
        }
    }
    Ok(())
}

#[tokio::test]
async fn one_attempt_is_one_attempt_also_where_nothing_was_sent() -> Result {
    let scene = Scene::start(3, |config| config.max_attempts(NonZeroU32::MIN)).await?;
    scene.cluster.nodes().iter().for_each(TestNode::kill);
    let (asked, failure) = scene.get_fails().await;
    assert_eq!(asked.len(), 1);
    let error = failure.stack().unwrap();
    assert!(
        matches!(
            error,
            failover::Error::Exhausted {
                reason: Reason::AttemptsSpent,
                ..
            }
        ),
        "{error:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_call_ends_at_its_deadline_whatever_the_nodes_do() -> Result {
    const DEADLINE: Duration = Duration::from_millis(150);
    let silent: [Fault; 2] = [TestNode::black_hole, |node| node.slow(FOR_EVER)];
    for fault in silent {
        for attempt_timeout in [Duration::from_millis(40), FOR_EVER] {
            let scene = Scene::start(2, |config| {
                config.deadline(DEADLINE).attempt_timeout(attempt_timeout)
            });
            let scene = scene.await?;
            scene.cluster.nodes().iter().for_each(fault);
            let table = scene.table.clone();
            for add in [false, true] {
                let begun = Instant::now();
                let call = async {
                    match add {
                        true => table.add("counter").await,
                        false => table.get("k").await.map(drop),
                    }
                };
                let ended = timeout(20 * DEADLINE, call).await;
                let failure = ended.expect("the deadline").unwrap_err();
                let error = failure.stack().unwrap();
                let failover::Error::Exhausted { reason, .. } = error else {
                    panic!("{error:?}");
                };
                assert!(
                    matches!(reason, Reason::Deadline { after, .. } if *after == DEADLINE),
                    "{error}"
                );
                assert!(begun.elapsed() >= DEADLINE);
                assert_eq!(error.is_safe_to_repeat(), !add, "{error}");
                assert!(!error.tried().is_empty(), "{error}");
                assert!(error.to_string().contains("150ms"), "{error}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_add_waits_for_its_answer_where_a_put_asks_another_node() -> Result {
    let scene = Scene::start(2, |config| {
        config.attempt_timeout(Duration::from_millis(50))
    })
    .await?;
    for node in scene.cluster.nodes() {
        node.slow(Duration::from_millis(200));
    }
    let before = attempts(scene.cluster.nodes());
    scene.table.add("counter").await?;
    assert_eq!(attempts(scene.cluster.nodes()) - before, 1);
    scene.cluster.nodes()[0].heal();
    let done = executed(scene.cluster.nodes());
    for n in 0..10 {
        scene.table.put(&n.to_string(), "v").await?;
    }
    assert!(executed(scene.cluster.nodes()) >= done + 10);
    scene.cluster.nodes()[1].heal();
    assert_eq!(scene.table.count("counter").await?, 1);
    Ok(())
}
