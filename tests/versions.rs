//! Every release serves, also in the middle of an upgrade; racks are those of the cluster or nobody's, never
//! made up from lists that take no notice of them.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    collections::BTreeSet,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tower::ServiceExt;
use tower_muster::{Scope, cluster::NodeStatus, failover, health::State};
use tower_muster_alternator::{Alternator, Config, LocalNodesError, Stack, ValidateError};
use tower_muster_testkit::{TestCluster, TestNode, Version};
use tower_muster_tests::{
    ACCESS_KEY, DATACENTER, Failure, InOrder, Result, SECRET, Table, asked, attempts, config,
    executed, signature_failures, signing_sdk, start, unsigned_sdk, until, urls,
};

const FOUR: &str = "dc1:rack1=2,rack2=2";
const OLD: Version = Version::V6_2;
const MEBIBYTE: usize = 1 << 20;

async fn start_as(version: Version, topology: &str) -> TestCluster {
    let cluster = start(topology).await;
    for node in cluster.nodes() {
        node.set_version(version);
    }
    cluster
}

/// All nodes, whatever lists say of places.
fn whole(cluster: &TestCluster) -> Config {
    config(cluster).scope(Scope::cluster())
}

/// The nodes that a stack knows to be in a rack.
fn in_rack(stack: &Stack, rack: &str) -> BTreeSet<String> {
    let nodes = stack.cluster().nodes();
    let nodes = nodes.iter().map(NodeStatus::node);
    let nodes = nodes.filter(|node| node.rack() == Some(rack));
    nodes.map(|node| node.origin().to_string()).collect()
}

/// Has the nodes asked for their lists once more.
async fn look(cluster: &TestCluster, stack: &Stack) {
    let before = asked(cluster.nodes());
    until("the nodes were asked", async || {
        stack.cluster().refresh();
        asked(cluster.nodes()) > before
    })
    .await;
}

