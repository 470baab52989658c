//! A password that changes, a key that is wrong and a clock that is off cost few attempts: no call asks more than
//! two nodes about its signature, and what only one node finds wrong fails no call.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, future},
};
use tower_muster_alternator::{Config, Stack};
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{
    ACCESS_KEY, Failure, InOrder, Recorder, Result, SECRET, Table, config, credentials, load,
    signature_failures, signing_sdk, start, unsigned_sdk, until,
};

const SIX: &str = "dc1:rack1=3,rack2=3";
const HOUR: i64 = 3_600;

/// A provider whose secret may change, and which counts how often it was asked.
#[derive(Debug, Clone)]
struct Rotating {
    secret: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl Rotating {
    fn new() -> Self {
        Self {
            secret: Arc::new(Mutex::new(SECRET.to_owned())),
            asked: Arc::default(),
        }
    }

    fn change(&self, secret: &str) {
        secret.clone_into(&mut self.secret.lock().unwrap());
    }
}

impl ProvideCredentials for Rotating {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.asked.fetch_add(1, Relaxed);
        let secret = self.secret.lock().unwrap().clone();
        let credentials = Credentials::new(ACCESS_KEY, secret, None, None, "tests");
        future::ProvideCredentials::ready(Ok(credentials))
    }
}

struct Scene {
    cluster: TestCluster,
    client: Recorder,
    stack: Stack<Recorder>,
    table: Table,
    provider: Rotating,
}

impl Scene {
    /// Starts six nodes, each of which remembers the key.
    async fn start(with: impl FnOnce(Config) -> Config) -> Result<Self> {
        let cluster = start(SIX).await;
        let (client, provider) = (Recorder::new(), Rotating::new());
        let config = config(&cluster)
            .credentials(provider.clone(), "us-east-1")
            .cache_credentials(false);
        let stack = with(config).build_over(client.clone())?;
        let table = Table::create(unsigned_sdk(stack.http_client())).await?;
        let scene = Self {
            cluster,
            client,
            stack,
            table,
            provider,
        };
        until("each node knows the key", async || {
            scene.table.get("k").await.unwrap();
            scene
                .cluster
                .nodes()
                .iter()
                .all(|node| node.counters().executed > 0)
        })
        .await;
        scene.client.clear();
        Ok(scene)
    }

    /// How many attempts a call took, and what it gave.
    async fn put(&self, n: usize) -> (usize, Result<(), Failure>) {
        self.client.clear();
        let result = self.table.put(&n.to_string(), "v").await;
        (self.client.sent().len(), result)
    }

    fn nobody_is_set_aside(&self) -> bool {
        self.stack
            .cluster()
            .nodes()
            .iter()
            .all(|node| !node.is_set_aside())
    }
}

#[tokio::test]
async fn after_a_password_has_changed_each_call_asks_two_nodes_at_most_and_few_fail() -> Result {
    let scene = Scene::start(patient).await?;
    assert!(scene.cluster.change_secret(ACCESS_KEY, "another"));
    scene.provider.change("another");
    let mut failed = 0;
    for n in 0..100 {
        let (attempts, result) = scene.put(n).await;
        assert!(attempts <= 2, "call {n} asked {attempts} nodes");
        if let Err(failure) = result {
            assert_eq!(
                failure.code(),
                Some("UnrecognizedClientException"),
                "{failure}"
            );
            failed += 1;
        }
    }
    // Each node remembers the old one for one answer, and a call that fails had two of these.
    assert!(failed <= 3, "{failed} calls failed");
    let refused = signature_failures(&scene.cluster);
    assert!(
        (1..=6).contains(&refused),
        "{refused} attempts were refused"
    );
    assert!(scene.nobody_is_set_aside(), "nobody is blamed");
    Ok(())
}

#[tokio::test]
async fn when_one_node_alone_remembers_the_old_password_no_call_fails() -> Result {
    let scene = Scene::start(patient).await?;
    assert!(scene.cluster.change_secret(ACCESS_KEY, "another"));
    // All but one have learned of it: theirs is a minute later.
    for node in &scene.cluster.nodes()[1..] {
        node.set_clock_offset(61);
    }
    scene.provider.change("another");
    until("the one has learned of it", async || {
        let (attempts, result) = scene.put(1).await;
        result.unwrap();
        assert!(attempts <= 2, "{attempts} nodes were asked");
        signature_failures(&scene.cluster) > 0
    })
    .await;
    for n in 0..50 {
        scene.put(n).await.1?;
    }
    assert_eq!(signature_failures(&scene.cluster), 1, "once is enough");
    assert!(scene.nobody_is_set_aside());
    Ok(())
}

#[tokio::test]
async fn a_secret_or_a_key_that_is_wrong_is_told_by_two_nodes_and_then_to_the_caller() -> Result {
    let scene = Scene::start(patient).await?;
    scene.provider.change("not_it");
    for n in 0..20 {
        let (attempts, result) = scene.put(n).await;
        let failure = result.unwrap_err();
        assert_eq!((failure.status(), attempts), (Some(400), 2), "{failure}");
        assert_eq!(
            failure.code(),
            Some("UnrecognizedClientException"),
            "{failure}"
        );
    }
    assert!(scene.nobody_is_set_aside(), "it is the caller's own fault");
    scene.provider.change(SECRET);
    assert_eq!(scene.put(0).await.0, 1);

    let stranger = Credentials::new("nobody", SECRET, None, None, "tests");
    let stranger = config(&scene.cluster).credentials(stranger, "us-east-1");
    let failure = Table::of(unsigned_sdk(stranger.http_client()?))
        .get("k")
        .await
        .unwrap_err();
    assert!(
        failure.to_string().contains("User not found: nobody"),
        "{failure}"
    );
    assert!(!failure.to_string().contains(SECRET), "{failure}");
    Ok(())
}

