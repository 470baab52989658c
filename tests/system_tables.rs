//! The cluster's own tables tell one seed's client every datacenter and rack, to whoever may read them; a
//! member that is dead costs no call, and one that has left is forgotten.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{collections::BTreeSet, time::Duration};

use aws_credential_types::Credentials;
use tower_muster::{NoNode, Scope, cluster::NodeStatus, discover::Pace, health::State};
use tower_muster_alternator::{Alternator, Config, Stack, SystemTablesError};
use tower_muster_testkit::{TestCluster, TestNode, Version};
use tower_muster_tests::{
    ACCESS_KEY, Failure, Result, SECRET, Table, asked, attempts, executed, known,
    signature_failures, sources, start, state, unsigned_sdk, until, until_known, urls,
};

const THREE_RACKS: &str = "dc1:rack1=2,rack2=2;dc2:rack1=2";

/// A stack that knows one node to begin with.
fn at(seed: &TestNode, secret: &str) -> Config {
    let credentials = Credentials::new(ACCESS_KEY, secret, None, None, "tests");
    let pace = Pace::new(Duration::from_millis(50), Duration::from_secs(60)).unwrap();
    Alternator::at(seed.url())
        .credentials(credentials, "us-east-1")
        .attempt_timeout(Duration::from_secs(5))
        .deadline(Duration::from_secs(20))
        .pace(pace)
        .system_tables()
}

/// Where each node is, by what a stack knows.
fn places(stack: &Stack) -> BTreeSet<(String, Option<String>, Option<String>)> {
    let nodes = stack.cluster().nodes();
    let nodes = nodes.iter().map(NodeStatus::node);
    nodes
        .map(|node| {
            let name = |name: Option<&str>| name.map(str::to_owned);
            let place = (name(node.datacenter()), name(node.rack()));
            (node.origin().to_string(), place.0, place.1)
        })
        .collect()
}

async fn table(stack: &Stack) -> Result<Table> {
    Ok(Table::create(unsigned_sdk(stack.http_client())).await?)
}

#[tokio::test]
async fn any_seed_tells_of_every_datacenter_and_rack_of_any_release() -> Result {
    for version in [Version::V6_2, Version::V2025_1, Version::V2026_3] {
        let cluster = start(THREE_RACKS).await;
        for node in cluster.nodes() {
            node.set_version(version);
        }
        let nodes = cluster.nodes().iter();
        let wanted: BTreeSet<_> = nodes
            .map(|node| {
                let place = (node.datacenter().to_owned(), node.rack().to_owned());
                (node.url(), Some(place.0), Some(place.1))
            })
            .collect();
        for seed in cluster.nodes() {
            let stack = at(seed, SECRET).build()?;
            stack.validate().await?;
            assert_eq!(places(&stack), wanted, "{version} from {}", seed.url());
        }
        assert_eq!(signature_failures(&cluster), 0);
        assert_eq!(asked(cluster.nodes()), 0, "nobody was asked for a list");
    }
    Ok(())
}

#[tokio::test]
async fn a_seed_in_another_datacenter_is_as_good() -> Result {
    let cluster = start(THREE_RACKS).await;
    let scope = Scope::rack("dc2", "rack1").or_datacenter("dc2");
    let stack = at(&cluster.nodes()[0], SECRET).scope(scope).build()?;
    stack.validate().await?;
    assert_eq!(known(stack.cluster()), urls(cluster.datacenter("dc2")));
    let table = table(&stack).await?;
    for n in 0..20 {
        table.put(&n.to_string(), "v").await?;
    }
    let [home, away] = ["dc2", "dc1"].map(|name| cluster.datacenter(name));
    assert!(executed(home) > 20);
    // The tables were read there until nodes of the scope were known.
    let scans = attempts(away.clone());
    for n in 0..20 {
        table.get(&n.to_string()).await?;
    }
    assert_eq!(attempts(away), scans);
    Ok(())
}

#[tokio::test]
async fn who_may_not_read_the_tables_is_told_what_each_node_said() -> Result {
    for (version, secret) in [(Version::V6_2, "not_it"), (Version::V2026_3, "not_it")] {
        let cluster = start("dc1:rack1=2").await;
        cluster
            .nodes()
            .iter()
            .for_each(|node| node.set_version(version));
        let stack = at(&cluster.nodes()[0], secret).build()?;
        let error = stack.cluster().ready().await.unwrap_err();
        assert!(
            matches!(error.reason(), NoNode::Undiscovered(_)),
            "{error:?}"
        );
        let cause = sources(&error).find_map(|error| error.downcast_ref::<SystemTablesError>());
        let text = cause.unwrap().to_string();
        let said = format!(
            "{} answered 400 Bad Request UnrecognizedClientException",
            cluster.nodes()[0].url()
        );
        assert!(text.contains(&said), "{text}");
        assert!(!text.contains(secret), "{text}");
        // A call says the same.
        let table = Table::of(unsigned_sdk(stack.http_client()));
        let failure: Failure = table.get("k").await.unwrap_err();
        assert!(failure.find::<SystemTablesError>().is_some(), "{failure}");
        assert!(failure.to_string().contains(&said), "{failure}");
    }
    Ok(())
}

