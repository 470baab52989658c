//! When a response body is load, and when it no longer is.

use http_body::Body as _;
use http_body_util::BodyExt;

use super::{LeaseBody, get, send};
use crate::{
    Cluster,
    tests::fakes::{Client, Reply, ScriptedBody, Step, cluster, host, in_flight, status},
};

async fn body(cluster: &Cluster, steps: &[Step]) -> LeaseBody<ScriptedBody> {
    let steps = steps.to_vec();
    let client = Client::new(move |_| Reply::Body(ScriptedBody::new(steps.clone())));
    let response = send(cluster, &client, get("/")).await.expect("served");
    response.into_body()
}

#[tokio::test(start_paused = true)]
async fn a_body_is_load_until_it_ends_and_not_until_it_is_dropped() {
    let cluster = cluster(1);
    let mut body = body(
        &cluster,
        &[Step::Data(b"ab"), Step::Data(b"c"), Step::Trailers],
    )
    .await;
    for _ in 0..3 {
        body.frame().await.expect("a frame").expect("no error");
        assert_eq!(in_flight(&cluster), 1);
        assert_eq!(body.lease().map(|lease| host(lease.node())), Some(1));
    }
    assert!(body.frame().await.is_none());
    assert_eq!(in_flight(&cluster), 0, "the body has ended");
    assert!(body.lease().is_none());
    drop(body);
    assert_eq!(in_flight(&cluster), 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_dropped_half_read_ends() {
    let cluster = cluster(1);
    let mut body = body(&cluster, &[Step::Data(b"ab"), Step::Stall]).await;
    body.frame().await.expect("a frame").expect("no error");
    drop(body);
    assert_eq!(in_flight(&cluster), 0);
    assert!(!status(&cluster, 1).is_set_aside());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_ends_and_is_ambiguous() {
    let cluster = cluster(1);
    let mut body = body(&cluster, &[Step::Data(b"ab"), Step::Error("reset")]).await;
    body.frame().await.expect("a frame").expect("no error");
    body.frame().await.expect("a frame").expect_err("reset");
    assert_eq!(in_flight(&cluster), 0);
    assert!(
        !status(&cluster, 1).is_set_aside(),
        "a node that answers is not dead"
    );
}

#[tokio::test(start_paused = true)]
async fn size_and_end_are_those_of_the_body_within() {
    let cluster = cluster(1);
    let client = Client::new(|_| Reply::Body(ScriptedBody::of(&[b"abc"]).announcing(3)));
    let response = send(&cluster, &client, get("/")).await.expect("served");
    assert_eq!(response.body().size_hint().exact(), Some(3));
    assert!(!response.body().is_end_stream());
    let collected = response.into_body().collect().await.expect("no error");
    assert_eq!(collected.to_bytes(), "abc");
}

#[test]
fn a_default_body_is_of_no_request() {
    let body = LeaseBody::<http_body_util::Empty<bytes::Bytes>>::default();
    assert!(body.lease().is_none());
    assert!(body.is_end_stream());
}
