//! Trimming leaves a node what it needs and no more, whoever signs: each header that is kept is needed, and
//! every operation is served without the others.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use http::HeaderValue;
use tower_muster::Node;
use tower_muster_alternator::{
    Alternator, Config, Repeatable,
    compression::{Encoding, RequestCompression, ResponseCompression},
    headers::Trim,
};
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{
    Failure, Result, Table, Wire, ask, config, credentials, operation, put, signature_failures,
    signing_sdk, start, unsigned_sdk,
};

/// What every trimmed request has, whoever signs; HTTP and the signature need it.
const ALWAYS: [&str; 6] = [
    "authorization",
    "content-length",
    "host",
    "user-agent",
    "x-amz-date",
    "x-amz-target",
];

struct Scene {
    cluster: TestCluster,
    wire: Wire,
}

impl Scene {
    async fn start() -> Result<Self> {
        let cluster = start("dc1:rack1=1").await;
        let wire = Wire::before(&cluster.nodes()[0]).await;
        let scene = Self { cluster, wire };
        Table::create(unsigned_sdk(scene.config()?.http_client()?)).await?;
        Ok(scene)
    }

    /// A stack that signs.
    fn config(&self) -> Result<Config> {
        let nodes = [Node::new(&self.wire.url())?];
        let config = Alternator::at_nodes(nodes).no_probing();
        // A node that is refused is not asked once more.
        let config = config
            .max_attempts(1.try_into()?)
            .deadline(Duration::from_secs(5));
        Ok(config.credentials(credentials(), "us-east-1"))
    }
}

#[tokio::test]
async fn a_stack_that_signs_sends_the_headers_of_the_list_and_no_others() -> Result {
    let scene = Scene::start().await?;
    for (trim, more) in [
        (Trim::needed(), &[][..]),
        (Trim::spec(), &["content-type"]),
        (
            Trim::needed().keeping(["X-Trace-Id", "amz-sdk-request"])?,
            &["amz-sdk-request"],
        ),
    ] {
        let stack = scene.config()?.trim(trim);
        let table = Table::of(unsigned_sdk(stack.http_client()?));
        table.put("k", "v").await?;
        let mut expected: Vec<_> = ALWAYS.iter().chain(more).copied().collect();
        expected.sort_unstable();
        assert_eq!(scene.wire.last().names(), expected);
    }
    let untrimmed = Table::of(unsigned_sdk(scene.config()?.http_client()?));
    untrimmed.put("k", "v").await?;
    let all = scene.wire.last().names();
    for dropped in [
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "content-type",
        "x-amz-user-agent",
    ] {
        assert!(
            all.contains(&dropped.to_owned()),
            "an SDK sends {dropped}: {all:?}"
        );
    }
    assert_eq!(signature_failures(&scene.cluster), 0);
    Ok(())
}

#[tokio::test]
async fn under_an_sdk_that_signs_what_it_signed_arrives_and_nothing_else_does() -> Result {
    let scene = Scene::start().await?;
    let untrimmed = Alternator::at_nodes([Node::new(&scene.wire.url())?]).signed_above();
    Table::of(signing_sdk(untrimmed.http_client()?))
        .put("k", "v")
        .await?;
    let whole = scene.wire.last();
    let dropped_at_least = |kept: &[String]| whole.names().iter().any(|name| !kept.contains(name));

    let trimmed = Alternator::at_nodes([Node::new(&scene.wire.url())?]).signed_above();
    let table = Table::of(signing_sdk(trimmed.trim(Trim::needed()).http_client()?));
    table.put_get_query_delete("v").await?;

    for sent in scene.wire.arrived() {
        let signed = sent.signed();
        assert!(signed.contains(&"x-amz-target"), "{sent:?}");
        for name in &signed {
            assert!(sent.header(name).is_some(), "{name} is signed: {sent:?}");
        }
        for name in sent.names() {
            let is_needed = ALWAYS.contains(&name.as_str()) || signed.contains(&name.as_str());
            assert!(is_needed, "{name} is not needed: {sent:?}");
        }
        assert!(
            dropped_at_least(&sent.names()),
            "nothing was dropped: {sent:?}"
        );
    }
    assert_eq!(signature_failures(&scene.cluster), 0);
    Ok(())
}

/// What the node makes of a compressed put that a header was lost of; `None` if it is served.
async fn without(scene: &Scene, header: &str) -> Result<Option<String>> {
    let stack = scene.config()?.trim(Trim::needed());
    let stack = stack
        .compress_requests(RequestCompression::gzip())
        .compress_responses(ResponseCompression::new([Encoding::Gzip]))
        .build()?;
    scene.wire.lose(header);
    let mut request = operation("PutItem", put("k", &"v".repeat(2_000)));
    request.extensions_mut().insert(Repeatable(false));
    request
        .headers_mut()
        .insert("connection", HeaderValue::from_static("close"));
    let answer = ask(stack.service(), request).await;
    let sent = scene.wire.last();
    assert!(
        sent.header(header).is_some(),
        "{header} was not sent: {sent:?}"
    );
    Ok(match answer {
        Ok(answer) if answer.status == 200 => None,
        Ok(answer) => Some(answer.text()),
        Err(error) => Some(error.to_string()),
    })
}

