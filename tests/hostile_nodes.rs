//! A node that sends too much, too deep or a lie gets an error in bounded memory, and what can be served by
//! another node or by what was known is served.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{io::Write, pin::pin, time::Duration};

use flate2::{Compression, write::GzEncoder};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_muster::{Node, failover};
use tower_muster_alternator::{
    Alternator, Config, Stack,
    affinity::{Mode, TableKeys},
    compression::{Encoding, ResponseCompression, response::DecodeError},
};
use tower_muster_testkit::TestCluster;
use tower_muster_tests::{
    DATACENTER, Hostile, InOrder, Result, Table, ask, config, credentials, get, operation, put,
    signing_sdk, sources, start, unsigned_sdk, until,
};

const THREE: &str = "dc1:rack1=3";
/// What may be on the way to a client that has stopped to read, and some.
const IN_SOCKETS: u64 = 32 << 20;

/// A list that is well formed, with so many nodes.
fn list(nodes: u32) -> String {
    let addresses = (0..nodes).map(|n| {
        let [_, b, c, d] = n.to_be_bytes();
        format!(r#""10.{b}.{c}.{d}""#)
    });
    format!("[{}]", addresses.collect::<Vec<_>>().join(","))
}

fn lists_that_are_none() -> [(&'static str, String); 4] {
    [
        ("100,000 nodes", list(100_000)),
        ("10,000 deep", "[".repeat(10_000) + &"]".repeat(10_000)),
        ("10,000 deep and open", r#"{"a":"#.repeat(10_000)),
        (
            "one name of a megabyte",
            format!(r#"["{}"]"#, "a".repeat(1 << 20)),
        ),
    ]
}

#[tokio::test]
async fn a_list_that_is_none_takes_nothing_from_what_is_known() -> Result {
    let cluster = start(THREE).await;
    let stack = config(&cluster).signed_above().build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    for (what, body) in lists_that_are_none() {
        for node in cluster.nodes() {
            node.set_local_nodes_body(body.clone());
        }
        let looks = || {
            cluster
                .nodes()
                .iter()
                .map(|node| node.counters().local_nodes)
                .sum::<u64>()
        };
        let before = looks();
        until("each node was asked", async || {
            stack.cluster().refresh();
            looks() > before + 12
        })
        .await;
        assert_eq!(stack.cluster().nodes().len(), 3, "{what}");
        for n in 0..10 {
            table.put(&n.to_string(), "v").await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_seed_whose_list_is_none_is_passed_over() -> Result {
    for (what, body) in lists_that_are_none() {
        let cluster = start(THREE).await;
        cluster.nodes()[0].set_local_nodes_body(body);
        let stack = config(&cluster).signed_above().build()?;
        let table = Table::create(signing_sdk(stack.http_client())).await?;
        table.put_get_query_delete(what).await?;
        assert!(stack.cluster().nodes().len() <= 3, "{what}");
    }
    Ok(())
}

#[tokio::test]
async fn when_there_are_no_other_lists_the_error_comes_soon_and_says_why() -> Result {
    for (what, body) in lists_that_are_none() {
        let cluster = start(THREE).await;
        for node in cluster.nodes() {
            node.set_local_nodes_body(body.clone());
        }
        let stack = config(&cluster).signed_above().build()?;
        let call = Table::create(signing_sdk(stack.http_client()));
        let failure = tokio::time::timeout(Duration::from_secs(6), call)
            .await?
            .unwrap_err();
        let error: &failover::Error = failure.stack().unwrap();
        assert!(error.is_safe_to_repeat(), "{what}: {failure}");
        for url in cluster.urls() {
            assert!(failure.to_string().contains(&url), "{what}: {failure}");
        }
        assert!(failure.to_string().len() < 10_000, "{what}: a long tale");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_a_gibibyte_is_not_read() -> Result {
    let megabyte = vec![b' '; 1 << 20];
    let known = "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n";
    let unknown = "HTTP/1.0 200 OK\r\n\r\n";
    for head in [known, unknown] {
        let cluster = start(THREE).await;
        let hostile = Hostile::start(head, megabyte.clone(), 1024).await;
        let seeds = [hostile.url(), cluster.nodes()[0].url()];
        let stack = Alternator::at_any(seeds)
            .datacenter(DATACENTER)
            .signed_above();
        let stack = stack.deadline(Duration::from_secs(5)).build()?;
        let table = Table::create(signing_sdk(stack.http_client())).await?;
        table.put_get_query_delete("v").await?;
        until("the hostile one was asked", async || {
            stack.cluster().refresh();
            hostile.asked() > 0
        })
        .await;
        for _ in 0..20 {
            stack.cluster().refresh();
            table.put_get_query_delete("v").await?;
        }
        let each = hostile.sent() / hostile.asked();
        assert!(each < IN_SOCKETS, "{each} bytes were taken");
    }
    Ok(())
}

/// A stack whose first node is the hostile one.
fn first(hostile: &Hostile, cluster: &TestCluster) -> Result<Config> {
    let nodes = [
        Node::new(&hostile.url())?,
        Node::new(&cluster.nodes()[0].url())?,
    ];
    let config = Alternator::at_nodes(nodes).policy(InOrder).no_probing();
    Ok(config.credentials(credentials(), "us-east-1"))
}

async fn created(cluster: &TestCluster) -> Result {
    let config = config(cluster).credentials(credentials(), "us-east-1");
    Table::create(unsigned_sdk(config.http_client()?)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_without_end_are_the_nodes_own_failure_and_another_serves() -> Result {
    let cluster = start(THREE).await;
    created(&cluster).await?;
    let (head, line) = (
        "HTTP/1.1 200 OK\r\n",
        "x-more: and more of it\r\n".repeat(1_000),
    );
    let hostile = Hostile::start(head, line, u64::MAX).await;
    let table = Table::of(unsigned_sdk(first(&hostile, &cluster)?.http_client()?));
    table.put_get_query_delete("v").await?;
    assert!(
        (1..=8).contains(&hostile.asked()),
        "asked {} times",
        hostile.asked()
    );
    assert!(
        hostile.sent() / hostile.asked() < IN_SOCKETS,
        "{} bytes",
        hostile.sent()
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_without_end_is_not_read_to_its_end() -> Result {
    let cluster = start(THREE).await;
    created(&cluster).await?;
    let head = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 1073741824\r\n\r\n";
    let hostile = Hostile::start(head, vec![b'x'; 1 << 20], 1024).await;
    let table = Table::of(unsigned_sdk(first(&hostile, &cluster)?.http_client()?));
    table.put_get_query_delete("v").await?;
    let each = hostile.sent() / hostile.asked().max(1);
    assert!(
        hostile.asked() > 0 && each < IN_SOCKETS,
        "{each} bytes were taken"
    );
    Ok(())
}

/// One answer, of which the node says that it is gzip.
async fn gzip(body: Vec<u8>, limit: u64) -> Result<(Hostile, Stack)> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let hostile = Hostile::start([head.into_bytes(), body].concat(), "", 1).await;
    let config = Alternator::at_nodes([Node::new(&hostile.url())?]).no_probing();
    let responses = ResponseCompression::new([Encoding::Gzip]).limit(limit);
    let stack = config.compress_responses(responses).build()?;
    Ok((hostile, stack))
}

/// Reads the answer piece by piece: the largest piece, all of them, and how it ended.
async fn read(stack: &Stack) -> Result<(usize, u64, Option<DecodeError>)> {
    let response = stack
        .service()
        .oneshot(operation("GetItem", get("k")))
        .await?;
    let mut body = pin!(response.into_body());
    let (mut largest, mut whole) = (0, 0);
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return Ok((largest, whole, error.downcast().ok().map(|error| *error))),
        };
        let piece = frame.into_data().map_or(0, |data| data.len());
        largest = largest.max(piece);
        whole += piece as u64;
    }
    Ok((largest, whole, None))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_few_bytes_that_stand_for_a_gibibyte_end_at_the_limit() -> Result {
    const LIMIT: u64 = 4 << 20;
    let mut member = GzEncoder::new(Vec::new(), Compression::fast());
    member.write_all(&vec![0; 16 << 20])?;
    let bomb = member.finish()?.repeat(64);
    assert!(bomb.len() < 8 << 20, "it is small");
    let (_hostile, stack) = gzip(bomb, LIMIT).await?;
    let (largest, whole, error) = read(&stack).await?;
    assert!(largest <= 1 << 20, "{largest} bytes at once");
    assert!(whole <= LIMIT, "{whole} bytes were handed on");
    assert!(
        matches!(error, Some(DecodeError::TooLarge { limit: LIMIT, .. })),
        "{error:?}"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_no_gzip_or_a_part_of_one_is_an_error_that_says_so() -> Result {
    let (_hostile, stack) = gzip(b"{\"Item\":{}}".to_vec(), 1 << 20).await?;
    let (_, whole, error) = read(&stack).await?;
    assert!(
        matches!(error, Some(DecodeError::Corrupt { .. })),
        "{error:?}"
    );
    assert_eq!(whole, 0);

    let mut half = GzEncoder::new(Vec::new(), Compression::default());
    half.write_all(&b"some value ".repeat(1_000))?;
    let mut half = half.finish()?;
    half.truncate(half.len() / 2);
    let (_hostile, stack) = gzip(half, 1 << 20).await?;
    let (_, _, error) = read(&stack).await?;
    assert!(
        matches!(error, Some(DecodeError::Truncated { .. })),
        "{error:?}"
    );
    let table = Table::of(unsigned_sdk(stack.http_client()));
    let failure = table.get("k").await.unwrap_err();
    assert!(failure.find::<DecodeError>().is_some(), "{failure}");
    Ok(())
}

#[tokio::test]
async fn a_request_of_any_depth_is_passed_on_whole() -> Result {
    let cluster = start(THREE).await;
    let keys = TableKeys::new().given("things", "k")?;
    let stack = config(&cluster).credentials(credentials(), "us-east-1");
    let stack = stack.affinity(Mode::AnyWrite).table_keys(keys).build()?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    let deep = r#"{"L":["#.repeat(10_000) + r#"{"S":"x"}"# + &"]}".repeat(10_000);
    for body in [
        put("k", "v").replace(r#"{"S":"v"}"#, &deep),
        r#"{"TableName":"#.repeat(10_000),
        "[".repeat(1 << 20),
    ] {
        let answer = ask(stack.service(), operation("PutItem", body)).await?;
        assert_eq!(answer.status, 400, "the node refuses it: {}", answer.text());
    }
    let nodes = stack.cluster().nodes();
    assert!(
        nodes.iter().all(|node| !node.is_set_aside()),
        "nobody is blamed"
    );
    table.put_get_query_delete("v").await?;
    Ok(())
}

#[tokio::test]
async fn a_rack_of_any_name_is_asked_for_by_that_name() -> Result {
    for rack in ["r'1", "r\"1", "r&rack", "r 1", "r%201", "ü/1", "r?#1"] {
        let cluster = start(&format!("dc1:{rack}=1,other=1")).await;
        let stack = config(&cluster)
            .rack(DATACENTER, rack)
            .signed_above()
            .build()?;
        let table = Table::create(signing_sdk(stack.http_client())).await?;
        stack.validate().await?;
        for _ in 0..10 {
            table.get("k").await?;
        }
        assert_eq!(cluster.nodes()[1].counters().attempts, 0, "{rack} is left");
    }
    let cluster = start("dc1:rack1=1,other=1").await;
    let stack = config(&cluster)
        .rack(DATACENTER, "rack1\"")
        .signed_above()
        .build()?;
    // There is no such rack, so the datacenter serves; a program can find out.
    Table::create(signing_sdk(stack.http_client())).await?;
    let error = stack.validate().await.unwrap_err();
    let told: Vec<_> = sources(&error).map(ToString::to_string).collect();
    assert!(told.join(": ").contains("rack1"), "{told:?}");
    Ok(())
}
