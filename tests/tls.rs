//! Over https everything is as it is without: nodes are found, calls are spread, kept in their rack and moved
//! from a node that dies, whoever signs; and both looks and calls go through TLS.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use aws_sdk_dynamodb::config::Builder;
use http::StatusCode;
use tower_muster_alternator::{Alternator, Config, Tls};
use tower_muster_testkit::{NodeCertificate, TestCluster, TestNode, Tls as NodeTls};
use tower_muster_tests::{
    ACCESS_KEY, Folder, Only, Result, SECRET, Table, ask, asked, client, config, credentials,
    executed, get, handshakes, known, load, operation, signature_failures, signing_sdk, start,
    start_tls, trust, trusting, unsigned_sdk, until, until_active, until_known, urls,
};

const THREE: &str = "dc1:rack1=3";
const NAME: &str = "cluster.example";

/// Who signs.
#[derive(Debug, Clone, Copy)]
enum Signer {
    Sdk,
    Stack,
}

const BOTH: [Signer; 2] = [Signer::Sdk, Signer::Stack];

impl Signer {
    fn sdk(self, config: Config) -> Result<Builder> {
        Ok(match self {
            Self::Sdk => signing_sdk(config.http_client()?),
            Self::Stack => {
                let config = config.credentials(credentials(), "us-east-1");
                unsigned_sdk(config.http_client()?)
            }
        })
    }
}

/// Every connection was one of TLS.
fn assert_all_is_encrypted(cluster: &TestCluster) {
    for node in cluster.nodes() {
        let counters = node.counters();
        assert!(node.url().starts_with("https://"), "{}", node.url());
        assert!(counters.requests > 0, "{counters:?}");
        assert!(counters.tls_full > 0, "{counters:?}");
    }
}

#[tokio::test]
async fn every_node_is_found_and_used_with_a_ca_of_the_clusters_own() -> Result {
    for signer in BOTH {
        let cluster = start_tls(THREE, NodeTls::new()).await;
        let table = Table::create(signer.sdk(trusting(&cluster))?).await?;
        for node in cluster.nodes() {
            let stack = trusting(&cluster).policy(Only::at(node));
            let before = node.counters().executed;
            Table::of(signer.sdk(stack)?)
                .put_get_query_delete(&node.url())
                .await?;
            assert_eq!(node.counters().executed - before, 4, "{signer:?} {node:?}");
        }
        assert_eq!(table.get("k").await?, None);
        assert!(asked(cluster.nodes()) > 0);
        assert_all_is_encrypted(&cluster);
        assert_eq!(signature_failures(&cluster), 0);
    }
    Ok(())
}

#[tokio::test]
async fn the_ca_may_be_a_file_or_one_of_several() -> Result {
    let cluster = start_tls(THREE, NodeTls::new()).await;
    let folder = Folder::new("ca");
    let file = folder.write("ca.pem", cluster.ca_pem());
    let both = [cluster.untrusted_ca_pem(), cluster.ca_pem()].concat();
    Table::create(Signer::Sdk.sdk(trusting(&cluster))?).await?;
    for tls in [
        Tls::new().ca_file(&file),
        Tls::new().ca_pem(both),
        Tls::new().ca_pem(cluster.untrusted_ca_pem()).ca_file(&file),
        trust(&cluster).tls13_only(),
    ] {
        let config = trusting(&cluster).tls(tls);
        let table = Table::of(Signer::Sdk.sdk(config)?);
        table.put_get_query_delete("v").await?;
    }
    assert_all_is_encrypted(&cluster);
    Ok(())
}

