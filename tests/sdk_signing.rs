//! Whoever signs, every node takes what it is sent, also where a call moves to another one: the SDK for one
//! Host, the stack for each node, or both, the stack's signature in the place of the SDK's.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::{Builder, Region};
use http::{HeaderMap, Request, StatusCode};
use tower::util::MapRequest;
use tower_muster_smithy::{ENDPOINT_URL, SdkConfig, SignedBelow, http_client, sdk_config};
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{
    ACCESS_KEY, InOrder, Recorder, Result, Sent, Table, config, credentials, signature_failures,
    start,
};

const SDK_HOST: &str = "cluster.invalid";

#[derive(Debug, Clone, Copy, PartialEq)]
enum Signs {
    Sdk,
    Stack,
    /// So the SDK's own way not to sign.
    StackByNoAuth,
    Both,
}

struct Scene {
    cluster: TestCluster,
    table: Table,
    client: Recorder,
    /// How many requests the SDK has signed.
    by_sdk: Arc<AtomicUsize>,
}

impl Scene {
    /// A stack that asks the first node first.
    async fn start(signs: Signs) -> Result<Self> {
        let cluster = start("dc1:rack1=3").await;
        let client = Recorder::new();
        let stack = config(&cluster).policy(InOrder);
        let stack = match signs {
            Signs::Sdk => stack.signed_above(),
            _ => stack.credentials(credentials(), "us-east-1"),
        };
        let stack = stack.build_over(client.clone())?;
        let by_sdk = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&by_sdk);
        let counting = MapRequest::new(stack.service(), move |request: Request<_>| {
            counted.fetch_add(is_signed(request.headers()), Relaxed);
            request
        });
        let key = SharedCredentialsProvider::new(credentials());
        let key = (signs == Signs::Sdk).then_some(key);
        let sdk = Builder::from(&sdk_config(http_client(counting), "us-east-1", key)?);
        let sdk = match signs {
            Signs::Stack => sdk.push_auth_scheme(SignedBelow::new()),
            Signs::StackByNoAuth => sdk.allow_no_auth(),
            Signs::Sdk | Signs::Both => sdk,
        };
        Ok(Self {
            cluster,
            table: Table::create(sdk).await?,
            client,
            by_sdk,
        })
    }

    /// Calls move from the first node to the second.
    async fn fail_over(&self) -> Result<Vec<Sent>> {
        self.client.clear();
        self.by_sdk.store(0, Relaxed);
        self.cluster.nodes()[0].fail(StatusCode::SERVICE_UNAVAILABLE);
        for n in 0..5 {
            self.table.put_get_query_delete(&n.to_string()).await?;
        }
        let sent = self.client.sent();
        assert!(sent.len() > 20, "no call moved to another node");
        assert_eq!(signature_failures(&self.cluster), 0);
        Ok(sent)
    }
}

fn is_signed(headers: &HeaderMap) -> usize {
    usize::from(headers.contains_key("authorization"))
}

fn assert_signed_for(sent: &[Sent], host: impl Fn(&Sent) -> String) {
    for sent in sent {
        let key = format!("Credential={ACCESS_KEY}/");
        assert!(sent.header("authorization").contains(&key), "{sent:?}");
        assert_eq!(sent.headers.get_all("authorization").iter().count(), 1);
        assert_eq!(sent.header("host"), host(sent));
    }
}

fn node(sent: &Sent) -> String {
    sent.uri.authority().unwrap().to_string()
}

#[tokio::test]
async fn the_sdk_signs_for_one_host_that_every_node_is_sent() -> Result {
    let scene = Scene::start(Signs::Sdk).await?;
    let sent = scene.fail_over().await?;
    assert_signed_for(&sent, |_| SDK_HOST.to_owned());
    assert_eq!(scene.by_sdk.load(Relaxed), 20);
    Ok(())
}

#[tokio::test]
async fn the_stack_signs_each_attempt_for_its_node_and_the_sdk_does_not() -> Result {
    for signs in [Signs::Stack, Signs::StackByNoAuth] {
        let scene = Scene::start(signs).await?;
        let sent = scene.fail_over().await?;
        assert_signed_for(&sent, node);
        assert_eq!(scene.by_sdk.load(Relaxed), 0, "{signs:?}");
    }
    Ok(())
}