#[tokio::test]
async fn a_stack_without_credentials_is_told_so_where_signatures_are_enforced() -> Result {
    let cluster = start("dc1:rack1=2").await;
    let stack = Alternator::at(cluster.nodes()[0].url())
        .system_tables()
        .build()?;
    let error = stack.cluster().ready().await.unwrap_err();
    let cause = sources(&error).find_map(|error| error.downcast_ref::<SystemTablesError>());
    let text = cause.unwrap().to_string();
    assert!(text.contains("answered 400 Bad Request"), "{text}");
    assert!(text.contains("MissingAuthenticationToken"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_member_that_is_dead_stays_listed_and_costs_no_call() -> Result {
    let cluster = TestCluster::builder()
        .topology("dc1:rack1=3")
        .credentials(ACCESS_KEY, SECRET)
        .staleness(Duration::ZERO)
        .start()
        .await?;
    let stack = at(&cluster.nodes()[0], SECRET).build()?;
    let table = table(&stack).await?;
    let dead = &cluster.nodes()[1];
    dead.kill();
    let arrived = attempts([dead]);
    for n in 0..100 {
        table.put(&n.to_string(), "v").await?;
        table.add("counter").await?;
    }
    assert_eq!(table.count("counter").await?, 100);
    assert_eq!(attempts([dead]), arrived);
    // Its peers have stopped to list it as alive, and it still is a member.
    for _ in 0..5 {
        let before = attempts(cluster.nodes());
        until("the tables were read", async || {
            stack.cluster().refresh();
            attempts(cluster.nodes()) >= before + 4
        })
        .await;
        assert_eq!(known(stack.cluster()), urls(cluster.nodes()));
    }
    assert_eq!(state(stack.cluster(), dead), Some(State::Down));

    dead.restart().await?;
    until("the member is used again", async || {
        table.put("k", "v").await.unwrap();
        executed([dead]) > arrived
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_rack_whose_members_are_dead_is_left_for_its_fallback() -> Result {
    let cluster = start(THREE_RACKS).await;
    let config = at(&cluster.nodes()[5], SECRET).rack("dc1", "rack1");
    let stack = config.build()?;
    let table = table(&stack).await?;
    let rack = cluster.rack("dc1", "rack1");
    rack.iter().for_each(|node| node.kill());
    for n in 0..50 {
        table.put(&n.to_string(), "v").await?;
    }
    assert!(executed(cluster.rack("dc1", "rack2")) >= 50);
    Ok(())
}

#[tokio::test]
async fn a_member_that_has_left_is_forgotten_and_one_that_joins_is_used() -> Result {
    let cluster = TestCluster::builder()
        .topology("dc1:rack1=3")
        .joining("dc1:rack2=1")
        .credentials(ACCESS_KEY, SECRET)
        .start()
        .await?;
    let (seed, leaver, joiner) = (
        &cluster.nodes()[0],
        &cluster.nodes()[1],
        &cluster.nodes()[3],
    );
    let stack = at(seed, SECRET).build()?;
    let table = table(&stack).await?;
    assert_eq!(known(stack.cluster()), urls(&cluster.nodes()[..3]));

    joiner.join().await?;
    until_known(stack.cluster(), cluster.nodes()).await;
    until("the new member is used", async || {
        table.put("k", "v").await.unwrap();
        executed([joiner]) > 0
    })
    .await;

    leaver.decommission(Duration::ZERO, Duration::from_millis(100));
    let wanted = [seed, &cluster.nodes()[2], joiner];
    until("the member is forgotten", async || {
        table.put("k", "v").await.unwrap();
        known(stack.cluster()) == urls(wanted)
    })
    .await;
    // The seed goes last: the members that were found tell of each other.
    seed.decommission(Duration::ZERO, Duration::ZERO);
    until("the seed is forgotten", async || {
        table.put("k", "v").await.unwrap();
        known(stack.cluster()) == urls([wanted[1], wanted[2]])
    })
    .await;
    Ok(())
}
