mod probing;
mod provider;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError, future},
};
use bytes::Bytes;
use http::{Method, Request, header::HOST};
use http_body_util::Full;
use tower::{ServiceBuilder, ServiceExt};
use tower_muster::{
    Attempt, Scope,
    failover::{Error, Reason},
};
use tower_muster_sigv4::SigV4Layer;

use crate::{
    Alternator, Config, ValidateError,
    tests::fakes::{Client, Reply, Seen},
};

const NODES: [&str; 4] = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"];
const PUT: &str = r#"{"TableName":"t","Item":{"p":{"S":"1"}}}"#;

fn credentials() -> Credentials {
    Credentials::new("alternator", "secret_pass", None, None, "tests")
}

fn signing() -> Config {
    Alternator::at("http://10.0.0.1:8000").credentials(credentials(), "us-east-1")
}

/// Nodes that list each other and answer the operations one after another.
fn nodes(replies: &'static [Reply]) -> Client {
    let operations = AtomicUsize::new(0);
    Client::new(move |seen| match seen.head.method {
        Method::GET => Reply::list(&NODES),
        _ => replies[operations.fetch_add(1, Relaxed)].clone(),
    })
}

async fn call(config: Config, client: &Client, body: &'static str) -> Result<u16, Error> {
    let stack = config.build_over(client.clone()).expect("a stack");
    let request = Request::post("http://elsewhere.example/")
        .header("x-amz-target", "DynamoDB_20120810.PutItem")
        .header("authorization", "an older signature")
        .header(HOST, "elsewhere.example");
    let request = request.body(Full::new(Bytes::from_static(body.as_bytes())));
    let response = stack.service().oneshot(request.expect("a request")).await?;
    Ok(response.status().as_u16())
}

/// The signature that a request should have, made by a signing layer alone.
async fn signature(seen: &Seen) -> String {
    let date = seen.header("x-amz-date");
    let date = date_of(date);
    let sign = SigV4Layer::new(credentials(), "us-east-1", "dynamodb").expect("a layer");
    let client = Client::new(|_| Reply::Status(200));
    let service = ServiceBuilder::new()
        .layer(sign.time_source(move || date))
        .service(client.clone());
    let request = Request::post(seen.head.uri.clone())
        .header("x-amz-target", seen.header("x-amz-target"))
        .body(Full::new(seen.body.clone()));
    let answer = service.oneshot(request.expect("a request")).await;
    answer.expect("an answer");
    client.operations()[0].header("authorization").to_owned()
}

