//! The nodes are found from any one of them, and what a node lists can neither break the cluster's list
//! nor send a request elsewhere.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{collections::BTreeSet, time::Duration};

use tokio::time::sleep;
use tower_muster::{NoNode, Scope, discover::Pace};
use tower_muster_alternator::{Alternator, LocalNodesError, Stack};
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{
    DATACENTER, Failure, Result, Table, config, signing_sdk, sources, start, until,
};

const FOUR: &str = "dc1:rack1=2,rack2=2";

/// The origins that a stack knows.
fn known(stack: &Stack) -> BTreeSet<String> {
    let topology = stack.cluster().topology();
    let nodes = topology.nodes().iter();
    nodes.map(|node| node.origin().to_string()).collect()
}

fn urls(nodes: &[TestNode]) -> BTreeSet<String> {
    nodes.iter().map(TestNode::url).collect()
}

async fn until_known(stack: &Stack, nodes: &[TestNode]) {
    until("the list is that of the cluster", async || {
        stack.cluster().refresh();
        known(stack) == urls(nodes)
    })
    .await;
}

/// How often the nodes were asked for their lists.
fn asked(cluster: &TestCluster) -> u64 {
    let nodes = cluster.nodes().iter();
    nodes.map(|node| node.counters().local_nodes).sum()
}

#[tokio::test]
async fn one_seed_is_enough_whichever_it_is() -> Result {
    let cluster = start(FOUR).await;
    for node in cluster.nodes() {
        for config in [
            Alternator::at(node.url()),
            Alternator::at(node.url()).datacenter(DATACENTER),
        ] {
            let stack = config.build()?;
            stack.cluster().ready().await?;
            assert_eq!(known(&stack), urls(cluster.nodes()), "from {}", node.url());
        }
    }
    Ok(())
}

#[tokio::test]
async fn each_node_is_known_by_its_rack_where_the_rack_is_asked_for() -> Result {
    let cluster = start(FOUR).await;
    let stack = config(&cluster).rack(DATACENTER, "rack2").build()?;
    stack.cluster().ready().await?;
    let topology = stack.cluster().topology();
    let nodes = topology.nodes().iter();
    let places: Vec<_> = nodes.map(|node| (node.datacenter(), node.rack())).collect();
    let (rack, rest) = ((Some(DATACENTER), Some("rack2")), (Some(DATACENTER), None));
    assert_eq!(places, [rest, rest, rack, rack]);
    Ok(())
}

#[tokio::test]
async fn a_seed_that_is_gone_does_not_matter_while_another_is_there() -> Result {
    let cluster = start(FOUR).await;
    cluster.nodes()[0].kill();
    let seeds = [cluster.nodes()[0].url(), cluster.nodes()[3].url()];
    let stack = Alternator::at_any(seeds).datacenter(DATACENTER).build()?;
    stack.cluster().ready().await?;
    assert!(known(&stack).contains(&cluster.nodes()[1].url()));
    Ok(())
}

#[tokio::test]
async fn the_nodes_that_were_found_are_asked_when_every_seed_is_gone() -> Result {
    let cluster = start(FOUR).await;
    let seed = &cluster.nodes()[0];
    let stack = Alternator::at(seed.url()).datacenter(DATACENTER).build()?;
    stack.cluster().ready().await?;
    seed.kill();
    until_known(&stack, &cluster.nodes()[1..]).await;
    Ok(())
}

#[tokio::test]
async fn a_killed_node_leaves_the_list_and_a_restarted_one_returns() -> Result {
    let cluster = start(FOUR).await;
    let stack = config(&cluster).build()?;
    stack.cluster().ready().await?;
    let node = &cluster.nodes()[3];
    node.kill();
    assert!(
        known(&stack).contains(&node.url()),
        "its peers list it for a while"
    );
    until_known(&stack, &cluster.nodes()[..3]).await;
    node.restart().await?;
    until_known(&stack, cluster.nodes()).await;
    Ok(())
}

#[tokio::test]
async fn entries_that_are_no_addresses_are_passed_over_and_twins_are_one() -> Result {
    let cluster = start(FOUR).await;
    let (one, two) = (&cluster.nodes()[0], &cluster.nodes()[1]);
    let (first, second) = (
        one.address().ip().to_string(),
        two.address().ip().to_string(),
    );
    cluster.set_local_nodes([
        first.as_str(),
        "2001:db8::1",
        second.as_str(),
        first.as_str(),
        "fe80::1%eth0",
        "4a1b9a4e-6f9f-4a07-9a2f-0a3c1f3e5d77",
        "dynamodb.us-east-1.amazonaws.com",
        "0.0.0.0",
        "",
        "\u{0}\"[]",
    ]);
    let stack = Alternator::at_any(cluster.urls()).build()?;
    stack.cluster().ready().await?;
    let port = cluster.port();
    let expected = [one.url(), two.url(), format!("http://[2001:db8::1]:{port}")];
    assert_eq!(known(&stack), BTreeSet::from(expected));
    Ok(())
}

