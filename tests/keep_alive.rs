//! The race of keep-alive, over HTTP and over TLS: a node that closes a connection as a request is on its way
//! costs no call that may be repeated, has nothing carried out twice, and is not put out for it.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::num::NonZeroU32;

use tower_muster::{failover::Budget, health::State};
use tower_muster_alternator::{HyperClient, Stack};
use tower_muster_testkit::{Close, Fault, TestCluster, TestNode, Tls as NodeTls};
use tower_muster_tests::{
    Failure, InOrder, Result, Table, executed, load, quiet, start, start_tls, state, unsigned_sdk,
    until,
};

const THREE: &str = "dc1:rack1=3";
const CALLS: usize = 200;
const CONCURRENCY: usize = 8;

#[derive(Debug, Clone, Copy)]
enum Transport {
    Http,
    Tls,
}

struct Scene {
    cluster: TestCluster,
    stack: Stack<HyperClient>,
    table: Table,
}

impl Scene {
    /// Three trusted nodes, of which the first gets every call that it can get.
    async fn start(transport: Transport) -> Result<Self> {
        let cluster = match transport {
            Transport::Tls => start_tls(THREE, NodeTls::new()).await,
            Transport::Http => start(THREE).await,
        };
        // It is not what the budget allows that is at stake.
        let config = quiet(&cluster, cluster.nodes())
            .policy(InOrder)
            .budget(Budget::new(1.0, 10_000.0)?)
            .max_attempts(NonZeroU32::new(20).unwrap());
        let stack = config.build()?;
        let table = Table::create(unsigned_sdk(stack.http_client())).await?;
        let scene = Self {
            cluster,
            stack,
            table,
        };
        until("the node is trusted", async || {
            scene.table.put("k", "v").await.unwrap();
            scene.state() == Some(State::Active)
        })
        .await;
        Ok(scene)
    }

    fn node(&self) -> &TestNode {
        &self.cluster.nodes()[0]
    }

    fn state(&self) -> Option<State> {
        state(self.stack.cluster(), self.node())
    }

    /// Adds one to a counter of each call's own.
    async fn adds(&self, calls: usize, concurrency: usize) -> Vec<Result<(), Failure>> {
        let table = self.table.clone();
        let adds = load(calls, concurrency, move |n| {
            let table = table.clone();
            async move { table.add(&n.to_string()).await }
        });
        adds.await
    }

    /// What was answered was carried out once, and what was not, once at most. Returns how many failed.
    async fn assert_added(&self, results: &[Result<(), Failure>]) -> Result<usize> {
        self.node().heal();
        for (n, result) in results.iter().enumerate() {
            let count = self.table.count(&n.to_string()).await?;
            match result {
                Ok(()) => assert_eq!(count, 1, "call {n} was answered"),
                Err(failure) => {
                    let is_told = failure.is_ambiguous() && failure.stack().is_some();
                    assert!(is_told, "call {n} could be repeated: {failure}");
                    assert!(count <= 1, "call {n} was carried out {count} times");
                }
            }
        }
        Ok(results.iter().filter(|result| result.is_err()).count())
    }
}

/// The node loses the race once: a put is served all the same, and the node goes on.
async fn one_race_costs_nothing(transport: Transport, fault: Fault) -> Result {
    let scene = Scene::start(transport).await?;
    let opened = scene.node().counters().connections;
    for n in 0..10 {
        let key = n.to_string();
        scene.node().inject(fault.clone().for_next(1));
        scene.table.put(&key, "v").await?;
        assert_eq!(scene.state(), Some(State::Active), "after race {n}");
        scene.node().heal();
        assert!(scene.table.get(&key).await?.is_some());
        // A FIN that follows an answer may meet this call instead, which is then served elsewhere.
        let before = executed([scene.node()]);
        until("the node is asked", async || {
            scene.table.get(&key).await.unwrap();
            executed([scene.node()]) > before
        })
        .await;
        assert_eq!(scene.state(), Some(State::Active), "after race {n}");
    }
    let opened = scene.node().counters().connections - opened;
    assert!(opened >= 10, "each race ended a connection: {opened}");
    Ok(())
}

/// Many callers race with the node all the time.
async fn no_repeatable_call_fails(transport: Transport, fault: Fault) -> Result {
    let scene = Scene::start(transport).await?;
    scene.node().inject(fault.for_share(0.5));
    let table = scene.table.clone();
    let calls = load(CALLS, CONCURRENCY, move |n| {
        let table = table.clone();
        async move {
            let key = (n % 20).to_string();
            match n % 4 {
                0 => table.put(&key, "v").await,
                1 => table.get(&key).await.map(drop),
                2 => table.query(&key).await.map(drop),
                _ => table.delete(&key).await,
            }
        }
    });
    for result in calls.await {
        result?;
    }
    Ok(())
}

