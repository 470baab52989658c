//! Nodes join, leave, stop, start and are cut off, and no call pays for it.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::time::Duration;

use aws_credential_types::Credentials;
use http_body_util::BodyExt;
use tower_muster::discover::Pace;
use tower_muster_alternator::{Alternator, LocalNodesError, Stack};
use tower_muster_testkit::{NodeState, TestCluster, TestNode};
use tower_muster_tests::{
    ACCESS_KEY, Failure, Result, SECRET, Table, Traffic, asked, attempts, config, executed,
    hyper_client, known, load, signing_sdk, sources, start, until, until_active, until_known, urls,
};

const FIVE: &str = "dc1:rack1=2,rack2=2,rack3=1";
/// Long enough for a few hundred calls and some lists.
const WHILE: Duration = Duration::from_millis(300);
/// How long a node that leaves serves on, once nobody lists it: a busy machine has some lists in that time, too.
const UNLISTED: Duration = Duration::from_secs(2);
const CONCURRENCY: usize = 8;

struct Scene {
    cluster: TestCluster,
    stack: Stack,
    table: Table,
}

impl Scene {
    async fn start() -> Result<Self> {
        let cluster = TestCluster::builder()
            .topology(FIVE)
            .joining("dc1:rack3=1")
            .credentials(ACCESS_KEY, SECRET)
            .staleness(Duration::from_millis(200))
            .start();
        let cluster = cluster.await?;
        let stack = config(&cluster).signed_above().build()?;
        let table = Table::create(signing_sdk(stack.http_client())).await?;
        Ok(Self {
            cluster,
            stack,
            table,
        })
    }

    fn members(&self) -> &[TestNode] {
        &self.cluster.nodes()[..5]
    }

    fn joiner(&self) -> &TestNode {
        &self.cluster.nodes()[5]
    }

    /// Puts and gets that nobody minds to be made twice.
    fn repeatable(&self) -> Traffic<Result<(), Failure>> {
        let table = self.table.clone();
        Traffic::begin(CONCURRENCY, move |n| {
            let table = table.clone();
            async move {
                let key = format!("k{}", n % 20);
                match n % 2 {
                    0 => table.put(&key, "v").await,
                    _ => table.get(&key).await.map(drop),
                }
            }
        })
    }

    /// Adds one to a counter of each call's own.
    fn adds(&self) -> Traffic<Result<(), Failure>> {
        let table = self.table.clone();
        Traffic::begin(CONCURRENCY, move |n| {
            let table = table.clone();
            async move { table.add(&n.to_string()).await }
        })
    }

    /// Every add succeeded, and counts once.
    async fn each_counts_once(&self, results: Vec<Result<(), Failure>>) -> Result {
        let table = self.table.clone();
        let counts = load(results.len(), CONCURRENCY, move |n| {
            let table = table.clone();
            async move { table.count(&n.to_string()).await }
        });
        for (n, (result, count)) in results.into_iter().zip(counts.await).enumerate() {
            result?;
            assert_eq!(count?, 1, "call {n}");
        }
        Ok(())
    }

    async fn until_used(&self, node: &TestNode) {
        let before = executed([node]);
        until("the node is used", async || {
            self.table.put("k", "v").await.unwrap();
            executed([node]) > before
        })
        .await;
    }
}

fn all_succeed(results: Vec<Result<(), Failure>>) -> Result {
    assert!(results.len() > 100, "{} calls", results.len());
    results.into_iter().collect::<Result<Vec<()>, _>>()?;
    Ok(())
}

/// The addresses that a node lists, without what JSON puts around a single one.
async fn list(node: &TestNode) -> String {
    let uri = format!("{}/localnodes", node.url()).parse().unwrap();
    let answer = hyper_client().get(uri).await.unwrap();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&body);
    text.trim_matches(['[', ']', '"']).to_owned()
}

/// Has the nodes asked for their lists once more, and what they say taken in.
async fn look(nodes: &[TestNode], stack: &Stack) {
    let before = asked(nodes);
    until(
        "the nodes were asked, and those who were left out",
        async || {
            stack.cluster().refresh();
            asked(nodes) > before + 2
        },
    )
    .await;
}

