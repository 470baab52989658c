//! Requests stay in the client's rack while it has nodes that are well, leave it within the call that
//! finds it gone, and come back by themselves.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{sync::Arc, time::Duration};

use tower_muster::health::State;
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{DATACENTER, Result, Table, config, load, signing_sdk, start, until};

const CALLS: usize = 400;

fn executed(nodes: &[&TestNode]) -> u64 {
    nodes.iter().map(|node| node.counters().executed).sum()
}

/// How many of the calls the rack's nodes carried out.
async fn calls(cluster: &TestCluster, table: &Table, rack: &str) -> Result<u64> {
    let before = executed(&cluster.rack(DATACENTER, rack));
    let table = table.clone();
    let get = move |n: usize| {
        let table = table.clone();
        async move { table.get(&n.to_string()).await }
    };
    for result in load(CALLS, 16, get).await {
        result?;
    }
    Ok(executed(&cluster.rack(DATACENTER, rack)) - before)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rack_is_kept_to_left_when_it_is_lost_and_returned_to() -> Result {
    let cluster = Arc::new(start("dc1:rack1=3,rack2=3,rack3=3").await);
    // What the answers take is the nodes' doing, and not that of a busy machine.
    for node in cluster.nodes() {
        node.slow(Duration::from_millis(20));
    }
    let stack = config(&cluster)
        .rack(DATACENTER, "rack2")
        .signed_above()
        .build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;

    // While a rack is busy a few of its requests find out how it is elsewhere.
    let at_home = calls(&cluster, &table, "rack2").await?;
    assert!(
        at_home * 100 > CALLS as u64 * 95,
        "{at_home} of {CALLS} stayed in the rack"
    );
    for node in cluster.rack(DATACENTER, "rack2") {
        assert!(node.counters().executed > 0, "{node:?} had nothing to do");
    }

    // In the middle of a load, the whole rack at once.
    let (doomed, lost) = (Arc::clone(&cluster), table.clone());
    let results = load(CALLS, 16, move |n| {
        let (doomed, lost) = (Arc::clone(&doomed), lost.clone());
        async move {
            if n == CALLS / 3 {
                let rack = doomed.rack(DATACENTER, "rack2");
                rack.into_iter().for_each(TestNode::kill);
            }
            lost.get(&n.to_string()).await
        }
    });
    for result in results.await {
        result?;
    }
    assert_eq!(calls(&cluster, &table, "rack2").await?, 0);

    for node in cluster.rack(DATACENTER, "rack2") {
        node.restart().await?;
    }
    // What comes back takes load as it serves; until then some of it leaves the rack.
    let is_trusted = || {
        let nodes = stack.cluster().nodes();
        let rack = nodes
            .iter()
            .filter(|status| status.node().rack() == Some("rack2"));
        rack.filter(|status| status.state() == State::Active)
            .count()
            == 3
    };
    until("the rack is trusted again", async || {
        table.get("k").await.unwrap();
        is_trusted()
    })
    .await;
    let at_home = calls(&cluster, &table, "rack2").await?;
    assert!(
        at_home * 100 > CALLS as u64 * 95,
        "{at_home} of {CALLS} came back to the rack"
    );
    Ok(())
}

#[tokio::test]
async fn racks_of_one_name_in_two_datacenters_are_two_racks() -> Result {
    let cluster = start("dc1:rack1=2;dc2:rack1=2").await;
    let stack = config(&cluster)
        .rack("dc2", "rack1")
        .signed_above()
        .build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    for n in 0..20 {
        table.put(&n.to_string(), "v").await?;
    }
    let attempts = cluster
        .datacenter("dc1")
        .into_iter()
        .map(|node| node.counters().attempts);
    assert_eq!(attempts.sum::<u64>(), 0, "nothing left the datacenter");
    Ok(())
}
