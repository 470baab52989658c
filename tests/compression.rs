//! Compressed requests are signed as they are sent, understood by nodes that can and refused by those that
//! cannot, and repeated by the same rules as others.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use http::{HeaderValue, StatusCode};
use tower_muster::{Scope, health::State};
use tower_muster_alternator::{
    Config, ConfigError, Stack,
    compression::{Encoding, RequestCompression, ResponseCompression},
    headers::Trim,
};
use tower_muster_testkit::{TestCluster, Version};
use tower_muster_tests::{
    ACCESS_KEY, Failure, InOrder, Recorder, Result, SECRET, Sent, Table, ask, config, credentials,
    get, operation, put, signature_failures, unsigned_sdk,
};

const SETTINGS: [(RequestCompression, &str, u8); 2] = [
    (RequestCompression::gzip(), "gzip", 0x1f),
    (RequestCompression::deflate(), "deflate", 0x78),
];

fn value() -> String {
    "some value ".repeat(1_000)
}

struct Scene {
    cluster: TestCluster,
    client: Recorder,
    stack: Stack<Recorder>,
    table: Table,
}

impl Scene {
    /// Starts three nodes of a version, and a stack that signs.
    async fn start(version: Version, with: impl FnOnce(Config) -> Config) -> Result<Self> {
        let cluster = TestCluster::builder().topology("dc1:rack1=3");
        let cluster = cluster.credentials(ACCESS_KEY, SECRET).version(version);
        let cluster = cluster.start().await?;
        let client = Recorder::new();
        let config = config(&cluster).credentials(credentials(), "us-east-1");
        // The oldest knows no places.
        let config = config.scope(Scope::cluster());
        let stack = with(config.policy(InOrder)).build_over(client.clone())?;
        let table = Table::create(unsigned_sdk(stack.http_client())).await?;
        client.clear();
        Ok(Self {
            cluster,
            client,
            stack,
            table,
        })
    }

    /// What was sent since the last time.
    fn sent(&self) -> Vec<Sent> {
        let sent = self.client.sent();
        self.client.clear();
        sent
    }

    fn all_nodes_are_well(&self) -> bool {
        let nodes = self.stack.cluster().nodes();
        nodes.len() == 3 && nodes.iter().all(|node| node.state() == State::Active)
    }
}

fn is_compressed(sent: &Sent, name: &str, first: u8) -> bool {
    sent.header("content-encoding") == name
        && sent.body.first() == Some(&first)
        && sent.body.len() < value().len() / 10
}