#[tokio::test]
async fn an_address_that_nobody_answers_at_costs_no_call() -> Result {
    let cluster = start(FOUR).await;
    let table = Table::create(signing_sdk(config(&cluster).http_client()?)).await?;
    let nodes = cluster
        .nodes()
        .iter()
        .map(|node| node.address().ip().to_string());
    // Documentation addresses: no host here has a route to the first, and nobody listens at the other.
    let nodes = nodes.chain(["2001:db8::1".to_owned(), "127.255.0.1".to_owned()]);
    cluster.set_local_nodes(nodes);
    let stack = Alternator::at_any(cluster.urls()).signed_above().build()?;
    stack.cluster().ready().await?;
    assert_eq!(known(&stack).len(), 6);
    let table_again = Table::of(signing_sdk(stack.http_client()));
    for n in 0..50 {
        table_again.put(&n.to_string(), "v").await?;
    }
    assert_eq!(table.get("49").await?.as_deref(), Some("v"));
    Ok(())
}

#[tokio::test]
async fn lists_that_are_empty_or_garbage_keep_what_is_known() -> Result {
    let cluster = start(FOUR).await;
    let stack = config(&cluster).signed_above().build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    for body in [
        "[]",
        "",
        "{",
        r#"["no-address"]"#,
        "[1,2]",
        r#"{"nodes":[]}"#,
    ] {
        for node in cluster.nodes() {
            node.set_local_nodes_body(body);
        }
        let before = asked(&cluster);
        until("every node was asked", async || {
            stack.cluster().refresh();
            asked(&cluster) >= before + 8
        })
        .await;
        assert_eq!(known(&stack), urls(cluster.nodes()), "after {body:?}");
        table.put("k", body).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_place_that_does_not_exist_is_named_by_the_error() -> Result {
    let cluster = start(FOUR).await;
    for (scope, named) in [
        (Scope::datacenter("dc9"), vec![r#"datacenter "dc9""#]),
        (
            Scope::rack("dc1", "rack9"),
            vec![r#"rack "rack9" of datacenter "dc1""#],
        ),
        (
            Scope::rack("dc9", "rack9").or_datacenter("dc9"),
            vec![
                r#"rack "rack9" of datacenter "dc9""#,
                r#"nor in datacenter "dc9""#,
            ],
        ),
    ] {
        let stack = config(&cluster).scope(scope).signed_above().build()?;
        let error = stack.cluster().ready().await.unwrap_err();
        assert!(
            matches!(error.reason(), NoNode::Undiscovered(_)),
            "{error:?}"
        );
        let cause = sources(&error).find_map(|error| error.downcast_ref::<LocalNodesError>());
        let text = cause.unwrap().to_string();
        for name in named {
            assert!(text.contains(name), "{text} names {name}");
        }
        for node in cluster.nodes() {
            assert!(text.contains(&node.url()), "{text} names {}", node.url());
        }
        // A call says the same, and goes nowhere.
        let failure: Failure = Table::of(signing_sdk(stack.http_client()))
            .get("k")
            .await
            .unwrap_err();
        assert!(failure.find::<LocalNodesError>().is_some(), "{failure}");
    }
    let attempts = cluster.nodes().iter().map(|node| node.counters().attempts);
    assert_eq!(attempts.sum::<u64>(), 0);
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_is_not_used_is_not_asked() -> Result {
    let cluster = start(FOUR).await;
    let pace = Pace::new(Duration::from_millis(20), Duration::from_secs(60))?;
    let stack = config(&cluster).pace(pace).signed_above().build()?;
    assert_eq!(asked(&cluster), 0, "building a stack sends nothing");
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    let in_use = asked(&cluster);
    until("it is asked while it is used", async || {
        table.get("k").await.unwrap();
        asked(&cluster) >= in_use + 3
    })
    .await;
    // The last call makes one more fetch due, and that one may be under way.
    until("fifteen periods pass without a question", async || {
        let before = asked(&cluster);
        sleep(Duration::from_millis(300)).await;
        asked(&cluster) == before
    })
    .await;
    let idle = asked(&cluster);
    until("a call ends the idling", async || {
        table.get("k").await.unwrap();
        asked(&cluster) > idle
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_node_that_is_cut_off_does_not_shrink_the_cluster_to_itself() -> Result {
    let cluster = start(FOUR).await;
    let stack = config(&cluster).signed_above().build()?;
    stack.cluster().ready().await?;
    let alone = &cluster.nodes()[2];
    alone.set_view([alone.address().ip()]);
    // Long enough that the node was the first to be asked, whichever order chance has.
    for _ in 0..30 {
        let before = asked(&cluster);
        until("the nodes were asked", async || {
            stack.cluster().refresh();
            asked(&cluster) > before
        })
        .await;
        assert_eq!(known(&stack), urls(cluster.nodes()));
    }
    Ok(())
}

#[tokio::test]
async fn a_datacenter_whose_only_seed_is_gone_stays_in_the_cluster() -> Result {
    let cluster = start("dc1:rack1=3;dc2:rack1=2").await;
    let seeds = [cluster.nodes()[0].url(), cluster.nodes()[3].url()];
    let stack = Alternator::at_any(seeds).build()?;
    stack.cluster().ready().await?;
    assert_eq!(known(&stack), urls(cluster.nodes()));
    cluster.nodes()[0].kill();
    until_known(&stack, &cluster.nodes()[1..]).await;
    for _ in 0..20 {
        let before = asked(&cluster);
        until("the nodes were asked", async || {
            stack.cluster().refresh();
            asked(&cluster) > before
        })
        .await;
        assert_eq!(known(&stack), urls(&cluster.nodes()[1..]));
    }
    Ok(())
}
