//! One table: what a request has, where the layer stands, what it is told.

use std::error::Error;

use http::{HeaderValue, Version};

use super::left;
use crate::headers::{HeadersError, HeadersLayer, Trim, UserAgent};

const OURS: &str = concat!("user-agent: tower-muster/", env!("CARGO_PKG_VERSION"));

/// What an AWS SDK sends.
const SDK: [(&str, &str); 12] = [
    ("host", "10.0.0.1:8000"),
    ("x-amz-target", "DynamoDB_20120810.ListTables"),
    ("content-type", "application/x-amz-json-1.0"),
    ("content-length", "2"),
    ("user-agent", "aws-sdk-rust/1.3.15"),
    ("x-amz-user-agent", "aws-sdk-rust/1.3.15 ua/2.1"),
    ("amz-sdk-invocation-id", "0cc175b9"),
    ("amz-sdk-request", "attempt=1; max=3"),
    ("x-amz-date", "20260102T030405Z"),
    ("x-amz-security-token", "token"),
    ("x-amz-content-sha256", "44136fa3"),
    (
        "authorization",
        "AWS4-HMAC-SHA256 Credential=c, \
         SignedHeaders=content-type;host;x-amz-date;x-amz-target;x-amz-user-agent, Signature=s",
    ),
];

fn of_sdk(layer: &HeadersLayer) -> Vec<String> {
    left(layer, Version::HTTP_11, &SDK)
}

fn agent(agent: UserAgent) -> Vec<String> {
    let layer = HeadersLayer::before_signing().user_agent(agent);
    left(
        &layer,
        Version::HTTP_11,
        &[("user-agent", "a/1"), ("user-agent", "b/2")],
    )
}

#[test]
fn nothing_is_dropped_unless_told() {
    for layer in [
        HeadersLayer::before_signing(),
        HeadersLayer::after_signing(),
    ] {
        let left = of_sdk(&layer);
        assert_eq!(left.len(), SDK.len());
        assert!(left.contains(&OURS.to_owned()), "{left:?}");
    }
}

#[test]
fn before_signing_only_the_list_is_kept() {
    let spec = [
        "content-length: 2",
        "content-type: application/x-amz-json-1.0",
        "host: 10.0.0.1:8000",
        OURS,
        "x-amz-target: DynamoDB_20120810.ListTables",
    ];
    let layer = HeadersLayer::before_signing();
    assert_eq!(of_sdk(&layer.clone().trim(Trim::spec())), spec);
    let needed: Vec<_> = spec
        .into_iter()
        .filter(|line| !line.starts_with("content-type"))
        .collect();
    assert_eq!(of_sdk(&layer.trim(Trim::needed())), needed);
}

#[test]
fn after_signing_the_signature_and_what_it_covers_stay() {
    for trim in [Trim::spec(), Trim::needed()] {
        let left = of_sdk(&HeadersLayer::after_signing().trim(trim));
        let names: Vec<_> = left
            .iter()
            .filter_map(|line| line.split_once(':').map(|(name, _)| name))
            .collect();
        let expected = [
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent",
            "x-amz-content-sha256",
            "x-amz-date",
            "x-amz-security-token",
            "x-amz-target",
            "x-amz-user-agent",
        ];
        assert_eq!(names, expected);
    }
}

#[test]
fn what_is_in_use_is_kept_with_all_its_values() {
    let lines = [
        ("accept-encoding", "gzip"),
        ("accept-encoding", "deflate"),
        ("connection", "close"),
        ("content-encoding", "gzip"),
        ("cookie", "a"),
        ("cookie", "b"),
        ("transfer-encoding", "chunked"),
        ("x-mine", "1"),
        ("x-mine", "2"),
    ];
    let layer = HeadersLayer::before_signing().user_agent(UserAgent::keep());
    let keeping = Trim::needed().keeping(["X-Mine"]).expect("a name");
    let table = [
        (Trim::spec(), Version::HTTP_11, vec!["cookie", "x-mine"]),
        (Trim::spec(), Version::HTTP_10, vec!["cookie", "x-mine"]),
        (
            Trim::spec(),
            Version::HTTP_2,
            vec!["connection", "cookie", "x-mine"],
        ),
        (Trim::needed(), Version::HTTP_11, vec!["cookie", "x-mine"]),
        (keeping, Version::HTTP_11, vec!["cookie"]),
        (Trim::off(), Version::HTTP_2, vec![]),
    ];
    for (trim, version, dropped) in table {
        let expected: Vec<_> = lines
            .iter()
            .filter(|(name, _)| !dropped.contains(name))
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let case = format!("{trim:?} {version:?}");
        assert_eq!(
            left(&layer.clone().trim(trim), version, &lines),
            expected,
            "{case}"
        );
    }
}

#[test]
fn the_user_agent_is_what_was_set() {
    let nothing: [&str; 0] = [];
    let replaced = UserAgent::replace("orders/1.4").expect("a value");
    let transformed = UserAgent::transform(|agent| {
        let text = format!("{} orders", agent?.to_str().ok()?);
        HeaderValue::try_from(text).ok()
    });
    assert_eq!(agent(UserAgent::default()), [OURS]);
    assert_eq!(agent(replaced), ["user-agent: orders/1.4"]);
    assert_eq!(agent(transformed), ["user-agent: a/1 orders"]);
    assert_eq!(agent(UserAgent::transform(|_| None)), nothing);
    assert_eq!(agent(UserAgent::none()), nothing);
    assert_eq!(
        agent(UserAgent::keep()),
        ["user-agent: a/1", "user-agent: b/2"]
    );
}

#[test]
fn a_signed_user_agent_neither_changes_nor_appears_nor_vanishes() {
    let signature = (
        "authorization",
        "AWS4-HMAC-SHA256 SignedHeaders=host;user-agent",
    );
    let replaced = UserAgent::replace("orders/1.4").expect("a value");
    for agent in [UserAgent::default(), UserAgent::none(), replaced] {
        let layer = HeadersLayer::after_signing().user_agent(agent);
        let there = left(&layer, Version::HTTP_11, &[signature, ("user-agent", "a")]);
        assert_eq!(there[1..], ["user-agent: a"]);
        let absent = left(&layer, Version::HTTP_11, &[signature]);
        assert_eq!(absent.len(), 1, "{absent:?}");
    }
}

#[test]
fn settings_that_are_no_headers_are_named() {
    let name = Trim::spec().keeping(["x-good", "x bad"]).expect_err("bad");
    assert!(matches!(&name, HeadersError::Name { name, .. } if name == "x bad"));
    assert_eq!(name.to_string(), r#"keeping: "x bad" is no header"#);
    let agent = UserAgent::replace("a\nb").expect_err("bad");
    assert!(matches!(&agent, HeadersError::UserAgent { value, .. } if value == "a\nb"));
    assert_eq!(agent.to_string(), r#"user agent: "a\nb" cannot be sent"#);
    assert!(name.source().is_some() && agent.source().is_some());
}
