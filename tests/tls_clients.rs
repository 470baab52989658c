//! Nodes that ask who the client is are shown its certificate, the one that is on disk now; and a client without
//! the right one gets nothing carried out.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use tower_muster_alternator::{Config, Tls};
use tower_muster_testkit::{ClientIdentity, Close, TestCluster, TestNode, Tls as NodeTls};
use tower_muster_tests::{
    Folder, Result, Table, ask, asked, credentials, executed, operation, put, quiet, signing_sdk,
    sources, start_tls, trust, trusting, unsigned_sdk, until,
};

const THREE: &str = "dc1:rack1=3";

async fn start() -> TestCluster {
    start_tls(THREE, NodeTls::new().require_client_certificate()).await
}

fn signs(cluster: &TestCluster, tls: Tls) -> Config {
    let config = trusting(cluster).tls(tls);
    config.credentials(credentials(), "us-east-1")
}

/// Trusts the cluster, and shows itself as this client.
fn showing(cluster: &TestCluster, client: &ClientIdentity) -> Tls {
    trust(cluster).client_cert_pem(client.cert_pem(), client.key_pem())
}

#[tokio::test]
async fn looks_and_calls_show_the_certificate_given_as_bytes_or_as_files() -> Result {
    let cluster = start().await;
    let folder = Folder::new("client");
    let [bytes, files] = ["bytes", "files"].map(|name| cluster.issue_client(name).unwrap());
    let certificate = folder.write("client.pem", files.cert_pem());
    let key = folder.write("client.key", files.key_pem());
    let by_files = trust(&cluster).client_cert_file(certificate, key);
    let table = Table::create(unsigned_sdk(
        signs(&cluster, showing(&cluster, &bytes)).http_client()?,
    ))
    .await?;
    let signing = trusting(&cluster).tls(by_files).http_client()?;
    let again = Table::of(signing_sdk(signing));
    until("every node has met both", async || {
        table.put("k", "v").await.unwrap();
        again.put("k", "v").await.unwrap();
        let met = |node: &TestNode| node.client_names().len() == 2;
        cluster.nodes().iter().all(met)
    })
    .await;
    for node in cluster.nodes() {
        let mut names = node.client_names();
        names.sort();
        assert_eq!(names, ["bytes", "files"]);
        assert_eq!(node.counters().tls_failed, 0);
    }
    assert!(asked(cluster.nodes()) > 0);
    Ok(())
}

#[tokio::test]
async fn without_one_and_with_a_strangers_nothing_is_carried_out_and_the_error_says_why() -> Result
{
    for tls12 in [false, true] {
        let tls = NodeTls::new().require_client_certificate();
        let tls = if tls12 { tls.tls12_only() } else { tls };
        let cluster = start_tls(THREE, tls).await;
        let stranger = cluster.issue_untrusted_client("stranger")?;
        for (tls, why) in [
            (trust(&cluster), "CertificateRequired"),
            (showing(&cluster, &stranger), "fatal alert"),
        ] {
            let stack = signs(&cluster, tls.clone()).build()?;
            let error = stack.cluster().ready().await.unwrap_err();
            let texts: Vec<_> = sources(&error).map(ToString::to_string).collect();
            // In TLS 1.2 a server has no word of its own for it.
            let why = if tls12 { "fatal alert" } else { why };
            assert!(texts.join(": ").contains(why), "{why}: {texts:?}");
            assert!(stack.cluster().trouble().is_some());

            let known = quiet(&cluster, cluster.nodes()).tls(tls).backoff(None);
            let stack = known.build()?;
            let asked = ask(stack.service(), operation("PutItem", put("k", "v"))).await;
            let error = asked.unwrap_err();
            let texts: Vec<_> = sources(&*error).map(ToString::to_string).collect();
            assert!(texts.join(": ").contains(why), "{why}: {texts:?}");
        }
        assert_eq!(executed(cluster.nodes()), 0);
        for node in cluster.nodes() {
            assert_eq!(node.counters().requests, 0);
            assert!(node.client_names().is_empty(), "{:?}", node.client_names());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_certificate_that_is_renewed_on_disk_is_used_by_new_connections() -> Result {
    let cluster = start().await;
    let folder = Folder::new("renewed");
    let write = |client: &ClientIdentity| {
        let certificate = folder.write("client.pem", client.cert_pem());
        (certificate, folder.write("client.key", client.key_pem()))
    };
    let (certificate, key) = write(&cluster.issue_client("old")?);
    let renewed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&renewed);
    let tls = trust(&cluster)
        .client_cert_file(certificate, key)
        .on_client_cert_reload(move |result| {
            if result.is_ok() {
                count.fetch_add(1, Relaxed);
            }
        });
    let table = Table::create(unsigned_sdk(signs(&cluster, tls).http_client()?)).await?;
    let met = |name: &'static str| {
        let met = move |node: &TestNode| node.client_names().iter().any(|met| met == name);
        cluster.nodes().iter().all(met)
    };
    until("all nodes know the old", async || {
        table.put("k", "v").await.unwrap();
        met("old")
    })
    .await;

    write(&cluster.issue_client("new")?);
    table.put("k", "v").await?;
    until("all nodes know the new", async || {
        for node in cluster.nodes() {
            node.close_connections(Close::Fin);
        }
        table.put("k", "v").await.unwrap();
        met("new")
    })
    .await;
    assert!(renewed.load(Relaxed) >= 1, "it is told");
    for node in cluster.nodes() {
        let mut names = node.client_names();
        names.sort();
        assert_eq!(names, ["new", "old"]);
    }
    Ok(())
}

#[tokio::test]
async fn files_that_do_not_fit_each_other_leave_the_old_certificate_in_use() -> Result {
    let cluster = start().await;
    let folder = Folder::new("misfit");
    let (old, new) = (cluster.issue_client("old")?, cluster.issue_client("new")?);
    let certificate = folder.write("client.pem", old.cert_pem());
    let key = folder.write("client.key", old.key_pem());
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let tls = trust(&cluster)
        .client_cert_file(certificate, key)
        .on_client_cert_reload(move |result| {
            assert!(result.is_err(), "the files do not fit");
            count.fetch_add(1, Relaxed);
        });
    let table = Table::create(unsigned_sdk(signs(&cluster, tls).http_client()?)).await?;
    folder.write("client.pem", &format!("{}\n\n", new.cert_pem()));
    until("it was looked at", async || {
        for node in cluster.nodes() {
            node.close_connections(Close::Fin);
        }
        table.put("k", "v").await.unwrap();
        told.load(Relaxed) > 0
    })
    .await;
    for node in cluster.nodes() {
        node.close_connections(Close::Fin);
    }
    table.put("k", "v").await?;
    for node in cluster.nodes() {
        assert!(!node.client_names().contains(&"new".to_owned()));
    }
    Ok(())
}

#[tokio::test]
async fn one_node_that_begins_to_ask_for_a_certificate_costs_no_put() -> Result {
    let cluster = start_tls(THREE, NodeTls::new()).await;
    let stack = signs(&cluster, trust(&cluster)).build()?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    let node = &cluster.nodes()[0];
    node.set_tls(NodeTls::new().require_client_certificate())?;
    node.close_connections(Close::Reset);
    let refused = node.counters().tls_failed;
    until("it has refused some", async || {
        table.put("k", "v").await.unwrap();
        node.counters().tls_failed >= refused + 3
    })
    .await;
    Ok(())
}
