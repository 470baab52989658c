//! Who finds out whether a node is back is a probe and no request, and connections that are kept warm are
//! there before the first request.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use tower_muster::{
    Cluster,
    discover::Pace,
    health::State,
    probe::{HttpProbe, Probe, Probing},
};
use tower_muster_alternator::{Alternator, Config, HyperClient, Stack};
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{
    Recorder, Result, Table, config, hyper_client, impatient, signing_sdk, start, until,
};

const THREE: &str = "dc1:rack1=3";
const CONNECTIONS: u16 = 4;
const ALL_DAY: Duration = Duration::from_secs(86_400);

struct Scene {
    cluster: TestCluster,
    client: Recorder,
    stack: Stack<Recorder>,
    table: Table,
}

impl Scene {
    /// Starts a cluster whose nodes are asked for each other only once: what else they are asked for
    /// beside the operations is a probe.
    async fn start(set: impl FnOnce(Config) -> Config) -> Result<Self> {
        let cluster = start(THREE).await;
        let client = Recorder::new();
        let config = config(&cluster).pace(Pace::new(ALL_DAY, ALL_DAY)?);
        let stack = set(config).signed_above().build_over(client.clone())?;
        let table = Table::create(signing_sdk(stack.http_client())).await?;
        Ok(Self {
            cluster,
            client,
            stack,
            table,
        })
    }

    fn victim(&self) -> &TestNode {
        &self.cluster.nodes()[1]
    }

    fn state(&self) -> State {
        state(self.stack.cluster(), self.victim())
    }

    /// Makes requests until one has found that the node is lost; all of them succeed elsewhere.
    async fn lose(&self, fault: fn(&TestNode)) {
        fault(self.victim());
        until("a request finds the node lost", async || {
            self.table.get("k").await.unwrap();
            self.state() == State::Down
        })
        .await;
    }
}

fn state(cluster: &Cluster, node: &TestNode) -> State {
    let nodes = cluster.nodes();
    let status = nodes
        .iter()
        .find(|status| status.node().origin().as_str() == node.url());
    status.unwrap().state()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_restarted_is_back_before_any_request_has_tried() -> Result {
    let scene = Scene::start(|config| config).await?;
    scene.lose(TestNode::kill).await;
    scene.client.clear();
    let attempts = scene.victim().counters().attempts;

    scene.victim().restart().await?;
    until("a probe finds the node back", async || {
        scene.state() != State::Down
    })
    .await;
    assert!(scene.client.sent().is_empty(), "nothing was sent");
    assert_eq!(scene.victim().counters().attempts, attempts);

    let executed = scene.victim().counters().executed;
    until("requests use the node", async || {
        scene.table.get("k").await.unwrap();
        scene.victim().counters().executed > executed
    })
    .await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_sent_to_a_node_that_leaves_its_probe_unanswered() -> Result {
    let scene = Scene::start(impatient).await?;
    scene.lose(TestNode::black_hole).await;
    scene.client.clear();
    let before = scene.victim().counters().local_nodes;
    until("the node is probed", async || {
        scene.table.get("k").await.unwrap();
        scene.victim().counters().local_nodes > before
    })
    .await;
    for _ in 0..100 {
        scene.table.get("k").await?;
    }
    let sent = scene.client.sent();
    let lost = scene.victim().address().to_string();
    assert!(sent.len() > 100, "requests go on");
    assert!(
        sent.iter()
            .all(|sent| sent.uri.authority().unwrap().as_str() != lost)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_probes_it_is_a_request_that_finds_a_node_back() -> Result {
    let scene = Scene::start(Config::no_probing).await?;
    scene.lose(TestNode::kill).await;
    let before = scene.victim().counters();
    scene.victim().restart().await?;
    until("a request finds the node back", async || {
        scene.table.get("k").await.unwrap();
        scene.state() != State::Down
    })
    .await;
    let after = scene.victim().counters();
    assert!(after.executed > before.executed);
    assert_eq!(after.local_nodes, before.local_nodes);
    Ok(())
}

/// A cluster, and a stack of it that keeps connections warm.
struct Warm {
    cluster: TestCluster,
    stack: Stack,
    answered: Arc<AtomicUsize>,
}

impl Warm {
    async fn start(every: Duration) -> Result<Self> {
        let cluster = start(THREE).await;
        let client = hyper_client();
        let answered = Arc::new(AtomicUsize::new(0));
        let probe = counting(
            HttpProbe::get("/localnodes", client.clone())?,
            Arc::clone(&answered),
        );
        let stack = Alternator::at(cluster.nodes()[0].url())
            .pace(Pace::new(ALL_DAY, ALL_DAY)?)
            .signed_above()
            .probing(Probing::new(probe))
            .keep_warm(CONNECTIONS, every)
            .build_over(client)?;
        stack.cluster().ready().await?;
        Ok(Self {
            cluster,
            stack,
            answered,
        })
    }

    /// The nodes but the first: that one was asked for the list, and may have a connection more.
    fn nodes(&self) -> &[TestNode] {
        &self.cluster.nodes()[1..]
    }

    /// Whether each node has accepted as many connections as asked for, and no more.
    fn are_open(&self) -> bool {
        let mut nodes = self.nodes().iter();
        nodes.all(|node| node.counters().connections == u64::from(CONNECTIONS))
    }

    async fn until_open(&self) {
        self.until_used(1).await;
        until("the connections are open", async || self.are_open()).await;
    }

    /// Waits until all connections to each node were used so many times.
    async fn until_used(&self, times: usize) {
        let wanted = times * self.cluster.nodes().len() * usize::from(CONNECTIONS);
        until("the connections are used", async || {
            self.answered.load(Relaxed) >= wanted
        })
        .await;
    }
}

/// The probe, and a count of its answers.
fn counting(probe: HttpProbe<HyperClient, Full<Bytes>>, answered: Arc<AtomicUsize>) -> impl Probe {
    move |node| {
        let (probe, answered) = (probe.clone(), Arc::clone(&answered));
        async move {
            let answer = probe.ask(node).await;
            answered.fetch_add(1, Relaxed);
            answer
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_kept_warm_are_there_before_the_first_request() -> Result {
    let warm = Warm::start(ALL_DAY).await?;
    warm.until_open().await;
    let attempts = warm.nodes().iter().map(|node| node.counters().attempts);
    assert_eq!(attempts.sum::<u64>(), 0, "no request was sent yet");

    let table = Table::create(signing_sdk(warm.stack.http_client())).await?;
    for n in 0..50 {
        table.put(&n.to_string(), "v").await?;
    }
    let attempts = warm.nodes().iter().map(|node| node.counters().attempts);
    assert!(attempts.sum::<u64>() > 0, "now they were");
    assert!(warm.are_open(), "no request opened another");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_kept_warm_are_used_though_no_request_is_sent() -> Result {
    let warm = Warm::start(Duration::from_secs(1)).await?;
    warm.until_open().await;
    warm.until_used(4).await;
    assert!(warm.are_open(), "the same ones each time");
    Ok(())
}