#[tokio::test]
async fn calls_stay_in_their_rack_and_leave_it_when_it_is_lost() -> Result {
    for signer in BOTH {
        let cluster = start_tls("dc1:rack1=2,rack2=2", NodeTls::new()).await;
        let (home, away) = (cluster.rack("dc1", "rack1"), cluster.rack("dc1", "rack2"));
        let has_served = |nodes: &[&TestNode]| executed(nodes.iter().copied()) > 0;
        let table = Table::create(signer.sdk(trusting(&cluster).rack("dc1", "rack1"))?).await?;
        until("the whole rack is used", async || {
            table.put("k", "v").await.unwrap();
            home.iter().all(|node| has_served(&[node]))
        })
        .await;
        home[0].kill();
        for n in 0..20 {
            table.put(&n.to_string(), "v").await?;
        }
        assert!(!has_served(&away), "{signer:?}");
        home[1].kill();
        for n in 0..20 {
            assert!(table.get(&n.to_string()).await?.is_some());
        }
        assert!(executed(away.iter().copied()) >= 20);
        assert_eq!(signature_failures(&cluster), 0);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_dies_costs_no_call() -> Result {
    const CALLS: usize = 200;
    for signer in BOTH {
        let cluster = start_tls(THREE, NodeTls::new()).await;
        let table = Table::create(signer.sdk(trusting(&cluster))?).await?;
        let victim = cluster.nodes()[1].clone();
        let called = table.clone();
        let results = load(CALLS, 8, move |n| {
            let (table, victim) = (called.clone(), victim.clone());
            async move {
                if n == CALLS / 3 {
                    victim.kill();
                }
                table.put(&n.to_string(), "v").await
            }
        });
        for result in results.await {
            result?;
        }
        for n in 0..CALLS {
            assert!(table.get(&n.to_string()).await?.is_some(), "put {n}");
        }
        assert_eq!(signature_failures(&cluster), 0);
    }
    Ok(())
}

#[tokio::test]
async fn one_seed_that_is_https_makes_all_nodes_https() -> Result {
    let cluster = start_tls(THREE, NodeTls::new()).await;
    let seed = Alternator::at(cluster.nodes()[1].url()).client(client(&cluster));
    let stack = seed.signed_above().build()?;
    until_known(stack.cluster(), cluster.nodes()).await;
    assert!(
        known(stack.cluster())
            .iter()
            .all(|url| url.starts_with("https://127."))
    );
    let table = Table::create(signing_sdk(stack.http_client())).await?;
    until("every node has served", async || {
        table.put("k", "v").await.unwrap();
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().executed > 0)
    })
    .await;
    assert_all_is_encrypted(&cluster);
    Ok(())
}

#[tokio::test]
async fn one_line_of_text_says_it_all() -> Result {
    let cluster = start_tls(THREE, NodeTls::new().require_client_certificate()).await;
    let folder = Folder::new("url");
    let ca = folder.write("ca.pem", cluster.ca_pem());
    let certificate = folder.write("client.pem", cluster.client_cert_pem());
    let key = folder.write("client.key", cluster.client_key_pem());
    let url = format!(
        "alternators://{ACCESS_KEY}:{SECRET}@{}/?dc=dc1&connect_timeout=8s&attempt_timeout=8s&deadline=16s\
         &ca={}&client_cert={}&client_key={}",
        cluster.nodes()[0].address(),
        ca.display(),
        certificate.display(),
        key.display(),
    );
    let stack = url.parse::<Config>()?.build()?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    table.put_get_query_delete("v").await?;
    until_known(stack.cluster(), cluster.nodes()).await;
    Ok(())
}

#[tokio::test]
async fn nodes_that_share_one_name_are_asked_for_it() -> Result {
    let shared = NodeCertificate::for_name(NAME);
    let cluster = start_tls(THREE, NodeTls::new().certificate(shared)).await;
    for signer in BOTH {
        let config = trusting(&cluster).tls(trust(&cluster).server_name(NAME));
        let stack = config.clone().signed_above().build()?;
        until_known(stack.cluster(), cluster.nodes()).await;
        let table = Table::of(signer.sdk(config)?);
        let is_there = table.get("k").await;
        assert!(
            is_there.is_err_and(|error| error.status() == Some(400)),
            "there is no table yet"
        );
    }
    let config = trusting(&cluster).tls(trust(&cluster).server_name(NAME));
    let table = Table::create(Signer::Stack.sdk(config)?).await?;
    until("every node has served", async || {
        table.put("k", "v").await.unwrap();
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().executed > 0)
    })
    .await;
    for node in cluster.nodes() {
        assert_eq!(node.server_names(), [NAME]);
        assert!(
            node.hosts().iter().all(|host| !host.contains(NAME)),
            "the name is that of the certificates only: {:?}",
            node.hosts()
        );
    }
    assert_eq!(signature_failures(&cluster), 0);
    Ok(())
}