#[tokio::test]
async fn where_both_sign_the_stacks_signature_is_the_one_that_is_sent() -> Result {
    let scene = Scene::start(Signs::Both).await?;
    let sent = scene.fail_over().await?;
    assert_signed_for(&sent, node);
    assert_eq!(scene.by_sdk.load(Relaxed), 20);
    Ok(())
}

/// A table over a configuration as it is, which is there already.
fn table(config: &SdkConfig) -> Table {
    Table::of(Builder::from(config))
}

#[tokio::test]
async fn the_ready_stack_sets_up_an_sdk_that_needs_no_more() -> Result {
    let cluster = start("dc1:rack1=3").await;
    let signing = || config(&cluster).credentials(credentials(), "us-east-1");
    Table::create(Builder::from(&signing().sdk_config()?)).await?;
    table(&signing().sdk_config()?)
        .put_get_query_delete("v")
        .await?;

    let above = config(&cluster).signed_above().build()?;
    let key = SharedCredentialsProvider::new(credentials());
    let above = above.sdk_config("us-east-1", Some(key))?;
    table(&above).put_get_query_delete("v").await?;
    assert_eq!(signature_failures(&cluster), 0);
    Ok(())
}

#[tokio::test]
async fn an_sdk_that_leaves_signing_to_who_is_below_needs_no_credentials_and_sends_no_signature()
-> Result {
    let cluster = start("dc1:rack1=3").await;
    let client = Recorder::new();
    let stack = config(&cluster).build_over(client.clone())?;
    let sdk = aws_sdk_dynamodb::Config::builder()
        .behavior_version_latest()
        .region(Region::new("us-east-1"))
        .endpoint_url(ENDPOINT_URL)
        .http_client(stack.http_client())
        .push_auth_scheme(SignedBelow::new());
    let failure = Table::of(sdk).get("k").await.unwrap_err();
    assert_eq!(failure.code(), Some("MissingAuthenticationTokenException"));
    for sent in client.sent() {
        assert_eq!(is_signed(&sent.headers), 0, "{sent:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_nobody_could_sign_is_refused_by_a_name_that_tells_why() -> Result {
    let cluster = start("dc1:rack1=3").await;
    let failure = table(&config(&cluster).sdk_config()?)
        .get("k")
        .await
        .unwrap_err();
    assert_eq!(
        failure.code(),
        Some("UnrecognizedClientException"),
        "{failure}"
    );
    assert!(
        failure.to_string().contains("signed-by-the-stack"),
        "{failure}"
    );
    Ok(())
}

#[test]
fn a_region_that_is_none_is_refused_when_the_sdk_is_set_up() {
    let config: tower_muster_alternator::Config =
        "alternator://10.0.0.1/?region=us%20east".parse().unwrap();
    let error = config.sdk_config().unwrap_err();
    assert!(error.to_string().starts_with("region: "), "{error}");
}

#[tokio::test]
async fn a_node_whose_clock_is_wrong_costs_no_call_that_the_sdk_signs() -> Result {
    let scene = Scene::start(Signs::Sdk).await?;
    scene.cluster.nodes()[0].set_clock_offset(3600);
    for _ in 0..30 {
        scene.table.get("k").await?;
    }
    assert!(
        signature_failures(&scene.cluster) > 0,
        "no call met the wrong clock"
    );
    Ok(())
}

#[tokio::test]
async fn an_sdk_whose_own_clock_is_wrong_learns_it_from_a_call_that_fails() -> Result {
    let scene = Scene::start(Signs::Sdk).await?;
    for node in scene.cluster.nodes() {
        node.set_clock_offset(3600);
    }
    let failure = scene.table.get("k").await.unwrap_err();
    assert_eq!(
        failure.code(),
        Some("InvalidSignatureException"),
        "{failure}"
    );
    scene.table.get("k").await?;
    Ok(())
}