async fn no_add_is_carried_out_twice(transport: Transport, fault: Fault) -> Result {
    let scene = Scene::start(transport).await?;
    scene.node().inject(fault.for_share(0.5));
    let results = scene.adds(CALLS, CONCURRENCY).await;
    let failed = scene.assert_added(&results).await?;
    assert!(failed < CALLS, "the other nodes serve");
    Ok(())
}

macro_rules! each_race {
    ($($name:ident: $fault:expr;)*) => {$(
        mod $name {
            use super::{Fault, Result, Transport};

            #[tokio::test]
            async fn costs_no_put_and_does_not_put_the_node_out() -> Result {
                super::one_race_costs_nothing(Transport::Http, $fault).await?;
                super::one_race_costs_nothing(Transport::Tls, $fault).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn costs_none_of_many_calls_that_may_be_repeated() -> Result {
                super::no_repeatable_call_fails(Transport::Http, $fault).await?;
                super::no_repeatable_call_fails(Transport::Tls, $fault).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn has_no_add_carried_out_twice() -> Result {
                super::no_add_is_carried_out_twice(Transport::Http, $fault).await?;
                super::no_add_is_carried_out_twice(Transport::Tls, $fault).await
            }
        }
    )*};
}

each_race! {
    a_fin_as_a_request_arrives: Fault::CloseOnArrival(super::Close::Fin);
    a_reset_as_a_request_arrives: Fault::CloseOnArrival(super::Close::Reset);
    a_fin_after_the_head: Fault::CloseAfterHead(super::Close::Fin);
    a_reset_after_the_head: Fault::CloseAfterHead(super::Close::Reset);
    a_fin_after_the_answer: Fault::CloseAfterAnswer;
}

#[tokio::test]
async fn a_node_that_always_closes_idle_connections_late_stays_in_and_serves() -> Result {
    for transport in [Transport::Http, Transport::Tls] {
        for how in [Close::Fin, Close::Reset] {
            let scene = Scene::start(transport).await?;
            scene.node().close_on_arrival(how);
            let before = scene.node().counters();
            for n in 0..40 {
                scene.table.put(&n.to_string(), "v").await?;
                assert_eq!(
                    scene.state(),
                    Some(State::Active),
                    "{transport:?} {how:?} {n}"
                );
            }
            let after = scene.node().counters();
            // Every other call finds an idle connection there, and loses it.
            assert!(after.executed >= before.executed + 15, "{after:?}");
            assert!(after.connections >= before.connections + 15, "{after:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_node_that_closes_after_each_answer_serves_every_call() -> Result {
    for transport in [Transport::Http, Transport::Tls] {
        let scene = Scene::start(transport).await?;
        scene.node().close_after_answer();
        let before = scene.node().counters();
        let results = scene.adds(40, 1).await;
        let after = scene.node().counters();
        assert!(after.connections >= before.connections + 15, "{after:?}");
        assert_eq!(scene.state(), Some(State::Active));
        let failed = scene.assert_added(&results).await?;
        assert!(failed < 40, "what was never sent is sent again");
    }
    Ok(())
}

/// What was written and may have been read is not sent again, though nothing came of it.
#[tokio::test]
async fn an_add_that_loses_the_race_is_told_as_doubtful_or_served_once() -> Result {
    for transport in [Transport::Http, Transport::Tls] {
        for how in [Close::Fin, Close::Reset] {
            let scene = Scene::start(transport).await?;
            let mut results = Vec::new();
            for n in 0..10 {
                let once = Fault::CloseOnArrival(how).for_next(1);
                scene.node().inject(once);
                results.push(scene.table.add(&n.to_string()).await);
                scene.node().heal();
                scene.table.get("k").await?;
            }
            scene.assert_added(&results).await?;
            assert_eq!(scene.state(), Some(State::Active));
        }
    }
    Ok(())
}

#[tokio::test]
async fn all_idle_connections_of_all_nodes_may_be_closed_at_once() -> Result {
    for transport in [Transport::Http, Transport::Tls] {
        let scene = Scene::start(transport).await?;
        for how in [Close::Fin, Close::Reset, Close::Fin] {
            for node in scene.cluster.nodes() {
                node.inject(Fault::CloseOnArrival(how).for_next(CONCURRENCY as u64));
            }
            let table = scene.table.clone();
            let calls = load(CONCURRENCY, CONCURRENCY, move |n| {
                let table = table.clone();
                async move { table.put(&n.to_string(), "v").await }
            });
            for result in calls.await {
                result?;
            }
            scene.cluster.nodes().iter().for_each(TestNode::heal);
        }
        until("the node is trusted again", async || {
            scene.table.put("k", "v").await.unwrap();
            scene.state() == Some(State::Active)
        })
        .await;
    }
    Ok(())
}
