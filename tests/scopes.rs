//! A request goes to a node of its scope: to all of them, to no other, along the chain of fallbacks when the
//! nodes of a place are gone or cannot be learned of, and home by itself.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use http::{Method, StatusCode, Uri};
use tower_muster::{Scope, failover};
use tower_muster_alternator::{Config, ValidateError};
use tower_muster_testkit::{TestCluster, TestNode};
use tower_muster_tests::{
    ACCESS_KEY, Failure, Result, SECRET, Table, asked, attempts, config, executed, hyper_client,
    signature_failures, signing_sdk, start, unsigned_sdk, until, until_known, urls,
};

const TWO_DATACENTERS: &str = "dc1:rack1=2,rack2=2;dc2:rack1=2";
/// So many calls in a row say where calls go now.
const SOME: usize = 20;

async fn table(config: Config) -> Result<Table> {
    let stack = config.signed_above().build()?;
    Ok(Table::create(signing_sdk(stack.http_client())).await?)
}

/// The nodes that these calls were carried out by.
async fn served_by<'a>(cluster: &'a TestCluster, table: &Table) -> Result<Vec<&'a TestNode>> {
    let nodes = cluster.nodes();
    let before: Vec<_> = nodes.iter().map(|node| executed([node])).collect();
    for n in 0..SOME {
        table.put(&n.to_string(), "v").await?;
    }
    let after = nodes.iter().zip(before);
    let served = after.filter(|(node, before)| executed([*node]) > *before);
    Ok(served.map(|(node, _)| node).collect())
}

/// Waits until calls go to nodes of this place only.
async fn until_served_in(cluster: &TestCluster, table: &Table, datacenter: &str, rack: &str) {
    until("calls are at home", async || {
        let served = served_by(cluster, table).await.unwrap();
        let mut served = served.iter();
        served.all(|node| node.datacenter() == datacenter && node.rack() == rack)
    })
    .await;
}

#[tokio::test]
async fn all_nodes_of_a_scope_are_used_and_no_others() -> Result {
    for (scope, in_scope) in [
        (Scope::datacenter("dc1"), 0..4),
        (Scope::datacenter("dc2"), 4..6),
        (Scope::rack("dc1", "rack1"), 0..2),
        (Scope::rack("dc1", "rack2"), 2..4),
        (Scope::rack("dc2", "rack1"), 4..6),
        (Scope::cluster(), 0..6),
    ] {
        let cluster = start(TWO_DATACENTERS).await;
        let table = table(config(&cluster).scope(scope.clone())).await?;
        let nodes = &cluster.nodes()[in_scope];
        until("all nodes of the scope are used", async || {
            table.get("k").await.unwrap();
            nodes.iter().all(|node| executed([node]) > 0)
        })
        .await;
        let all = attempts(cluster.nodes());
        assert_eq!(attempts(nodes), all, "{scope:?} was left");
    }
    Ok(())
}

#[tokio::test]
async fn the_chain_is_walked_as_places_die_and_back_as_they_return() -> Result {
    let cluster = start("dc1:rack1=2,rack2=1;dc2:rack1=2").await;
    let scope = Scope::rack("dc1", "rack1")
        .or_datacenter("dc1")
        .or_datacenter("dc2");
    let table = table(config(&cluster).scope(scope)).await?;
    until_served_in(&cluster, &table, "dc1", "rack1").await;

    let (home, next) = (cluster.rack("dc1", "rack1"), cluster.rack("dc1", "rack2"));
    home.iter().for_each(|node| node.kill());
    assert_eq!(urls(served_by(&cluster, &table).await?), urls(next.clone()));
    next.iter().for_each(|node| node.kill());
    let served = served_by(&cluster, &table).await?;
    assert!(served.iter().all(|node| node.datacenter() == "dc2"));

    next[0].restart().await?;
    until_served_in(&cluster, &table, "dc1", "rack2").await;
    for node in home {
        node.restart().await?;
    }
    until_served_in(&cluster, &table, "dc1", "rack1").await;
    Ok(())
}