/// The time of an `x-amz-date`, such as `20260102T030405Z`.
fn date_of(text: &str) -> SystemTime {
    let number = |range| {
        text.get(range)
            .and_then(|part: &str| part.parse::<u64>().ok())
    };
    let number = |range| number(range).expect("a date");
    let (year, month, day) = (number(0..4), number(4..6), number(6..8));
    // Days since 1970, by the civil calendar: March is the first month of its years.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days =
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
    let seconds = days * 86_400 + number(9..11) * 3_600 + number(11..13) * 60 + number(13..15);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The order of the layers, by what each attempt shows of it: `Failover` outside `Select` outside the
/// signature outside the client.
#[tokio::test]
async fn each_attempt_is_picked_aimed_and_signed_anew_and_carries_the_same_body() {
    let client = nodes(&[
        Reply::REFUSED,
        Reply::Status(500),
        Reply::REFUSED,
        Reply::Status(200),
    ]);
    let status = call(signing(), &client, PUT).await.expect("a response");
    assert_eq!(status, 200);

    let seen = client.operations();
    let hosts: HashSet<_> = seen.iter().map(Seen::host).collect();
    assert_eq!(
        hosts,
        HashSet::from(NODES),
        "each attempt is at another node"
    );
    for (n, attempt) in seen.iter().enumerate() {
        let authority = attempt.head.uri.authority().expect("a node").as_str();
        assert_eq!(
            attempt.header("host"),
            authority,
            "aimed before it is signed"
        );
        let expected = signature(attempt).await;
        assert_eq!(
            attempt.header("authorization"),
            expected,
            "signed as it is sent"
        );
        assert_eq!(attempt.body, PUT);
        let before: Vec<_> = seen[..n].iter().map(Seen::host).collect();
        let told = attempt.head.extensions.get::<Attempt>();
        let tried: Vec<_> = told
            .map(Attempt::tried)
            .unwrap_or_default()
            .iter()
            .collect();
        let tried: Vec<_> = tried
            .iter()
            .map(|node| node.origin().authority().host())
            .collect();
        assert_eq!(tried, before, "the choice knows what was tried");
    }
}

#[tokio::test]
async fn without_credentials_nothing_is_signed() {
    let client = nodes(&[Reply::Status(200)]);
    let config = Alternator::at("http://10.0.0.1:8000");
    call(config, &client, PUT).await.expect("a response");
    let seen = &client.operations()[0];
    assert_eq!(seen.header("authorization"), "an older signature");
    assert!(!seen.head.headers.contains_key("x-amz-date"));
    assert_eq!(
        seen.header("host"),
        seen.head.uri.authority().expect("a node").as_str()
    );
}

#[tokio::test]
async fn what_was_signed_above_keeps_its_host() {
    let client = nodes(&[Reply::REFUSED, Reply::Status(200)]);
    let config = Alternator::at("http://10.0.0.1:8000").signed_above();
    call(config, &client, PUT).await.expect("a response");
    for seen in client.operations() {
        assert_eq!(seen.header("host"), "elsewhere.example");
        assert_eq!(seen.header("authorization"), "an older signature");
    }
}

#[tokio::test]
async fn nothing_is_asked_or_sent_before_the_first_call() {
    let client = nodes(&[]);
    let stack = signing().build_over(client.clone()).expect("a stack");
    let _service = stack.clone().service();
    tokio::task::yield_now().await;
    assert!(client.asked().is_empty());
    stack.cluster().ready().await.expect("nodes");
    assert_eq!(client.asked().len(), 1);
    assert!(client.operations().is_empty());
}

#[tokio::test]
async fn a_put_with_a_condition_is_not_sent_again_when_it_may_have_been_applied() {
    let client = nodes(&[Reply::Io(std::io::ErrorKind::ConnectionReset)]);
    let body = r#"{"TableName":"t","ConditionExpression":"attribute_not_exists(p)"}"#;
    let error = call(signing(), &client, body).await.expect_err("a reset");
    assert!(!error.is_safe_to_repeat(), "{error:?}");
    assert_eq!(client.operations().len(), 1);
}

#[derive(Debug, Clone, Default)]
struct NoCredentials(Arc<AtomicUsize>);

impl ProvideCredentials for NoCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        self.0.fetch_add(1, Relaxed);
        future::ProvideCredentials::ready(Err(CredentialsError::provider_error("shut")))
    }
}

#[tokio::test]
async fn what_cannot_be_signed_is_tried_once_and_sent_nowhere() {
    let client = nodes(&[]);
    let provider = NoCredentials::default();
    let config = Alternator::at("http://10.0.0.1:8000").credentials(provider.clone(), "us-east-1");
    let error = call(config, &client, PUT)
        .await
        .expect_err("no credentials");
    assert!(
        matches!(&error, Error::Exhausted { reason: Reason::Final, tried, .. } if tried.len() == 1),
        "{error:?}"
    );
    assert!(error.is_safe_to_repeat());
    assert_eq!(provider.0.load(Relaxed), 1);
    assert!(client.operations().is_empty());
}

#[tokio::test]
async fn a_program_learns_at_its_start_that_its_nodes_know_no_racks() {
    let old = || Client::old(|_| Reply::list(&NODES));
    let rack = || Alternator::at("http://10.0.0.1:8000").rack("dc1", "rack1");
    let everywhere = rack().scope(Scope::rack("dc1", "rack1").or_cluster());
    for config in [rack(), everywhere] {
        let stack = config.build_over(old()).expect("a stack");
        let error = stack.validate().await.expect_err("no racks");
        assert!(
            matches!(error, ValidateError::Unsupported { .. }),
            "{error:?}"
        );
    }
    let stack = rack().build_over(nodes(&[])).expect("a stack");
    stack.validate().await.expect("the rack is there");
    let stack = Alternator::at("http://10.0.0.1:8000").build_over(old());
    stack
        .expect("a stack")
        .validate()
        .await
        .expect("no place is named");
}