#[tokio::test]
async fn nodes_that_can_take_compressed_requests_with_signatures_that_hold() -> Result {
    for version in [Version::V2026_1, Version::V2026_2, Version::V2026_3] {
        for (compression, name, first) in SETTINGS {
            let scene =
                Scene::start(version, |config| config.compress_requests(compression)).await?;
            scene.table.put_get_query_delete(&value()).await?;
            let sent = scene.sent();
            let [put, others @ ..] = &sent[..] else {
                panic!("{sent:?}")
            };
            assert!(is_compressed(put, name, first), "{put:?}");
            for small in others {
                assert_eq!(small.header("content-encoding"), "", "{small:?}");
            }
            assert_eq!(signature_failures(&scene.cluster), 0);
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_older_node_refuses_a_compressed_request_once_and_nobody_is_blamed() -> Result {
    for version in [Version::V6_2, Version::V2025_1] {
        for (compression, ..) in SETTINGS {
            let scene =
                Scene::start(version, |config| config.compress_requests(compression)).await?;
            let failure = scene.table.put("k", &value()).await.unwrap_err();
            assert_eq!(failure.status(), Some(400), "{failure}");
            assert_eq!(failure.code(), Some("ValidationException"), "{failure}");
            assert!(
                failure.to_string().contains("Parsing JSON failed"),
                "{failure}"
            );
            assert_eq!(scene.sent().len(), 1, "no other node was asked");
            assert!(scene.all_nodes_are_well());
            assert_eq!(signature_failures(&scene.cluster), 0);
            scene.table.put("k", "a small value").await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn one_request_may_be_compressed_and_another_not() -> Result {
    let scene = Scene::start(Version::default(), |config| config).await?;
    let on = Scene::start(Version::default(), |config| {
        config.compress_requests(RequestCompression::gzip())
    });
    let on = on.await?;
    let request = |compression: Option<RequestCompression>| {
        let mut request = operation("PutItem", put("k", &value()));
        request.extensions_mut().extend(
            compression
                .map(|it| {
                    let mut extensions = http::Extensions::new();
                    extensions.insert(it);
                    extensions
                })
                .unwrap_or_default(),
        );
        request
    };
    let (gzip, deflate) = (RequestCompression::gzip(), RequestCompression::deflate());
    for (scene, compression, expected) in [
        (&scene, None, ""),
        (&scene, Some(gzip), "gzip"),
        (&scene, Some(deflate), "deflate"),
        (&scene, Some(gzip.threshold(1_000_000)), ""),
        (&on, None, "gzip"),
        (&on, Some(RequestCompression::off()), ""),
        (&on, Some(deflate), "deflate"),
    ] {
        let answer = ask(scene.stack.service(), request(compression)).await?;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(scene.sent()[0].header("content-encoding"), expected);
        assert_eq!(scene.table.get("k").await?, Some(value()));
        scene.sent();
    }
    Ok(())
}

#[tokio::test]
async fn what_is_signed_above_cannot_be_compressed_below() -> Result {
    let scene = Scene::start(Version::default(), |config| config).await?;
    let both = config(&scene.cluster).signed_above();
    let both = both.compress_requests(RequestCompression::gzip());
    let error = both.build().unwrap_err();
    assert!(
        matches!(error, ConfigError::CompressedAfterSigning),
        "{error:?}"
    );
    assert!(error.to_string().contains("compress"), "{error}");
    let responses = ResponseCompression::new([Encoding::Gzip]);
    config(&scene.cluster)
        .signed_above()
        .compress_responses(responses)
        .build()?;
    Ok(())
}

#[tokio::test]
async fn an_encoding_that_no_node_knows_is_an_error_and_not_asked_for_twice() -> Result {
    let scene = Scene::start(Version::default(), |config| {
        config.compress_requests(RequestCompression::gzip())
    });
    let scene = scene.await?;
    let mut request = operation("PutItem", put("k", &value()));
    request
        .headers_mut()
        .insert("content-encoding", HeaderValue::from_static("zstd"));
    let answer = ask(scene.stack.service(), request).await?;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        answer.text().contains("Unsupported Content-Encoding"),
        "{}",
        answer.text()
    );
    let sent = scene.sent();
    assert_eq!(sent.len(), 1, "every node would say so");
    assert_eq!(
        sent[0].header("content-encoding"),
        "zstd",
        "as the caller has it"
    );
    assert!(scene.all_nodes_are_well());
    Ok(())
}

#[tokio::test]
async fn requests_responses_and_headers_are_made_smaller_together() -> Result {
    for (request, name, first) in SETTINGS {
        let scene = Scene::start(Version::default(), |config| {
            let responses = ResponseCompression::new([Encoding::Deflate, Encoding::Gzip]);
            let config = config
                .compress_requests(request)
                .compress_responses(responses);
            config.trim(Trim::needed())
        });
        let scene = scene.await?;
        scene.table.put("k", &value()).await?;
        let before = scene.cluster.nodes()[0].counters();
        assert_eq!(scene.table.get("k").await?, Some(value()));
        let after = scene.cluster.nodes()[0].counters();
        assert!(
            after.bytes_sent - before.bytes_sent < 1_000,
            "{before:?} {after:?}"
        );
        assert!(
            after.bytes_received - before.bytes_received < 1_000,
            "{before:?} {after:?}"
        );
        let sent = scene.sent();
        assert!(is_compressed(&sent[0], name, first), "{sent:?}");
        assert!(
            sent.iter()
                .all(|sent| sent.header("accept-encoding") == "deflate, gzip")
        );
        assert!(
            sent.iter()
                .all(|sent| !sent.headers.contains_key("amz-sdk-request"))
        );
        assert_eq!(signature_failures(&scene.cluster), 0);
    }
    Ok(())
}

/// Puts through a node that carries out what it is asked and says that it does not know.
async fn doubtful(condition: Option<&str>) -> Result<(Result<(), Failure>, Scene)> {
    let scene = Scene::start(Version::default(), |config| {
        config.compress_requests(RequestCompression::gzip())
    });
    let scene = scene.await?;
    scene.cluster.nodes()[0].ambiguous();
    let string = aws_sdk_dynamodb::types::AttributeValue::S;
    let put = scene.table.client().put_item().table_name("things");
    let put = put
        .item("k", string("k".to_owned()))
        .item("v", string(value()));
    let put = put.set_condition_expression(condition.map(str::to_owned));
    let result = put.send().await.map(drop).map_err(Failure::from);
    Ok((result, scene))
}

#[tokio::test]
async fn a_compressed_put_in_doubt_is_repeated_at_another_node() -> Result {
    let (result, scene) = doubtful(None).await?;
    result?;
    let sent = scene.sent();
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert_ne!(sent[0].uri, sent[1].uri);
    assert_eq!(sent[0].body, sent[1].body, "compressed once");
    for sent in &sent {
        assert!(is_compressed(sent, "gzip", 0x1f), "{sent:?}");
    }
    assert_eq!(signature_failures(&scene.cluster), 0);
    Ok(())
}

#[tokio::test]
async fn a_compressed_put_with_a_condition_in_doubt_is_not() -> Result {
    let (result, scene) = doubtful(Some("attribute_not_exists(k)")).await?;
    let failure = result.unwrap_err();
    assert!(failure.is_ambiguous(), "{failure}");
    let sent = scene.sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(is_compressed(&sent[0], "gzip", 0x1f), "{sent:?}");
    let answer = ask(scene.stack.service(), operation("GetItem", get("k"))).await?;
    assert!(answer.text().contains("some value"), "it was carried out");
    Ok(())
}