#[tokio::test]
async fn the_whole_cluster_is_the_last_resort() -> Result {
    let cluster = start(TWO_DATACENTERS).await;
    let scope = Scope::rack("dc1", "rack2").or_cluster();
    let table = table(config(&cluster).scope(scope)).await?;
    until_served_in(&cluster, &table, "dc1", "rack2").await;
    let lost = cluster.rack("dc1", "rack2");
    lost.iter().for_each(|node| node.kill());
    until("all others are used", async || {
        table.get("k").await.unwrap();
        let mut others = cluster.nodes().iter();
        others.all(|node| node.rack() == "rack2" || executed([node]) > 0)
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_rack_that_nobody_has_is_left_for_the_datacenter_and_no_further() -> Result {
    let cluster = start(TWO_DATACENTERS).await;
    let scope = Scope::rack("dc1", "rack9").or_datacenter("dc1");
    let table = table(config(&cluster).scope(scope.clone())).await?;
    until("all of the datacenter are used", async || {
        table.get("k").await.unwrap();
        let nodes = cluster.datacenter("dc1");
        nodes.into_iter().all(|node| executed([node]) > 0)
    })
    .await;
    assert_eq!(attempts(cluster.datacenter("dc2")), 0);

    let stack = config(&cluster).scope(scope).build()?;
    let error = stack.validate().await.unwrap_err();
    assert!(matches!(error, ValidateError::NoNodes { .. }), "{error:?}");
    assert!(error.to_string().contains(r#""rack9""#), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_place_that_cannot_be_asked_for_is_left_and_returned_to_when_it_can() -> Result {
    let cluster = start(TWO_DATACENTERS).await;
    for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::NOT_FOUND] {
        let broken = Arc::new(AtomicBool::new(true));
        let (client, breaks) = (hyper_client(), Arc::clone(&broken));
        // The lists of racks are what fails; whoever asks for a datacenter is told.
        let client = tower::service_fn(move |request: http::Request<_>| {
            let names_a_rack = |uri: &Uri| uri.query().is_some_and(|text| text.contains("rack="));
            let fails = request.method() == Method::GET
                && names_a_rack(request.uri())
                && breaks.load(Relaxed);
            let answer = client.request(request);
            async move {
                let mut answer = answer.await?;
                if fails {
                    *answer.status_mut() = status;
                }
                Ok::<_, hyper_util::client::legacy::Error>(answer)
            }
        });
        let config = config(&cluster).rack("dc1", "rack2").signed_above();
        let stack = config.build_over(client)?;
        let table = Table::of(signing_sdk(stack.http_client()));
        // One table for both stacks; the first makes it.
        let _ = Table::create(signing_sdk(stack.http_client())).await;
        until("the other rack is used", async || {
            let served = served_by(&cluster, &table).await.unwrap();
            served.iter().any(|node| node.rack() == "rack1")
        })
        .await;
        assert_eq!(attempts(cluster.datacenter("dc2")), 0);

        broken.store(false, Relaxed);
        stack.cluster().refresh();
        until_served_in(&cluster, &table, "dc1", "rack2").await;
    }
    Ok(())
}

#[tokio::test]
async fn lists_that_are_garbage_leave_the_requests_where_they_were() -> Result {
    let cluster = start(TWO_DATACENTERS).await;
    let stack = config(&cluster)
        .rack("dc1", "rack2")
        .signed_above()
        .build()?;
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    until_served_in(&cluster, &table, "dc1", "rack2").await;
    for node in cluster.nodes() {
        node.set_local_nodes_body("<html>502 Bad Gateway</html>");
    }
    for _ in 0..5 {
        let before = asked(cluster.nodes());
        until("the nodes were asked", async || {
            stack.cluster().refresh();
            asked(cluster.nodes()) > before
        })
        .await;
        // One request may find out how it is elsewhere where a machine is busy.
        let before = executed(cluster.rack("dc1", "rack2"));
        served_by(&cluster, &table).await?;
        let at_home = executed(cluster.rack("dc1", "rack2")) - before;
        assert!(at_home as usize >= SOME * 9 / 10, "{at_home} of {SOME}");
    }
    Ok(())
}

#[tokio::test]
async fn a_rack_without_a_fallback_is_that_rack_or_an_error_that_says_so() -> Result {
    let cluster = start(TWO_DATACENTERS).await;
    let config = config(&cluster).scope(Scope::rack("dc1", "rack1"));
    let table = table(config).await?;
    until_served_in(&cluster, &table, "dc1", "rack1").await;
    let rack = cluster.rack("dc1", "rack1");
    let others = attempts(cluster.nodes()) - attempts(rack.clone());
    rack.iter().for_each(|node| node.kill());
    for _ in 0..SOME {
        let failure: Failure = table.put("k", "v").await.unwrap_err();
        let error = failure.stack().unwrap();
        assert!(
            matches!(error, failover::Error::Exhausted { .. }),
            "{error:?}"
        );
        let text = failure.to_string();
        assert!(
            rack.iter().any(|node| text.contains(&node.url())),
            "{text} names the rack's nodes"
        );
        for tried in error.tried() {
            let place = tried.node().map(|node| node.rack());
            assert!(matches!(place, None | Some(Some("rack1"))), "{error}");
        }
    }
    let after = attempts(cluster.nodes()) - attempts(rack.clone());
    assert_eq!(after, others, "nobody else was asked");
    rack[1].restart().await?;
    until("the rack serves", async || {
        table.put("k", "v").await.is_ok()
    })
    .await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_datacenter_gets_nothing_while_the_first_is_well() -> Result {
    let cluster = start("dc1:rack1=3;dc2:rack1=3").await;
    // What the answers take is the nodes' doing, and not that of a busy machine.
    for node in cluster.nodes() {
        node.slow(Duration::from_millis(20));
    }
    let scope = Scope::datacenter("dc1").or_datacenter("dc2");
    let table = table(config(&cluster).scope(scope)).await?;
    let calls = tower_muster_tests::load(600, 16, move |n| {
        let table = table.clone();
        async move { table.put(&n.to_string(), "v").await }
    });
    for result in calls.await {
        result?;
    }
    assert_eq!(attempts(cluster.datacenter("dc2")), 0);
    Ok(())
}

#[tokio::test]
async fn names_are_taken_as_they_are() -> Result {
    // What queries, headers, JSON and URLs have a use for, in names that a snitch may give.
    let names = [
        (r#"dc "one" & co"#, "rack 'a' #1"),
        ("eu-süd/日本", "100% + ?x&y"),
        (r"back\slash", "<r>&lt"),
    ];
    let topology: Vec<_> = names
        .iter()
        .map(|(datacenter, rack)| format!("{datacenter}:{rack}=1,other rack=1"))
        .collect();
    let cluster = start(&topology.join(";")).await;
    for (datacenter, rack) in names {
        let wanted = cluster.rack(datacenter, rack);
        assert_eq!(wanted.len(), 1, "the test cluster took the names");
        for system_tables in [false, true] {
            let url = format!(
                "alternator://{ACCESS_KEY}:{SECRET}@{}/?dc={}&rack={}&fallback=none&discovery={}",
                cluster.nodes()[0].address(),
                encoded(datacenter),
                encoded(rack),
                if system_tables {
                    "system-tables"
                } else {
                    "localnodes"
                },
            );
            let stack = url.parse::<Config>()?.build()?;
            stack.validate().await?;
            let topology = stack.cluster().topology();
            let node = &topology.nodes()[0];
            assert_eq!(
                (node.datacenter(), node.rack()),
                (Some(datacenter), Some(rack))
            );
            until_known(stack.cluster(), wanted.clone()).await;
            let table = Table::of(unsigned_sdk(stack.http_client()));
            let before = executed(wanted.clone());
            table
                .client()
                .list_tables()
                .send()
                .await
                .map_err(Failure::from)?;
            assert!(executed(wanted.clone()) > before, "{datacenter:?} {rack:?}");
        }
    }
    assert_eq!(signature_failures(&cluster), 0);
    Ok(())
}

/// Each byte that is no letter or digit as `%` and two digits.
fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
