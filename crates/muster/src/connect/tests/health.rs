//! What connections tell of a node, and what they do not.

use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::sleep,
};
use tower_layer::Layer;

use super::{Connector, Fate, Wire, connect, hosts, layer, three};
use crate::{
    Cluster, Outcome, Policy,
    connect::Link,
    health::State,
    policy::{Candidate, Candidates, PowerOfTwo, RoundRobin, Route},
    tests::fakes::{cluster, node, status},
};

async fn asked(cluster: &Cluster, connector: &Connector) -> TokioIo<Link<Wire>> {
    let service = layer(cluster).layer(connector.clone());
    let link = connect(&service).await.expect("a connection");
    let mut near = TokioIo::new(link);
    near.write_all(b"ask").await.expect("written");
    near
}

#[tokio::test]
async fn every_byte_passes_on_as_it_is() {
    let (cluster, connector) = (cluster(1), Connector::good());
    let mut near = asked(&cluster, &connector).await;
    let mut far = connector.far();
    let sent: Vec<u8> = (0..10_000_u32).map(|n| (n % 251) as u8).collect();
    far.write_all(&sent).await.expect("written");
    drop(far);
    let mut read = Vec::new();
    near.read_to_end(&mut read).await.expect("read");
    assert!(read == sent, "{} bytes came", read.len());
}

#[tokio::test]
async fn a_node_that_closes_before_it_has_answered_anything_fails() {
    let (cluster, connector) = (cluster(1), Connector::good());
    for round in 1..=3 {
        assert_eq!(status(&cluster, 1).state(), State::Active, "round {round}");
        let mut near = asked(&cluster, &connector).await;
        drop(connector.far());
        assert_eq!(near.read(&mut [0; 8]).await.expect("the end"), 0);
    }
    assert_eq!(status(&cluster, 1).state(), State::Down);
}

#[tokio::test]
async fn a_connection_that_was_never_used_and_is_closed_tells_nothing() {
    let (cluster, connector) = (cluster(1), Connector::good());
    let service = layer(&cluster).layer(connector.clone());
    for _ in 0..5 {
        let mut near = TokioIo::new(connect(&service).await.expect("a connection"));
        drop(connector.far());
        assert_eq!(near.read(&mut [0; 8]).await.expect("the end"), 0);
    }
    assert_eq!(status(&cluster, 1).state(), State::Active);
}

#[tokio::test]
async fn a_connection_that_has_answered_and_ends_tells_nothing_bad() {
    let (cluster, connector) = (cluster(1), Connector::good());
    for _ in 0..5 {
        let mut near = asked(&cluster, &connector).await;
        let mut far = connector.far();
        far.write_all(b"answer").await.expect("written");
        assert_eq!(near.read(&mut [0; 8]).await.expect("the answer"), 6);
        drop(far);
        assert_eq!(near.read(&mut [0; 8]).await.expect("the end"), 0);
    }
    assert_eq!(status(&cluster, 1).state(), State::Active);
}

#[tokio::test]
async fn a_connection_that_is_given_up_tells_nothing() {
    let (cluster, connector) = (cluster(1), Connector::good());
    for _ in 0..5 {
        drop(asked(&cluster, &connector).await);
    }
    assert_eq!(status(&cluster, 1).state(), State::Active);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_idles_does_not_make_its_node_look_as_if_it_hung() {
    let (cluster, connector) = (cluster(2), Connector::good());
    let mut links = Vec::new();
    for _ in 0..8 {
        links.push(asked(&cluster, &connector).await);
    }
    // What is usual is known from the requests of another client of the same cluster.
    let request = http::Request::new(());
    for _ in 0..200 {
        let mut lease = cluster
            .pick(&RoundRobin::new(), &Route::of(&request))
            .expect("a node");
        sleep(Duration::from_millis(2)).await;
        lease.learn(Outcome::SERVED);
        let mut lease = cluster
            .pick(&PowerOfTwo::latency_aware(), &Route::of(&request))
            .expect("a node");
        sleep(Duration::from_millis(2)).await;
        lease.learn(Outcome::SERVED);
    }
    assert!(cluster.hedge_after().is_some(), "it is known");
    sleep(Duration::from_secs(60)).await;
    for host in [1, 2] {
        assert!(!status(&cluster, host).is_set_aside(), "node {host}");
    }
}

#[tokio::test(start_paused = true)]
async fn how_long_a_connection_lives_is_no_latency() {
    let (cluster, connector) = (cluster(1), Connector::good());
    let mut near = asked(&cluster, &connector).await;
    sleep(Duration::from_secs(100)).await;
    connector.far().write_all(b"answer").await.expect("written");
    assert_eq!(near.read(&mut [0; 8]).await.expect("the answer"), 6);
    drop(near);
    struct Unknown;
    impl Policy for Unknown {
        fn pick<'a>(&self, _: &Route<'_>, nodes: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
            assert_eq!(nodes.any().latency(), None);
            Some(nodes.any())
        }
    }
    let request = http::Request::new(());
    drop(
        cluster
            .pick(&Unknown, &Route::of(&request))
            .expect("a node"),
    );
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_down_is_back_when_it_has_answered_and_not_when_it_was_connected() {
    let is_up = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let up = is_up.clone();
    let (cluster, connector, service) =
        three(
            move |host| match host != 1 || up.load(std::sync::atomic::Ordering::Relaxed) {
                true => Fate::Connected,
                false => Fate::Refused,
            },
        );
    while status(&cluster, 1).state() != State::Down {
        connect(&service).await.expect("a connection");
    }
    is_up.store(true, std::sync::atomic::Ordering::Relaxed);
    let before = hosts(&connector).len();
    let link = loop {
        sleep(Duration::from_millis(100)).await;
        let link = connect(&service).await.expect("a connection");
        if link.to().is_some_and(|to| **to.node() == node(1)) {
            break link;
        }
        assert!(
            hosts(&connector).len() < before + 1_000,
            "it is asked again"
        );
    };
    assert_eq!(status(&cluster, 1).state(), State::Down);
    let mut near = TokioIo::new(link);
    near.write_all(b"ask").await.expect("written");
    connector.far().write_all(b"answer").await.expect("written");
    assert_eq!(near.read(&mut [0; 8]).await.expect("the answer"), 6);
    assert_eq!(status(&cluster, 1).state(), State::Quarantined);
}