async fn until_state(node: &TestNode, state: NodeState) {
    until("the node is in that state", async || node.state() == state).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_joins_is_listed_before_it_serves_and_costs_no_call() -> Result {
    let scene = Scene::start().await?;
    let traffic = scene.adds();
    scene.joiner().join_slowly(Duration::from_secs(3)).await?;
    until_known(scene.stack.cluster(), scene.cluster.nodes()).await;
    assert_eq!(scene.joiner().state(), NodeState::Starting);
    until_state(scene.joiner(), NodeState::Serving).await;
    until("the newcomer is used", async || {
        executed([scene.joiner()]) > 0
    })
    .await;
    scene.each_counts_once(traffic.end().await).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_restarts_slowly_costs_no_call() -> Result {
    let scene = Scene::start().await?;
    let node = &scene.members()[1];
    let traffic = scene.repeatable();
    node.kill();
    traffic.go_on_for(100).await;
    node.restart_slowly(WHILE).await?;
    let before = executed([node]);
    until_state(node, NodeState::Serving).await;
    until("it is used again", async || executed([node]) > before).await;
    until_active(scene.stack.cluster(), node).await;
    all_succeed(traffic.end().await)
}

/// Takes a node out for good while there are calls, and returns what they gave.
async fn decommission<T: Send + 'static>(scene: &Scene, traffic: Traffic<T>) -> Vec<T> {
    traffic.go_on_for(50).await;
    let leaver = &scene.members()[2];
    leaver.decommission(WHILE, UNLISTED);
    until_state(leaver, NodeState::Left).await;
    traffic.go_on_for(50).await;
    let rest = [0, 1, 3, 4].map(|n| &scene.members()[n]);
    until_known(scene.stack.cluster(), rest).await;
    traffic.end().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_decommissioned_costs_no_read_and_no_put() -> Result {
    let scene = Scene::start().await?;
    all_succeed(decommission(&scene, scene.repeatable()).await)?;
    // It comes back as another node at the same address.
    let leaver = &scene.members()[2];
    leaver.join().await?;
    until_known(scene.stack.cluster(), scene.members()).await;
    scene.until_used(leaver).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_decommissioned_costs_no_add() -> Result {
    let scene = Scene::start().await?;
    let results = decommission(&scene, scene.adds()).await;
    scene.each_counts_once(results).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_drain_one_after_another_cost_no_read_and_no_put() -> Result {
    let scene = Scene::start().await?;
    let traffic = scene.repeatable();
    for node in &scene.members()[..4] {
        traffic.go_on_for(50).await;
        node.drain();
        until_state(node, NodeState::Drained).await;
    }
    traffic.go_on_for(50).await;
    for node in &scene.members()[..4] {
        node.restart().await?;
        until_active(scene.stack.cluster(), node).await;
    }
    all_succeed(traffic.end().await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_are_stopped_until_one_is_left_and_started_again() -> Result {
    let scene = Scene::start().await?;
    let (last, rest) = scene.members().split_last().unwrap();
    for (n, node) in rest.iter().enumerate() {
        node.kill();
        for call in 0..20 {
            scene.table.put(&format!("{n} {call}"), "v").await?;
        }
        until_known(scene.stack.cluster(), &scene.members()[n + 1..]).await;
    }
    let before = executed([last]);
    for call in 0..20 {
        scene.table.add(&call.to_string()).await?;
    }
    assert_eq!(executed([last]) - before, 20);
    for node in rest {
        node.restart().await?;
        scene.until_used(node).await;
    }
    until_known(scene.stack.cluster(), scene.members()).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_cut_off_is_no_cluster_and_gets_few_writes() -> Result {
    let scene = Scene::start().await?;
    let alone = &scene.members()[0];
    scene.cluster.partition([[alone]]);
    let before = attempts(scene.members());
    let lonely = attempts([alone]);
    let traffic = scene.adds();
    until("it lists nobody but itself", async || {
        list(alone).await == alone.address().ip().to_string()
    })
    .await;
    for _ in 0..10 {
        look(scene.members(), &scene.stack).await;
        let known = known(scene.stack.cluster());
        assert!(
            known.is_superset(&urls(&scene.members()[1..])),
            "{known:?} is no cluster"
        );
    }
    let results = traffic.end().await;
    let all = attempts(scene.members()) - before;
    let lonely = attempts([alone]) - lonely;
    assert!(lonely > 0, "it was asked");
    // A busy machine makes too few calls for what finds it out to be a small part of them.
    let to_find_out = 3 + CONCURRENCY as u64;
    assert!(
        lonely <= to_find_out || lonely * 20 < all,
        "{lonely} of {all} went to a node that refuses"
    );
    scene.each_counts_once(results).await?;

    scene.cluster.heal_partition();
    scene.until_used(alone).await;
    until_known(scene.stack.cluster(), scene.members()).await;
    Ok(())
}

#[tokio::test]
async fn whichever_side_of_a_cut_is_asked_the_other_is_not_forgotten() -> Result {
    let cluster = TestCluster::builder()
        .topology(FIVE)
        .staleness(Duration::ZERO)
        .start()
        .await?;
    let stack = config(&cluster).build()?;
    stack.cluster().ready().await?;
    let (few, most) = cluster.nodes().split_at(2);
    // Chance has who is asked first.
    for _ in 0..10 {
        cluster.partition([few]);
        until("both sides have noticed", async || {
            list(&few[0]).await.matches(',').count() == 1
        })
        .await;
        for _ in 0..3 {
            look(cluster.nodes(), &stack).await;
            let known = known(stack.cluster());
            assert!(known.is_superset(&urls(most)), "{known:?}");
        }
        cluster.heal_partition();
        until_known(stack.cluster(), cluster.nodes()).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_seed_that_is_cut_off_before_the_start_is_not_alone_for_long() -> Result {
    let cluster = TestCluster::builder()
        .topology(FIVE)
        .credentials(ACCESS_KEY, SECRET)
        .staleness(Duration::ZERO)
        .start()
        .await?;
    let sdk = signing_sdk(config(&cluster).http_client()?);
    let table = Table::create(sdk).await?;
    let (alone, rest) = cluster.nodes().split_first().unwrap();
    cluster.partition([[alone]]);
    let seeds = [alone.url(), rest[2].url()];
    let stack = Alternator::at_any(seeds).signed_above().build()?;
    stack.cluster().ready().await?;
    let known = known(stack.cluster());
    assert!(known.is_superset(&urls(rest)), "{known:?}");
    let again = Table::of(signing_sdk(stack.http_client()));
    for n in 0..20 {
        again.add(&n.to_string()).await?;
        assert_eq!(table.count(&n.to_string()).await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn discovery_is_in_trouble_until_the_first_node_is_there() -> Result {
    let cluster = start("dc1:rack1=2").await;
    cluster.nodes().iter().for_each(TestNode::kill);
    let stack = config(&cluster).build()?;
    assert!(stack.cluster().trouble().is_none(), "nobody was asked yet");
    stack.cluster().ready().await.unwrap_err();
    let trouble = stack.cluster().trouble().unwrap();
    let cause = sources(&trouble).find_map(|error| error.downcast_ref::<LocalNodesError>());
    let text = cause.unwrap().to_string();
    assert!(text.contains("refused"), "{text}");
    cluster.nodes()[1].restart().await?;
    until("the trouble is over", async || {
        stack.cluster().refresh();
        stack.cluster().trouble().is_none()
    })
    .await;
    stack.cluster().ready().await?;
    Ok(())
}

/// All nodes are lost and one is back: `trouble` tells both.
async fn trouble_is_told_and_ends(cluster: &TestCluster, stack: &Stack) -> Result<String> {
    stack.cluster().ready().await?;
    assert!(stack.cluster().trouble().is_none());
    cluster.nodes().iter().for_each(TestNode::kill);
    until("there is trouble", async || {
        stack.cluster().refresh();
        stack.cluster().trouble().is_some()
    })
    .await;
    let trouble = stack.cluster().trouble().unwrap();
    assert_eq!(
        known(stack.cluster()),
        urls(cluster.nodes()),
        "what is known is kept"
    );
    cluster.nodes()[1].restart().await?;
    until("the trouble is over", async || {
        stack.cluster().refresh();
        stack.cluster().trouble().is_none()
    })
    .await;
    let texts: Vec<_> = sources(&trouble).map(ToString::to_string).collect();
    Ok(texts.join(": "))
}

#[tokio::test]
async fn trouble_with_lists_is_told_while_what_is_known_is_kept() -> Result {
    let cluster = start("dc1:rack1=2").await;
    let stack = config(&cluster).build()?;
    let told = trouble_is_told_and_ends(&cluster, &stack).await?;
    assert!(told.contains(&cluster.nodes()[0].url()), "{told}");
    Ok(())
}

#[tokio::test]
async fn trouble_with_system_tables_is_told_while_what_is_known_is_kept() -> Result {
    let cluster = start("dc1:rack1=2").await;
    let credentials = Credentials::new(ACCESS_KEY, SECRET, None, None, "tests");
    let pace = Pace::new(Duration::from_millis(50), Duration::from_secs(60))?;
    let stack = Alternator::at(cluster.nodes()[0].url())
        .credentials(credentials, "us-east-1")
        .system_tables()
        .pace(pace)
        .build()?;
    let told = trouble_is_told_and_ends(&cluster, &stack).await?;
    assert!(told.contains("no members in the system tables"), "{told}");
    assert!(told.contains(&cluster.nodes()[0].url()), "{told}");
    Ok(())
}
