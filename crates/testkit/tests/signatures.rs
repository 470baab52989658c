//! Signatures over a real socket: the vector, the clock, and the order of checks.

#![expect(clippy::unwrap_used, reason = "a failed expectation is the report")]

mod support;

use http::HeaderValue;
use support::{Answer, Connection, get};
use time::format_description::well_known::Rfc2822;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use tower_muster_testkit::{TestCluster, TestNode};

/// When botocore signed the vector.
const SIGNED_AT: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);
const HOST: &str = "Host: 127.0.0.1:8000";
const DATE: &str = "X-Amz-Date: 20260102T030405Z";
const TYPE: &str = "Content-Type: application/x-amz-json-1.0";
const TARGET: &str = "X-Amz-Target: DynamoDB_20120810.ListTables";
const AUTHORIZATION: &str = "Authorization: AWS4-HMAC-SHA256 \
    Credential=alternator/20260102/us-east-1/dynamodb/aws4_request, \
    SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
    Signature=c73b7642f94fd682fe4509fa1ac3897f1a2b6531d767f46ff8eb9df872f14cce";

async fn cluster(secret: &str) -> TestCluster {
    let builder = TestCluster::builder().topology("dc1:r1=1");
    builder
        .credentials("another", "x")
        .credentials("alternator", secret)
        .start()
        .await
        .unwrap()
}

/// Sets the node's clock by what its own Date header says.
async fn set_clock(node: &TestNode, to: OffsetDateTime) {
    node.set_clock_offset(0);
    let answer = get(node, "/").await;
    let date = HeaderValue::from_str(answer.header("date").unwrap()).unwrap();
    let date = date.to_str().unwrap().replace("GMT", "+0000");
    let now = OffsetDateTime::parse(&date, &Rfc2822).unwrap();
    node.set_clock_offset((to - now).whole_seconds());
}

async fn post(node: &TestNode, lines: &[&str], body: &str) -> Answer {
    let mut connection = Connection::open(node.address()).await;
    let length = format!("Content-Length: {}", body.len());
    let head = [&["POST / HTTP/1.1"], lines, &[&length]]
        .concat()
        .join("\r\n");
    connection.send_raw(&format!("{head}\r\n\r\n{body}")).await;
    connection.answer().await
}

#[tokio::test]
async fn the_vector_is_served_and_what_differs_is_refused() {
    let cluster = cluster("secret_pass").await;
    let node = &cluster.nodes()[0];
    set_clock(node, SIGNED_AT).await;
    for (what, lines, body, error) in table() {
        let answer = post(node, &lines, body).await;
        let status = if error.is_empty() { 200 } else { 400 };
        assert_eq!(
            (answer.status, &*answer.error()),
            (status, error),
            "{what}: {answer:?}"
        );
    }
    let counters = node.counters();
    assert_eq!(counters.attempts, 9);
    assert_eq!((counters.signature_failures, counters.executed), (7, 2));
}

type Row = (&'static str, Vec<&'static str>, &'static str, &'static str);

/// What is sent in which lines and body, and the error that it gets.
fn table() -> [Row; 9] {
    const WRONG: &str = "UnrecognizedClientException";
    const INVALID: &str = "InvalidSignatureException";
    const MISSING: &str = "MissingAuthenticationTokenException";
    let all = vec![HOST, DATE, TYPE, TARGET, AUTHORIZATION];
    let without = |line| {
        all.iter()
            .copied()
            .filter(|other| *other != line)
            .collect::<Vec<_>>()
    };
    let with = |line| [&all[..], &[line]].concat();
    [
        ("the vector", all.clone(), "{}", ""),
        ("a header more", with("A: b"), "{}", ""),
        ("another body", all.clone(), "{ }", WRONG),
        (
            "another host",
            [&["Host: a"], &without(HOST)[..]].concat(),
            "{}",
            WRONG,
        ),
        ("a header less", without(TYPE), "{}", WRONG),
        ("no date", without(DATE), "{}", INVALID),
        ("no signature", without(AUTHORIZATION), "{}", MISSING),
        ("no host", without(HOST), "{}", INVALID),
        ("neither operation nor JSON", vec![HOST], "no", MISSING),
    ]
}

#[tokio::test]
async fn another_secret_is_refused() {
    let cluster = cluster("another_pass").await;
    let node = &cluster.nodes()[0];
    set_clock(node, SIGNED_AT).await;
    let answer = post(node, &[HOST, DATE, TYPE, TARGET, AUTHORIZATION], "{}").await;
    assert_eq!(answer.message(), "wrong signature");
}

#[tokio::test]
async fn each_node_judges_by_its_own_clock() {
    let cluster = cluster("secret_pass").await;
    let node = &cluster.nodes()[0];
    let table = [
        (Duration::minutes(16), "Signature expired"),
        (Duration::minutes(-16), "Signature not yet current"),
        (Duration::minutes(14), ""),
    ];
    for (off, message) in table {
        set_clock(node, SIGNED_AT + off).await;
        let answer = post(node, &[HOST, DATE, TYPE, TARGET, AUTHORIZATION], "{}").await;
        let expected = match message {
            "" => "",
            _ => "InvalidSignatureException",
        };
        assert_eq!(answer.error(), expected, "{off}");
        assert!(answer.message().contains(message), "{off}: {answer:?}");
    }
}

#[tokio::test]
async fn without_credentials_anything_goes() {
    let cluster = support::start("dc1:r1=1").await;
    let node = &cluster.nodes()[0];
    for lines in [
        &[HOST, TARGET][..],
        &[HOST, TARGET, "Authorization: nonsense"],
    ] {
        assert_eq!(post(node, lines, "{}").await.status, 200);
    }
    assert_eq!(node.counters().signature_failures, 0);
}