#[tokio::test]
async fn a_node_refuses_a_request_that_has_lost_a_header_it_needs() -> Result {
    let scene = Scene::start().await?;
    for (header, told) in [
        ("host", "Host header is mandatory"),
        ("authorization", "MissingAuthenticationToken"),
        ("x-amz-date", "InvalidSignature"),
        ("x-amz-target", "wrong signature"),
        ("content-length", "wrong signature"),
        ("content-encoding", "Parsing JSON failed"),
    ] {
        let text = without(&scene, header).await?;
        let text = text.unwrap_or_else(|| format!("{header} was not missed"));
        assert!(text.contains(told), "{header}: {text}");
    }
    // These change what comes back, or what an operator sees.
    for header in ["accept-encoding", "user-agent", "connection"] {
        assert_eq!(without(&scene, header).await?, None, "{header}");
    }
    Ok(())
}

#[tokio::test]
async fn a_header_that_trimming_drops_is_not_missed_by_the_node() -> Result {
    let scene = Scene::start().await?;
    let untrimmed = scene.config()?.build()?;
    let dropped = ["content-type", "accept", "x-trace-id", "cookie", "expect"];
    for header in dropped {
        let mut request = operation("PutItem", put("k", "v"));
        request
            .headers_mut()
            .insert(header, HeaderValue::from_static("some"));
        if header == "content-type" {
            // It is signed where it is sent.
            let stack = scene.config()?.trim(Trim::needed()).build()?;
            assert_eq!(ask(stack.service(), request).await?.status, 200);
            assert_eq!(scene.wire.last().header(header), None);
            continue;
        }
        scene.wire.lose(header);
        assert_eq!(
            ask(untrimmed.service(), request).await?.status,
            200,
            "{header}"
        );
        assert!(scene.wire.last().header(header).is_some());
    }
    Ok(())
}

fn item(key: &str) -> BTreeMap<String, AttributeValue> {
    let value = AttributeValue::S(key.to_owned());
    BTreeMap::from([("k".to_owned(), value.clone()), ("v".to_owned(), value)])
}

/// Calls one operation of each kind that Alternator has and this table serves.
async fn all_operations(table: &Table) -> Result<(), Failure> {
    let client = table.client();
    table.put_get_query_delete("value").await?;
    table.add("counter").await?;
    client.list_tables().send().await?;
    let described = client.describe_table().table_name("things").send().await?;
    let arn = described
        .table()
        .and_then(|table| table.table_arn())
        .unwrap();
    client
        .list_tags_of_resource()
        .resource_arn(arn)
        .send()
        .await?;
    client
        .describe_time_to_live()
        .table_name("things")
        .send()
        .await?;
    let put = PutRequest::builder().set_item(Some(item("b").into_iter().collect()));
    let write = WriteRequest::builder()
        .put_request(put.build().unwrap())
        .build();
    client
        .batch_write_item()
        .request_items("things", vec![write])
        .send()
        .await?;
    let keys = aws_sdk_dynamodb::types::KeysAndAttributes::builder();
    let keys = keys.keys([("k".to_owned(), AttributeValue::S("b".to_owned()))].into());
    let got = client
        .batch_get_item()
        .request_items("things", keys.build().unwrap())
        .send()
        .await?;
    assert_eq!(got.responses().unwrap()["things"].len(), 1);
    let scanned = client
        .scan()
        .table_name("things")
        .consistent_read(true)
        .send()
        .await?;
    assert_eq!(scanned.count(), 2);
    let guarded = client
        .put_item()
        .table_name("things")
        .set_item(Some(item("b").into_iter().collect()));
    let failure = guarded
        .condition_expression("attribute_not_exists(k)")
        .send()
        .await;
    let failure = Failure::from(failure.unwrap_err());
    assert_eq!(
        failure.code(),
        Some("ConditionalCheckFailedException"),
        "{failure}"
    );
    Ok(())
}

#[tokio::test]
async fn every_operation_is_served_with_trimming_on_whoever_signs() -> Result {
    for trim in [Trim::spec(), Trim::needed()] {
        let cluster = start("dc1:rack1=3").await;
        let stack = config(&cluster)
            .trim(trim.clone())
            .credentials(credentials(), "us-east-1");
        let table = Table::create(unsigned_sdk(stack.http_client()?)).await?;
        all_operations(&table).await?;
        table
            .client()
            .delete_table()
            .table_name("things")
            .send()
            .await?;

        let stack = config(&cluster).trim(trim).signed_above();
        let table = Table::create(signing_sdk(stack.http_client()?)).await?;
        all_operations(&table).await?;
        assert_eq!(signature_failures(&cluster), 0);
    }
    Ok(())
}
