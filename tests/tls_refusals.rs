//! A node that cannot show who it is gets nothing of any request, the error says why, and no call waits for it
//! longer than it may; one such node among good ones costs no call.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::{error::Error as StdError, time::Duration};

use tower_muster::{
    Node,
    failover::{Budget, Error as Failed, Reason},
    health::State,
};
use tower_muster_alternator::{Alternator, Tls};
use tower_muster_testkit::{NodeCertificate, TestCluster, TestNode, Tls as NodeTls};
use tower_muster_tests::{
    Result, Table, ask, client, credentials, get, load, operation, quiet, signing_sdk, sources,
    start_tls, state, trust, trusting, unsigned_sdk, until,
};

const THREE: &str = "dc1:rack1=3";

/// What is wrong with a certificate, and how that is told.
fn wrong() -> [(NodeCertificate, &'static str); 4] {
    let right = NodeCertificate::for_address;
    [
        (right().by_untrusted_authority(), "UnknownIssuer"),
        (
            NodeCertificate::for_name("other.example"),
            "certificate not valid for name",
        ),
        (right().expired(), "certificate expired"),
        (right().not_yet_valid(), "certificate not valid yet"),
    ]
}

/// An error and all that caused it, in one line.
fn story(error: &(dyn StdError + 'static)) -> String {
    let texts: Vec<_> = sources(error).map(ToString::to_string).collect();
    texts.join(": ")
}

fn reason(error: &Failed) -> Reason {
    match error {
        Failed::Exhausted { reason, .. } => *reason,
        _ => panic!("no attempt was made: {error}"),
    }
}

fn assert_nothing_was_sent(cluster: &TestCluster) {
    for node in cluster.nodes() {
        let counters = node.counters();
        assert_eq!(
            (counters.requests, counters.attempts),
            (0, 0),
            "{counters:?}"
        );
        assert_eq!(
            (counters.tls_full, counters.tls_resumed),
            (0, 0),
            "{counters:?}"
        );
    }
}

#[tokio::test]
async fn a_cluster_that_cannot_show_who_it_is_is_sent_nothing_and_the_error_says_why() -> Result {
    for (certificate, why) in wrong() {
        let cluster = start_tls(THREE, NodeTls::new().certificate(certificate)).await;
        let stack = trusting(&cluster).signed_above().build()?;

        let error = stack.cluster().ready().await.unwrap_err();

        assert!(story(&error).contains(why), "{}", story(&error));
        for node in cluster.nodes() {
            assert!(story(&error).contains(&node.url()), "{}", story(&error));
        }
        let trouble = stack.cluster().trouble().unwrap();
        assert!(story(&trouble).contains(why), "{}", story(&trouble));
        let table = Table::of(signing_sdk(stack.http_client()));
        let failure = table.add("k").await.unwrap_err();
        assert!(failure.to_string().contains(why), "{failure}");
        assert!(!failure.is_ambiguous(), "{failure}");
        assert_nothing_was_sent(&cluster);
    }
    Ok(())
}

#[tokio::test]
async fn nodes_that_are_given_are_each_tried_and_told_of_and_then_it_ends() -> Result {
    for (certificate, why) in wrong() {
        let cluster = start_tls(THREE, NodeTls::new().certificate(certificate)).await;
        let stack = quiet(&cluster, cluster.nodes()).backoff(None).build()?;

        let error = ask(stack.service(), operation("UpdateItem", get("k"))).await;

        let error = error.unwrap_err();
        let error: &Failed = error.downcast_ref().unwrap();
        let tried = error.tried().len();
        assert_eq!((reason(error), tried), (Reason::NoNodeLeft, 3), "{error}");
        assert!(error.is_safe_to_repeat());
        let text = error.to_string();
        assert_eq!(
            text.matches(why).count(),
            3,
            "each node has its reason: {text}"
        );
        assert!(story(error).contains(why), "{}", story(error));
        assert_nothing_was_sent(&cluster);
    }
    Ok(())
}

#[tokio::test]
async fn the_deadline_ends_a_call_that_may_try_for_ever() -> Result {
    const SOON: Duration = Duration::from_secs(2);
    let tls = NodeTls::new().certificate(NodeCertificate::for_address().expired());
    let cluster = start_tls(THREE, tls).await;
    let stack = quiet(&cluster, cluster.nodes())
        .max_attempts(u32::MAX.try_into()?)
        .budget(Budget::new(1.0, 10_000.0)?)
        .deadline(SOON)
        .build()?;
    let error = ask(stack.service(), operation("GetItem", get("k"))).await;
    let error = error.unwrap_err();
    let error: &Failed = error.downcast_ref().unwrap();
    assert!(error.tried().len() > 1, "{error}");
    assert!(error.is_safe_to_repeat());
    let is_over = matches!(reason(error), Reason::Deadline { after: SOON, .. });
    assert!(is_over, "{error}");
    assert!(error.to_string().contains("certificate expired"), "{error}");
    assert_nothing_was_sent(&cluster);
    Ok(())
}

#[tokio::test]
async fn verification_that_is_off_serves_all_of_them_and_is_needed() -> Result {
    for (certificate, why) in wrong() {
        let cluster = start_tls(THREE, NodeTls::new().certificate(certificate)).await;
        let careful = trusting(&cluster).http_client()?;
        let failure = Table::of(signing_sdk(careful)).get("k").await.unwrap_err();
        assert!(failure.to_string().contains(why), "{failure}");
        assert_nothing_was_sent(&cluster);

        let careless = Tls::new().danger_accept_invalid_certs();
        let careless = trusting(&cluster).tls(careless).http_client()?;
        let table = Table::create(signing_sdk(careless)).await?;
        table.put_get_query_delete("v").await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_platforms_roots_do_not_vouch_for_a_private_ca() -> Result {
    let cluster = start_tls(THREE, NodeTls::new()).await;
    let config = Alternator::at_any(cluster.urls());
    // A machine without any roots says so when the stack is built.
    if let Ok(stack) = config.build() {
        let error = stack.cluster().ready().await.unwrap_err();
        assert!(story(&error).contains("UnknownIssuer"), "{}", story(&error));
    }
    assert_nothing_was_sent(&cluster);
    Ok(())
}

#[tokio::test]
async fn a_shared_name_has_to_be_the_one_in_the_certificates() -> Result {
    let shared = NodeCertificate::for_name("cluster.example");
    let cluster = start_tls(THREE, NodeTls::new().certificate(shared)).await;
    for tls in [
        trust(&cluster),
        trust(&cluster).server_name("other.example"),
    ] {
        let stack = trusting(&cluster).tls(tls).build()?;
        let error = stack.cluster().ready().await.unwrap_err();
        let text = story(&error);
        assert!(text.contains("certificate not valid for name"), "{text}");
    }
    assert_nothing_was_sent(&cluster);
    Ok(())
}

/// A cluster of four, of which one has a certificate that ran out; and a stack that knows them all.
async fn one_of_four() -> Result<(TestCluster, TestNode)> {
    let cluster = start_tls("dc1:rack1=4", NodeTls::new()).await;
    let bad = cluster.nodes()[2].clone();
    bad.set_certificate(NodeCertificate::for_address().expired())?;
    Ok((cluster, bad))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_node_with_a_bad_certificate_costs_no_call_and_is_put_out_until_it_has_a_good_one()
-> Result {
    const CALLS: usize = 100;
    let (cluster, bad) = one_of_four().await?;
    let config = trusting(&cluster).credentials(credentials(), "us-east-1");
    let stack = config.build()?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    let called = table.clone();
    let results = load(CALLS, 4, move |n| {
        let table = called.clone();
        async move { table.add(&n.to_string()).await }
    });
    for result in results.await {
        result?;
    }
    for n in 0..CALLS {
        assert_eq!(table.count(&n.to_string()).await?, 1, "{n} was added once");
    }
    until("it was tried and is out", async || {
        table.put("k", "v").await.unwrap();
        state(stack.cluster(), &bad) == Some(State::Down)
    })
    .await;
    let counters = bad.counters();
    assert_eq!(
        (counters.requests, counters.tls_full),
        (0, 0),
        "{counters:?}"
    );

    bad.set_certificate(NodeCertificate::for_address())?;
    until("it serves", async || {
        table.put("k", "v").await.unwrap();
        bad.counters().executed > 0
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn a_node_whose_certificate_runs_out_serves_on_until_it_has_to_show_it() -> Result {
    let cluster = start_tls("dc1:rack1=2", NodeTls::new()).await;
    let stack = quiet(&cluster, cluster.nodes()).build()?;
    let table = Table::create(unsigned_sdk(stack.http_client())).await?;
    until("both have served", async || {
        table.put("k", "v").await.unwrap();
        cluster
            .nodes()
            .iter()
            .all(|node| node.counters().executed > 0)
    })
    .await;
    let node = &cluster.nodes()[0];
    node.set_certificate(NodeCertificate::for_address().expired())?;
    let before = node.counters().executed;
    until("its connection is used", async || {
        table.put("k", "v").await.unwrap();
        node.counters().executed > before
    })
    .await;
    node.kill();
    node.restart().await?;
    let (before, shown) = (node.counters().executed, node.counters().tls_failed);
    until("it has shown it", async || {
        table.put("k", "v").await.unwrap();
        node.counters().tls_failed > shown
    })
    .await;
    assert_eq!(node.counters().executed, before, "and is asked nothing");
    Ok(())
}

#[tokio::test]
async fn an_untrusted_authority_is_one_like_any_other_to_those_who_trust_it() -> Result {
    let theirs = NodeCertificate::for_address().by_untrusted_authority();
    let cluster = start_tls(THREE, NodeTls::new()).await;
    cluster.nodes()[1].set_certificate(theirs)?;
    let both = trust(&cluster).ca_pem(cluster.untrusted_ca_pem());
    let stack = quiet(&cluster, &cluster.nodes()[1..2]).client(client(&cluster).tls(both));
    let answer = ask(stack.build()?.service(), operation("ListTables", "{}")).await?;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let alone = quiet(&cluster, &cluster.nodes()[1..2])
        .backoff(None)
        .build()?;
    let error = ask(alone.service(), operation("ListTables", "{}")).await;
    assert!(story(&*error.unwrap_err()).contains("UnknownIssuer"));
    Ok(())
}

#[tokio::test]
async fn a_client_without_tls_sends_nothing_to_https() -> Result {
    let cluster = start_tls(THREE, NodeTls::new()).await;
    let nodes: Result<Vec<_>, _> = cluster.urls().iter().map(|url| Node::new(url)).collect();
    let config = Alternator::at_nodes(nodes?).no_probing().backoff(None);
    let stack = config.build_over(tower_muster_tests::hyper_client())?;
    let error = ask(stack.service(), operation("ListTables", "{}")).await;
    let text = story(&*error.unwrap_err());
    assert!(text.contains("https, and the client has no TLS"), "{text}");
    for node in cluster.nodes() {
        assert_eq!(node.counters().connections, 0);
    }
    Ok(())
}
