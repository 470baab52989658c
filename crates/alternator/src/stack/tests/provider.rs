//! Credentials that take their time: no node is blamed for it, and what waits for them was not sent.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use bytes::Bytes;
use futures_util::future::join_all;
use http::{Method, Request};
use http_body_util::Full;
use tokio::time::sleep;
use tower::ServiceExt;
use tower_muster::{
    failover::{Error, Reason},
    health::State,
};
use tower_muster_sigv4::CachedCredentials;

use super::{PUT, credentials};
use crate::{
    Alternator, Config, Stack,
    tests::fakes::{Client, Reply, Seen},
};

const NODES: [&str; 3] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
const SECOND: Duration = Duration::from_secs(1);

/// A provider that thinks, and counts how often it was asked.
#[derive(Debug, Clone)]
struct Slow {
    thinks: Duration,
    asked: Arc<AtomicUsize>,
}

impl Slow {
    fn new(thinks: Duration) -> Self {
        let asked = Arc::default();
        Self { thinks, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Relaxed)
    }
}

impl ProvideCredentials for Slow {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.asked.fetch_add(1, Relaxed);
        future::ProvideCredentials::new(async {
            sleep(self.thinks).await;
            Ok(credentials())
        })
    }
}

fn three_nodes() -> Client {
    Client::new(|seen| match seen.head.method {
        Method::GET => Reply::list(&NODES),
        _ => Reply::Status(200),
    })
}

fn stack(
    client: &Client,
    provider: impl ProvideCredentials + 'static,
    with: impl FnOnce(Config) -> Config,
) -> Stack<Client> {
    let config = Alternator::at("http://10.0.0.1:8000").credentials(provider, "us-east-1");
    with(config).build_over(client.clone()).expect("a stack")
}

async fn put(stack: &Stack<Client>, body: &'static str) -> Result<u16, Error> {
    let request = Request::post("http://elsewhere.example/")
        .header("x-amz-target", "DynamoDB_20120810.PutItem")
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .expect("a request");
    let response = stack.service().oneshot(request).await?;
    Ok(response.status().as_u16())
}

fn assert_nobody_is_blamed(stack: &Stack<Client>) {
    for node in stack.cluster().nodes() {
        assert_eq!(node.state(), State::Active, "{node:?}");
        assert!(!node.is_set_aside(), "{node:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_slower_than_an_attempt_may_be_is_asked_once_and_no_node_is_blamed() {
    let (client, provider) = (three_nodes(), Slow::new(3 * SECOND));
    let stack = stack(&client, provider.clone(), |config| config);
    let calls = join_all((0..24).map(|_| put(&stack, PUT))).await;
    for status in calls {
        assert_eq!(status.expect("served"), 200);
    }
    assert_eq!(client.operations().len(), 24, "each was sent once");
    assert_nobody_is_blamed(&stack);
    for _ in 0..24 {
        put(&stack, PUT).await.expect("served");
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_each_attempt_asks_costs_no_node_its_name_either() {
    let (client, provider) = (three_nodes(), Slow::new(3 * SECOND));
    let stack = stack(&client, provider.clone(), |config| {
        config.cache_credentials(false)
    });
    for n in 1..=4 {
        assert_eq!(put(&stack, PUT).await.expect("served"), 200);
        assert_eq!((client.operations().len(), provider.asked()), (n, n));
    }
    assert_nobody_is_blamed(&stack);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waits_for_credentials_when_time_is_up_is_known_to_be_unsent() {
    let (client, provider) = (three_nodes(), Slow::new(100 * SECOND));
    let stack = stack(&client, provider, |config| config.deadline(5 * SECOND));
    let once = r#"{"TableName":"t","ConditionExpression":"attribute_not_exists(p)"}"#;
    let error = put(&stack, once).await.expect_err("no credentials");
    assert!(
        matches!(&error, Error::Exhausted { reason: Reason::Deadline { .. }, tried, .. } if tried.len() == 1),
        "{error:?}"
    );
    assert!(error.is_safe_to_repeat(), "{error:?}");
    assert!(client.operations().is_empty());
    assert_nobody_is_blamed(&stack);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_waited_for_credentials_has_all_its_time_at_the_node() {
    // A node that is silent is still left for another, an attempt's time after the credentials were there.
    let silent = Client::new(|seen: &Seen| match (&seen.head.method, seen.host()) {
        (&Method::GET, _) => Reply::list(&NODES),
        (_, "10.0.0.3") => Reply::Status(200),
        _ => Reply::Silence,
    });
    let stack = stack(&silent, Slow::new(3 * SECOND), |config| config);
    assert_eq!(put(&stack, PUT).await.expect("served"), 200);
    let hosts: HashSet<_> = silent
        .operations()
        .iter()
        .map(|seen| seen.host().to_owned())
        .collect();
    assert_eq!(
        hosts.len(),
        silent.operations().len(),
        "none was asked twice"
    );
}

#[tokio::test(start_paused = true)]
async fn stacks_of_one_configuration_ask_once_and_a_cache_of_the_callers_is_shared() {
    let (client, provider) = (three_nodes(), Slow::new(SECOND));
    let config = Alternator::at("http://10.0.0.1:8000").credentials(provider.clone(), "us-east-1");
    for config in [config.clone(), config] {
        let stack = config.build_over(client.clone()).expect("a stack");
        put(&stack, PUT).await.expect("served");
    }
    assert_eq!(provider.asked(), 1);

    let shared = SharedCredentialsProvider::new(provider.clone());
    let cache = CachedCredentials::new(shared);
    for keeps in [true, false] {
        let stack = stack(&client, cache.clone(), |config| {
            config.cache_credentials(keeps)
        });
        put(&stack, PUT).await.expect("served");
    }
    assert_eq!(provider.asked(), 2, "once more, by the cache");
}
