//! However the cluster is named, its nodes are found and used: by names with several addresses, by one line of
//! text, or by a list that is final; and it is found again after all that was named is gone.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_util::client::legacy::connect::dns::Name;
use tower::{BoxError, ServiceBuilder, ServiceExt};
use tower_muster::{
    Cluster, FailoverLayer, Scope, SelectLayer, discover::Pace, policy::PowerOfTwo,
};
use tower_muster_alternator::{
    Alternator, Config, LocalNodes, ValidateError, errors::ReadErrorsLayer,
};
use tower_muster_sigv4::SigV4Layer;
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{
    ACCESS_KEY, DATACENTER, Failure, Result, SECRET, Table, asked, attempts, executed,
    hyper_client, known, placed, signature_failures, signing_sdk, start, unsigned_sdk, until,
    until_known, urls,
};

const FOUR: &str = "dc1:rack1=2,rack2=2";
const NAME: &str = "alternator.example";

/// What a name stands for, and how often that was asked.
#[derive(Debug, Clone, Default)]
struct Dns {
    addresses: Arc<Mutex<Vec<SocketAddr>>>,
    lookups: Arc<AtomicUsize>,
}

impl Dns {
    fn set<'a>(&self, nodes: impl IntoIterator<Item = &'a TestNode>) {
        let addresses = nodes.into_iter().map(TestNode::address);
        *self.addresses.lock().unwrap() = addresses.collect();
    }

    /// Finds nodes by the name, at the port that `cluster` has.
    fn discover(&self, cluster: &TestCluster) -> Result<Cluster> {
        let dns = self.clone();
        let resolver = tower::service_fn(move |name: Name| {
            assert_eq!(name.as_str(), NAME);
            dns.lookups.fetch_add(1, Relaxed);
            let addresses = dns.addresses.lock().unwrap().clone();
            async { Ok::<_, Infallible>(addresses) }
        });
        let seed = format!("http://{NAME}:{}", cluster.port());
        let pace = Pace::new(Duration::from_millis(50), Duration::from_secs(60))?;
        let source = LocalNodes::new(hyper_client(), [seed])?;
        Ok(Cluster::discover(source.resolver(resolver).pace(pace)))
    }
}

/// A stack that is put together by hand, signs, and is asked which tables there are.
async fn list_tables(cluster: &Cluster) -> Result<StatusCode, BoxError> {
    let credentials = Credentials::new(ACCESS_KEY, SECRET, None, None, "tests");
    let stack = ServiceBuilder::new()
        .layer(FailoverLayer::new(cluster.clone()).repeat(Alternator))
        .layer(SelectLayer::new(cluster.clone(), PowerOfTwo::latency_aware()).classify(Alternator))
        .layer(ReadErrorsLayer::new())
        .layer(SigV4Layer::new(credentials, "us-east-1", "dynamodb")?)
        .service(hyper_client());
    let request = Request::post("/").header("x-amz-target", "DynamoDB_20120810.ListTables");
    let request = request.body(Full::new(Bytes::from_static(b"{}")))?;
    Ok(stack.oneshot(request).await?.status())
}

#[tokio::test]
async fn a_name_stands_for_all_of_its_addresses_dead_ones_included() -> Result {
    let cluster = start(FOUR).await;
    let [dead, alive] = [0, 3].map(|n| &cluster.nodes()[n]);
    dead.kill();
    for order in [[dead, alive], [alive, dead]] {
        let dns = Dns::default();
        dns.set(order);
        let found = dns.discover(&cluster)?;
        found.ready().await?;
        assert!(known(&found).is_superset(&urls(&cluster.nodes()[1..])));
        until_known(&found, &cluster.nodes()[1..]).await;
        for _ in 0..20 {
            assert_eq!(list_tables(&found).await?, 200);
        }
        assert_eq!(dns.lookups.load(Relaxed), 1, "it is believed for a while");
    }
    assert!(executed(&cluster.nodes()[1..]) >= 40);
    assert_eq!(signature_failures(&cluster), 0);
    Ok(())
}

