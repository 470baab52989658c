//! A node that cannot be connected to costs no error as long as there is another.

use std::{error::Error as _, num::NonZeroU32, time::Duration};

use tokio::time::Instant;
use tower_layer::Layer;

use super::{Connector, Fate, connect, hosts, layer, open, three};
use crate::{
    connect::{ConnectError, ConnectTimeout},
    health::State,
    tests::fakes::{cluster, in_flight, status},
};

#[tokio::test]
async fn a_node_that_refuses_is_passed_over_and_known_to_be_down() {
    let (cluster, connector, service) = three(|host| match host {
        2 => Fate::Connected,
        _ => Fate::Refused,
    });
    for _ in 0..20 {
        let link = connect(&service).await.expect("a connection");
        assert_eq!(
            link.to().expect("a node").node().to_string(),
            "http://10.0.0.2:8000"
        );
    }
    // Each of the others was tried once at most: then it is known.
    assert!(hosts(&connector).len() <= 22, "{:?}", hosts(&connector));
    for host in [1, 3] {
        let tried = hosts(&connector).contains(&host);
        let is_down = status(&cluster, host).state() == State::Down;
        assert_eq!(tried, is_down, "node {host}");
    }
    assert_eq!(in_flight(&cluster), 0);
}

#[tokio::test]
async fn no_node_is_tried_twice_and_the_last_failure_is_told() {
    let (_, connector, service) = three(|_| Fate::Refused);
    let error = connect(&service).await.expect_err("all refuse");
    let mut tried = hosts(&connector);
    let last = tried.last().copied().expect("a node");
    let node = error.node().expect("a node").to_string();
    assert_eq!(node, format!("http://10.0.0.{last}:8000"));
    tried.sort_unstable();
    assert_eq!(tried, [1, 2, 3]);
    assert!(error.to_string().contains("3 nodes"), "{error}");
    let source = error.source().expect("a source");
    let io = source
        .downcast_ref::<std::io::Error>()
        .expect("an I/O error");
    assert_eq!(io.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn there_are_no_more_attempts_than_allowed() {
    let connector = Connector::new(|_| Fate::Refused);
    let layer = layer(&cluster(9)).max_attempts(NonZeroU32::new(2).expect("two"));
    let service = layer.clone().layer(connector.clone());
    let error = connect(&service).await.expect_err("all refuse");
    assert!(
        matches!(error, ConnectError::Node { attempts: 2, .. }),
        "{error}"
    );
    assert_eq!(connector.asked().len(), 2);
    assert_eq!(open(&layer), [0; 9]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_silent_has_a_second_and_then_the_next_is_tried() {
    let (cluster, connector, service) = three(|host| match host {
        1 => Fate::Silent,
        _ => Fate::Connected,
    });
    let begun = Instant::now();
    while status(&cluster, 1).state() == State::Active {
        let link = connect(&service).await.expect("a connection");
        assert_ne!(
            link.to().expect("a node").node().to_string(),
            "http://10.0.0.1:8000"
        );
    }
    assert_eq!(begun.elapsed().as_secs(), 1);
    assert_eq!(
        hosts(&connector).iter().filter(|&&host| host == 1).count(),
        1
    );
    assert_eq!(in_flight(&cluster), 0);
}

#[tokio::test(start_paused = true)]
async fn a_time_that_is_over_is_the_source_of_the_error() {
    let connector = Connector::new(|_| Fate::Silent);
    let timeout = Duration::from_millis(20);
    let layer = layer(&cluster(1)).connect_timeout(timeout).expect("a time");
    let error = connect(&layer.layer(connector)).await.expect_err("silence");
    let source = error.source().expect("a source");
    let source = source.downcast_ref::<ConnectTimeout>().expect("a timeout");
    assert_eq!(source.after(), timeout);
}

#[tokio::test(start_paused = true)]
async fn a_connect_that_is_dropped_gives_its_lease_back_and_counts_against_nobody() {
    let connector = Connector::new(|_| Fate::Silent);
    let cluster = cluster(1);
    let layer = layer(&cluster);
    let service = layer.layer(connector.clone());
    let mut connecting = tokio_test::task::spawn(connect(&service));
    tokio_test::assert_pending!(connecting.poll());
    assert_eq!((in_flight(&cluster), connector.asked().len()), (1, 1));
    assert_eq!(open(&layer), [1]);
    drop(connecting);
    assert_eq!(in_flight(&cluster), 0);
    assert_eq!(status(&cluster, 1).state(), State::Active);
    assert_eq!(open(&layer), [0]);
}