/// Nothing but the signature is a reason to ask another node, also on a busy machine.
fn patient(config: Config) -> Config {
    config
        .attempt_timeout(Duration::from_secs(5))
        .deadline(Duration::from_secs(20))
}

/// Calls of every kind while one node's clock is off, and how many of them it refused.
async fn calls_past_a_node_with_another_time(
    scene: &Scene,
    offset: i64,
    table: &Table,
) -> Result<u64> {
    let node = &scene.cluster.nodes()[2];
    node.set_clock_offset(offset);
    let table = table.clone();
    // No call fails, whichever it is: the node has not carried it out.
    let calls = load(600, 8, move |n| {
        let (table, key) = (table.clone(), n.to_string());
        async move {
            match n % 3 {
                0 => table.put(&key, "v").await,
                1 => table.add(&key).await,
                _ => table.get(&key).await.map(drop),
            }
        }
    });
    for result in calls.await {
        result?;
    }
    let refused = node.counters().signature_failures;
    assert_eq!(
        signature_failures(&scene.cluster),
        refused,
        "no other node was in doubt"
    );
    Ok(refused)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_clock_is_off_is_left_alone_by_an_sdk_that_signs_and_no_call_fails() -> Result
{
    for offset in [HOUR, -HOUR] {
        let scene = Scene::start(patient).await?;
        let signed_above = patient(config(&scene.cluster)).signed_above();
        let table = Table::of(signing_sdk(signed_above.http_client()?));
        let refused = calls_past_a_node_with_another_time(&scene, offset, &table).await?;
        assert!((1..=30).contains(&refused), "{refused} of 600 calls");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_clock_is_off_is_signed_for_by_its_own_and_serves_like_the_others() -> Result {
    for offset in [HOUR, -HOUR] {
        let scene = Scene::start(patient).await?;
        let before = scene.cluster.nodes()[2].counters().executed;
        let refused = calls_past_a_node_with_another_time(&scene, offset, &scene.table).await?;
        // As many as were under way before the first refusal was there.
        assert!((1..=8).contains(&refused), "{refused} of 600 calls");
        let served = scene.cluster.nodes()[2].counters().executed - before;
        assert!(served > 20, "{served} of 600 calls, of six nodes");
        assert!(scene.nobody_is_set_aside());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_clock_was_set_right_is_refused_once_more_and_serves_on() -> Result {
    let scene = Scene::start(patient).await?;
    let node = &scene.cluster.nodes()[2];
    for (offset, refusals) in [(HOUR, 1), (0, 2)] {
        node.set_clock_offset(offset);
        let before = node.counters().executed;
        until("it serves", async || {
            scene.put(1).await.1.unwrap();
            node.counters().executed > before + 10
        })
        .await;
        assert_eq!(node.counters().signature_failures, refusals);
    }
    Ok(())
}

#[tokio::test]
async fn a_clock_of_the_callers_own_that_is_wrong_costs_each_node_one_refusal_and_no_call() -> Result
{
    for offset in [HOUR, -HOUR] {
        let scene = Scene::start(patient).await?;
        // As seen from the nodes.
        for node in scene.cluster.nodes() {
            node.set_clock_offset(offset);
        }
        for n in 0..60 {
            scene.put(n).await.1?;
        }
        let refused = signature_failures(&scene.cluster);
        assert!((1..=6).contains(&refused), "{refused} of six nodes");
        assert!(scene.nobody_is_set_aside());
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_is_asked_once_and_not_for_each_attempt() -> Result {
    let scene = Scene::start(|config| patient(config).cache_credentials(true)).await?;
    for n in 0..20 {
        scene.put(n).await.1?;
    }
    assert_eq!(scene.provider.asked.load(Relaxed), 1);
    Ok(())
}

#[tokio::test]
async fn without_a_cache_it_is_asked_for_each_attempt_and_what_it_says_next_is_used_next() -> Result
{
    let scene = Scene::start(patient).await?;
    let before = scene.provider.asked.load(Relaxed);
    scene.put(1).await.1?;
    assert_eq!(scene.provider.asked.load(Relaxed), before + 1);
    scene.provider.change("not_it");
    scene.put(1).await.1.unwrap_err();
    scene.provider.change(SECRET);
    scene.put(1).await.1?;
    assert_eq!(
        scene.provider.asked.load(Relaxed),
        before + 4,
        "the wrong one was tried twice"
    );
    Ok(())
}

#[tokio::test]
async fn a_clock_that_is_wrong_fails_no_call_that_comes_from_a_node_in_trouble() -> Result {
    let cluster = start("dc1:rack1=3").await;
    let config = config(&cluster).credentials(credentials(), "us-east-1");
    let table = Table::create(unsigned_sdk(config.policy(InOrder).http_client()?)).await?;
    table.put("k", "v").await?;
    cluster.nodes()[0].refuse();
    cluster.nodes()[1].set_clock_offset(HOUR);
    table.put("k", "v").await?;
    assert_eq!(
        cluster.nodes()[1].counters().signature_failures,
        1,
        "it was asked"
    );
    Ok(())
}
