//! When the use of a connection ends.

use std::{future::poll_fn, pin::Pin, task::Poll, time::Duration};

use hyper::rt::{Read, ReadBuf};
use tokio::time::{Instant, sleep};
use tower_layer::Layer;

use super::{Connector, Fate, Wire, connect, layer, open, three};
use crate::{
    Cluster,
    connect::Link,
    discover::Pace,
    health::State,
    tests::fakes::{Found, Source, cluster, node, status},
};

/// Waits as the task of an idle connection does, until the connection is to be used no more.
async fn retired(link: &mut Link<Wire>) -> Duration {
    let begun = Instant::now();
    poll_fn(|cx| {
        let mut bytes = [0; 8];
        let mut buffer = ReadBuf::new(&mut bytes);
        let read = Pin::new(&mut *link).poll_read(cx, buffer.unfilled());
        assert!(read.is_pending(), "it is never cut");
        match link.to().is_some_and(|to| to.is_retired()) {
            true => Poll::Ready(()),
            // The timer of a connection whose use is over wakes nobody.
            false => Poll::Pending,
        }
    })
    .await;
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_connection_takes_no_more_requests_after_its_age_and_is_never_cut() {
    let (cluster, connector) = (cluster(1), Connector::good());
    let age = Duration::from_secs(60);
    let layer = layer(&cluster).max_age(age).expect("a time");
    let service = layer.clone().layer(connector);
    let mut ages = Vec::new();
    for _ in 0..20 {
        let mut link = connect(&service).await.expect("a connection");
        assert_eq!(open(&layer), [1]);
        ages.push(retired(&mut link).await);
        assert_eq!(open(&layer), [0], "it counts no more");
    }
    let tenth = Duration::from_millis(6_002);
    assert!(
        ages.iter()
            .all(|of| *of >= age - tenth && *of <= age + tenth),
        "{ages:?}"
    );
    let (least, most) = (ages.iter().min(), ages.iter().max());
    assert!(
        *most.expect("some") > *least.expect("some") + age / 20,
        "{ages:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_endless_age_never_ends() {
    let (cluster, connector) = (cluster(1), Connector::good());
    let layer = layer(&cluster).max_age(Duration::MAX).expect("a time");
    let service = layer.layer(connector);
    let mut link = connect(&service).await.expect("a connection");
    let year = Duration::from_secs(3_600);
    let result = tokio::time::timeout(year, retired(&mut link)).await;
    assert!(result.is_err(), "it was retired");
}

#[tokio::test(start_paused = true)]
async fn a_connection_to_a_node_that_left_the_list_is_used_no_more() {
    let source = Source::of([node(1), node(2)])
        .with_pace(Pace::new(Duration::from_secs(1), Duration::from_secs(1)).expect("a pace"));
    let cluster = Cluster::discover(source.clone());
    let service = layer(&cluster).layer(Connector::good());
    let mut links = Vec::new();
    for _ in 0..10 {
        links.push(connect(&service).await.expect("a connection"));
    }
    source.find(Found::Nodes(vec![node(2)]));
    sleep(Duration::from_secs(3)).await;
    let is_over = |link: &Link<Wire>| link.to().is_some_and(|to| **to.node() == node(1));
    assert!(links.iter().any(is_over));
    for link in links.iter_mut().filter(|link| is_over(link)) {
        assert!(retired(link).await < Duration::from_secs(2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_to_a_node_that_is_down_is_used_no_more_unless_all_are() {
    let is_up = std::sync::Arc::new(std::sync::atomic::AtomicU8::new(3));
    let up = is_up.clone();
    let (cluster, _, service) =
        three(
            move |host| match host <= up.load(std::sync::atomic::Ordering::Relaxed) {
                true => Fate::Connected,
                false => Fate::Refused,
            },
        );
    let mut links = Vec::new();
    while links.len() < 30 {
        links.push(connect(&service).await.expect("a connection"));
    }
    let mut at = |host| {
        let place = links
            .iter()
            .position(|link: &Link<Wire>| link.to().is_some_and(|to| **to.node() == node(host)));
        links.remove(place.expect("a connection"))
    };
    let (mut one, mut three) = (at(1), at(3));

    is_up.store(2, std::sync::atomic::Ordering::Relaxed);
    while status(&cluster, 3).state() != State::Down {
        connect(&service).await.expect("a connection");
    }
    assert!(retired(&mut three).await < Duration::from_secs(2));

    is_up.store(0, std::sync::atomic::Ordering::Relaxed);
    while connect(&service).await.is_ok() {}
    assert_eq!(status(&cluster, 1).state(), State::Down);
    let wait = Duration::from_secs(10);
    let result = tokio::time::timeout(wait, retired(&mut one)).await;
    assert!(result.is_err(), "the last resort was given up");
}

#[tokio::test]
async fn a_user_may_end_the_use_of_a_connection() {
    let service = layer(&cluster(1)).layer(Connector::good());
    let link = connect(&service).await.expect("a connection");
    let to = link.to().expect("a node").clone();
    to.retire();
    assert!(link.to().is_some_and(|to| to.is_retired()));
    assert!(format!("{to:?}").contains("is_retired: true"), "{to:?}");
}