#[tokio::test]
async fn a_name_is_looked_up_again_when_nobody_is_there() -> Result {
    let cluster = start(FOUR).await;
    let dns = Dns::default();
    let (old, new) = cluster.nodes().split_at(2);
    old.iter().for_each(TestNode::kill);
    dns.set(old);
    let found = dns.discover(&cluster)?;
    found.ready().await.unwrap_err();
    dns.set(new);
    until("the new addresses are found", async || {
        found.refresh();
        list_tables(&found).await.is_ok()
    })
    .await;
    assert!(dns.lookups.load(Relaxed) >= 2);
    Ok(())
}

#[tokio::test]
async fn a_cluster_that_moved_is_found_again_by_its_name() -> Result {
    let cluster = start(FOUR).await;
    let moved = TestCluster::builder()
        .topology("dc1:rack1=2")
        .port(cluster.port())
        .credentials(ACCESS_KEY, SECRET)
        .start()
        .await?;
    let dns = Dns::default();
    dns.set(cluster.nodes());
    let found = dns.discover(&cluster)?;
    assert_eq!(list_tables(&found).await?, 200);
    dns.set(moved.nodes());
    drop(cluster);
    until("it is found again", async || {
        found.refresh();
        list_tables(&found).await.is_ok()
    })
    .await;
    assert!(known(&found).is_superset(&urls(moved.nodes())));
    Ok(())
}