/// Kills a node, and has it come back as `comes_back` says.
async fn comes_back(node: &TestNode, comes_back: impl FnOnce(&TestNode)) -> Result {
    node.kill();
    comes_back(node);
    Ok(node.restart().await?)
}

#[tokio::test]
async fn a_node_that_comes_back_with_a_new_certificate_is_used_again() -> Result {
    let cluster = start_tls(THREE, NodeTls::new()).await;
    let config = trusting(&cluster).credentials(credentials(), "us-east-1");
    let stack = config.build()?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    until_known(stack.cluster(), cluster.nodes()).await;
    let node = &cluster.nodes()[1];
    for round in 0..3 {
        comes_back(node, |node| {
            node.set_certificate(NodeCertificate::for_address())
                .unwrap();
        })
        .await?;
        let (full, served) = (handshakes([node]).0, node.counters().executed);
        until("it serves", async || {
            table.put(&round.to_string(), "v").await.unwrap();
            node.counters().executed > served
        })
        .await;
        until_active(stack.cluster(), node).await;
        assert!(handshakes([node]).0 > full, "the new one was looked at");
    }
    Ok(())
}

#[tokio::test]
async fn http_to_a_port_of_https_and_the_other_way_round_say_so() -> Result {
    let secure = start_tls(THREE, NodeTls::new()).await;
    let plain = start(THREE).await;
    let swapped = |url: String| match url.strip_prefix("https") {
        Some(rest) => format!("http{rest}"),
        None => url.replacen("http", "https", 1),
    };
    for (cluster, says) in [
        (&secure, "invalid HTTP version parsed"),
        (
            &plain,
            "received corrupt message of type InvalidContentType",
        ),
    ] {
        let seeds = cluster.urls().into_iter().map(swapped);
        let stack = Alternator::at_any(seeds).tls(trust(&secure)).build()?;
        let failure = ask(stack.service(), operation("GetItem", get("k"))).await;
        let failure = failure.unwrap_err();
        let texts: Vec<_> = tower_muster_tests::sources(&*failure)
            .map(ToString::to_string)
            .collect();
        assert!(texts.join(": ").contains(says), "{texts:?}");
        let trouble = stack.cluster().trouble().unwrap();
        let texts: Vec<_> = tower_muster_tests::sources(&trouble)
            .map(ToString::to_string)
            .collect();
        assert!(texts.join(": ").contains(says), "{texts:?}");
        for node in cluster.nodes() {
            assert_eq!(node.counters().attempts, 0, "no operation was sent");
        }
    }
    // What is not TLS is none of the cluster's business otherwise.
    Table::create(signing_sdk(config(&plain).http_client()?)).await?;
    let answer = ask(
        trusting(&secure).build()?.service(),
        operation("GetItem", get("k")),
    )
    .await?;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text());
    Ok(())
}

#[tokio::test]
async fn the_same_nodes_are_known_by_looks_and_by_calls() -> Result {
    let cluster = start_tls(THREE, NodeTls::new()).await;
    let stack = trusting(&cluster).build()?;
    stack.cluster().ready().await?;
    until_known(stack.cluster(), cluster.nodes()).await;
    assert_eq!(known(stack.cluster()), urls(cluster.nodes()));
    Ok(())
}