#[tokio::test]
async fn each_release_reads_and_writes() -> Result {
    for version in Version::ALL {
        let cluster = start_as(version, FOUR).await;
        let sdk_signs = signing_sdk(whole(&cluster).http_client()?);
        let credentials = Credentials::new(ACCESS_KEY, SECRET, None, None, "tests");
        let stack = whole(&cluster).credentials(credentials, "us-east-1");
        let stack_signs = unsigned_sdk(stack.http_client()?);
        Table::create(sdk_signs.clone()).await?;
        for sdk in [sdk_signs, stack_signs] {
            let table = Table::of(sdk);
            for n in 0..10 {
                table
                    .put_get_query_delete(&format!("{version} {n}"))
                    .await?;
                table.add("counter").await?;
            }
        }
        let table = Table::of(signing_sdk(whole(&cluster).http_client()?));
        assert_eq!(table.count("counter").await?, 20, "{version}");
        assert_eq!(signature_failures(&cluster), 0, "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn nodes_that_know_no_racks_are_told_of_by_name() -> Result {
    let cluster = start_as(OLD, FOUR).await;
    let is_node = |url: &str| urls(cluster.nodes()).contains(url);
    for scope in [
        Scope::rack(DATACENTER, "rack1"),
        Scope::rack(DATACENTER, "rack1").or_datacenter(DATACENTER),
        Scope::rack(DATACENTER, "rack1").or_cluster(),
    ] {
        let stack = config(&cluster).scope(scope).build()?;
        match stack.validate().await.unwrap_err() {
            ValidateError::Unsupported { node, .. } => assert!(is_node(node.as_str())),
            other => panic!("{other:?}"),
        }
    }
    let cluster_scope = whole(&cluster).build()?;
    cluster_scope.validate().await?;
    Ok(())
}

#[tokio::test]
async fn a_rack_of_nodes_that_know_none_is_no_rack_and_no_guess() -> Result {
    let cluster = start_as(OLD, FOUR).await;
    let scope = Scope::rack(DATACENTER, "rack1").or_datacenter(DATACENTER);
    let stack = config(&cluster).scope(scope).signed_above().build()?;
    let failure = Table::create(signing_sdk(stack.http_client()))
        .await
        .unwrap_err();
    let error = failure.find::<LocalNodesError>().unwrap();
    assert!(error.ignores_places().is_some(), "{error}");
    assert_eq!(attempts(cluster.nodes()), 0);

    let scope = Scope::rack(DATACENTER, "rack1").or_cluster();
    let stack = config(&cluster).scope(scope).signed_above().build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    until("all nodes are used", async || {
        table.get("k").await.unwrap();
        cluster.nodes().iter().all(|node| executed([node]) > 0)
    })
    .await;
    assert_eq!(in_rack(&stack, "rack1"), BTreeSet::new());
    Ok(())
}

#[tokio::test]
async fn a_cluster_in_the_middle_of_an_upgrade_has_the_racks_that_it_has() -> Result {
    let cluster = start(FOUR).await;
    let wanted = urls(cluster.rack(DATACENTER, "rack1"));
    // One old node of each rack, both of one, both of the other.
    for old in [[0, 2], [0, 1], [2, 3]] {
        for (n, node) in cluster.nodes().iter().enumerate() {
            let is_old = old.contains(&n);
            node.set_version(if is_old { OLD } else { Version::V2025_1 });
        }
        // Whichever is asked first.
        for _ in 0..10 {
            let stack = config(&cluster).rack(DATACENTER, "rack1").build()?;
            stack.validate().await?;
            assert_eq!(in_rack(&stack, "rack1"), wanted);
            for _ in 0..3 {
                look(&cluster, &stack).await;
                assert_eq!(in_rack(&stack, "rack1"), wanted);
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_upgrade_node_by_node_costs_no_call_and_brings_the_racks() -> Result {
    let cluster = start_as(OLD, FOUR).await;
    let rack = || urls(cluster.rack(DATACENTER, "rack1"));
    let scope = Scope::rack(DATACENTER, "rack1").or_cluster();
    let stack = config(&cluster).scope(scope).signed_above().build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    for node in cluster.nodes() {
        node.drain();
        for n in 0..20 {
            table.put(&n.to_string(), "v").await?;
        }
        node.set_version(Version::V2025_1);
        node.restart().await?;
        until("the rack is known, and no other for it", async || {
            stack.cluster().refresh();
            table.get("1").await.unwrap();
            let known = in_rack(&stack, "rack1");
            assert!(known.is_subset(&rack()), "{known:?}");
            known == rack()
        })
        .await;
    }
    stack.validate().await?;
    until("the rack serves alone", async || {
        let elsewhere = cluster.rack(DATACENTER, "rack2");
        let before = attempts(elsewhere.clone());
        for n in 0..20 {
            table.put(&n.to_string(), "v").await.unwrap();
        }
        attempts(elsewhere) == before
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn an_overloaded_node_of_any_release_is_passed_over_and_not_put_out() -> Result {
    for version in Version::ALL {
        let cluster = start_as(version, "dc1:rack1=2").await;
        let stack = whole(&cluster)
            .policy(InOrder)
            .attempt_timeout(Duration::from_secs(4))
            .no_probing()
            .signed_above()
            .build()?;
        let table = Table::create(signing_sdk(stack.http_client())).await?;
        let [first, second] = [0, 1].map(|n| &cluster.nodes()[n]);
        for n in 0..10 {
            first.overload(0);
            let served = executed([second]);
            table.put(&n.to_string(), "v").await?;
            table.add("counter").await?;
            assert_eq!(executed([second]) - served, 2, "{version}");
            // Since 2026.2 the connection is closed after the answer, without a word: the next call finds out.
            first.heal();
            table.put(&n.to_string(), "w").await?;
            assert_eq!(table.get(&n.to_string()).await?.as_deref(), Some("w"));
        }
        assert_eq!(table.count("counter").await?, 10, "{version}");
        assert_eq!(first.counters().shed, 20, "{version}: it is asked first");
        let nodes = stack.cluster().nodes();
        assert!(
            nodes.iter().all(|node| node.state() != State::Down),
            "{version}: {nodes:?}"
        );
    }
    Ok(())
}

/// A body that announces how long it is, and stays in the client's send buffer if that is long.
///
/// A server that refuses a length closes with bytes unread, and its answer is lost in what the system makes of
/// that if the client has sent any (scylladb issue 12166).
#[derive(Debug)]
struct Stalling(Full<Bytes>);

impl Body for Stalling {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.size_hint().lower() > MEBIBYTE as u64 {
            return Poll::Pending;
        }
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_told_in_the_words_of_the_release() -> Result {
    for version in Version::ALL {
        let cluster = start_as(version, "dc1:rack1=3").await;
        let client = Client::builder(TokioExecutor::new()).build_http::<Stalling>();
        let client = tower::service_fn(move |request: Request<Full<Bytes>>| {
            client.request(request.map(Stalling))
        });
        let stack = whole(&cluster)
            .replay_cap(32 * MEBIBYTE)
            .attempt_timeout(Duration::from_secs(4));
        let stack = stack.build_over(client)?;
        let before = attempts(cluster.nodes());
        for _ in 0..5 {
            // Not signed: the length is looked at first, and to sign so much takes long.
            let put = Request::post("/").header("x-amz-target", "DynamoDB_20120810.PutItem");
            let put = put.body(Full::new(Bytes::from(vec![b' '; 17 * MEBIBYTE])))?;
            let answer = stack.service().oneshot(put).await?;
            assert_eq!(answer.status(), 413, "{version}");
            let text = answer.into_body().collect().await?.to_bytes();
            let said = match version {
                Version::V6_2 | Version::V2025_1 => {
                    "Content length limit (16777216) exceeded: 17825792"
                }
                _ => "#PayloadTooLarge",
            };
            let text = String::from_utf8_lossy(&text);
            assert!(text.contains(said), "{version}: {text}");
        }
        let after = attempts(cluster.nodes());
        assert_eq!(after - before, 5, "{version}: no other node would take it");
        let nodes = stack.cluster().nodes();
        assert!(nodes.iter().all(|node| node.state() != State::Down));
    }
    Ok(())
}

#[tokio::test]
async fn a_body_that_no_release_takes_is_not_sent() -> Result {
    let cluster = start(FOUR).await;
    let table = Table::create(signing_sdk(config(&cluster).http_client()?)).await?;
    let before = attempts(cluster.nodes());
    let failure: Failure = table
        .put("k", &"x".repeat(17 * MEBIBYTE))
        .await
        .unwrap_err();
    let error = failure.stack().unwrap();
    assert!(
        matches!(error, failover::Error::BodyTooLarge { replay_cap, .. } if *replay_cap == 16 * MEBIBYTE),
        "{error:?}"
    );
    assert_eq!(attempts(cluster.nodes()), before);
    Ok(())
}

#[tokio::test]
async fn system_tables_tell_the_racks_of_any_release() -> Result {
    for version in Version::ALL {
        let cluster = start_as(version, FOUR).await;
        let credentials = Credentials::new(ACCESS_KEY, SECRET, None, None, "tests");
        let stack = Alternator::at(cluster.nodes()[0].url())
            .rack(DATACENTER, "rack2")
            .credentials(credentials, "us-east-1")
            .system_tables()
            .build()?;
        stack.validate().await?;
        let wanted: Vec<&TestNode> = cluster.rack(DATACENTER, "rack2");
        assert_eq!(in_rack(&stack, "rack2"), urls(wanted), "{version}");
    }
    Ok(())
}