#[tokio::test]
async fn the_system_knows_localhost() -> Result {
    let cluster = TestCluster::builder()
        .topology("dc1:rack1=2")
        .first_address(Ipv4Addr::LOCALHOST)
        .credentials(ACCESS_KEY, SECRET)
        .start()
        .await?;
    let stack = Alternator::at(format!("http://localhost:{}", cluster.port()))
        .signed_above()
        .build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    assert_eq!(known(stack.cluster()), urls(cluster.nodes()));
    until("both are used", async || {
        table.put_get_query_delete("v").await.unwrap();
        cluster.nodes().iter().all(|node| executed([node]) > 0)
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn nodes_that_were_found_tell_of_others_when_every_seed_is_dead() -> Result {
    let cluster = TestCluster::builder()
        .topology("dc1:rack1=3")
        .joining("dc1:rack1=1")
        .credentials(ACCESS_KEY, SECRET)
        .start()
        .await?;
    let (seeds, rest) = cluster.nodes().split_at(2);
    let stack = Alternator::at_any(seeds.iter().map(TestNode::url))
        .signed_above()
        .pace(Pace::new(
            Duration::from_millis(50),
            Duration::from_secs(60),
        )?)
        .build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    seeds.iter().for_each(TestNode::kill);
    let joiner = &rest[1];
    joiner.join().await?;
    until("the newcomer is used", async || {
        table.put("k", "v").await.unwrap();
        executed([joiner]) > 0
    })
    .await;
    rest[0].kill();
    for n in 0..20 {
        table.put(&n.to_string(), "v").await?;
    }
    until_known(stack.cluster(), [joiner]).await;
    Ok(())
}

/// A stack of a list that is written by hand.
fn by_hand(cluster: &TestCluster, scope: Scope) -> Config {
    Alternator::at_nodes(cluster.nodes().iter().map(placed))
        .scope(scope)
        .attempt_timeout(Duration::from_secs(5))
        .deadline(Duration::from_secs(20))
        .no_probing()
        .signed_above()
}

#[tokio::test]
async fn a_list_that_is_final_asks_nobody_and_has_racks() -> Result {
    let cluster = start(FOUR).await;
    let scope = Scope::rack(DATACENTER, "rack2").or_datacenter(DATACENTER);
    let stack = by_hand(&cluster, scope).build()?;
    stack.validate().await?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    let [home, away] = ["rack2", "rack1"].map(|rack| cluster.rack(DATACENTER, rack));
    until("the whole rack is used", async || {
        table.put("k", "v").await.unwrap();
        home.iter().all(|node| executed([*node]) > 0)
    })
    .await;
    assert_eq!(attempts(away.clone()), 0);
    home.iter().for_each(|node| node.kill());
    for n in 0..20 {
        table.put(&n.to_string(), "v").await?;
    }
    assert_eq!(executed(away.clone()), 20);
    for node in home.clone() {
        node.restart().await?;
    }
    until("the rack is home again", async || {
        let before = executed(away.clone());
        for n in 0..20 {
            table.put(&n.to_string(), "v").await.unwrap();
        }
        executed(away.clone()) == before
    })
    .await;
    stack.cluster().refresh();
    table.get("k").await?;
    assert_eq!(asked(cluster.nodes()), 0);
    assert_eq!(known(stack.cluster()), urls(cluster.nodes()));
    Ok(())
}

#[tokio::test]
async fn a_list_that_is_final_is_checked_for_its_racks() -> Result {
    let cluster = start(FOUR).await;
    let scope = Scope::rack(DATACENTER, "rack9").or_datacenter(DATACENTER);
    let error = by_hand(&cluster, scope).build()?.validate().await;
    let error = error.unwrap_err();
    assert!(matches!(&error, ValidateError::NoNodes { .. }), "{error:?}");
    assert!(error.to_string().contains(r#"rack "rack9""#), "{error}");
    Ok(())
}

#[tokio::test]
async fn one_line_of_text_is_a_stack() -> Result {
    // What a URL has a use for, and what is no ASCII, in a secret.
    let secret = "s/e:c@r&e?t#%ß";
    let encoded = "s%2Fe%3Ac%40r%26e%3Ft%23%25%C3%9F";
    let cluster = TestCluster::builder()
        .topology("dc1:rack1=2,rack2=2;dc2:rack1=1")
        .credentials("key+1", secret)
        .start()
        .await?;
    let hosts: Vec<_> = cluster.nodes()[2..]
        .iter()
        .map(|node| node.address().to_string())
        .collect();
    let hosts = hosts.join(",");
    cluster.nodes()[4].kill();
    let url = format!(
        "alternator://key%2B1:{encoded}@{hosts}/?dc=dc1&rack=rack1&fallback=none&region=eu-north-1&deadline=20s\
         &attempt_timeout=5s"
    );
    let stack = url.parse::<Config>()?.build()?;
    stack.validate().await?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    for n in 0..20 {
        table.put_get_query_delete(&n.to_string()).await?;
    }
    assert_eq!(executed(cluster.rack("dc1", "rack1")), 81);
    assert_eq!(attempts(cluster.rack("dc1", "rack2")), 0);
    assert_eq!(signature_failures(&cluster), 0);

    let wrong = url.replace("%C3%9F", "ss").parse::<Config>()?;
    let table = Table::of(unsigned_sdk(wrong.http_client()?));
    let failure: Failure = table.get("k").await.unwrap_err();
    assert_eq!(failure.code(), Some("UnrecognizedClientException"));
    Ok(())
}

#[tokio::test]
async fn two_stacks_of_one_line_know_the_same_cluster() -> Result {
    let cluster = start(FOUR).await;
    let url = format!(
        "alternator://{ACCESS_KEY}:{SECRET}@{}/",
        cluster.nodes()[1].address()
    );
    for discovery in ["localnodes", "system-tables"] {
        let text = format!("{url}?discovery={discovery}&fallback=cluster&dc=dc1&rack=rack2");
        let stack = text.parse::<Config>()?.build()?;
        stack.validate().await?;
        assert_eq!(known(stack.cluster()), urls(cluster.nodes()), "{discovery}");
    }
    // One host is enough, and nothing has to be said of places.
    let stack = url.parse::<Config>()?.build()?;
    stack.cluster().ready().await?;
    assert_eq!(known(stack.cluster()), urls(cluster.nodes()));
    Ok(())
}
