//! What hyper-util's pool does with a connection whose use has ended.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{CaptureConnection, capture_connection},
    },
    rt::TokioExecutor,
};
use tokio::task::yield_now;
use tower::ServiceExt;
use tower_layer::Layer;

use super::{Connect, Connector, NAME, layer};
use crate::{
    connect::{ConnectedTo, Retire, RetireLayer},
    policy::Random,
    tests::fakes::cluster,
};

type Pool = Client<Connect<Connector, Random>, Full<Bytes>>;

fn pool(connector: &Connector) -> (Pool, Retire<Pool>) {
    let service = layer(&cluster(1)).layer(connector.clone());
    let pool = Client::builder(TokioExecutor::new()).build(service);
    (pool.clone(), RetireLayer::new().layer(pool))
}

fn request() -> Request<Full<Bytes>> {
    let request = Request::get(NAME).body(Full::default());
    request.expect("a request")
}

/// Makes one call to its end, and returns the connection that it took.
async fn call<S, B>(client: &S, request: Request<Full<Bytes>>) -> ConnectedTo
where
    S: tower_service::Service<Request<Full<Bytes>>, Response = http::Response<B>> + Clone,
    S::Error: std::fmt::Debug,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let response = client.clone().oneshot(request).await.expect("a response");
    let to = response.extensions().get::<ConnectedTo>().cloned();
    response.into_body().collect().await.expect("a body");
    // The connection goes back into the pool.
    yield_now().await;
    to.expect("a node")
}

#[tokio::test]
async fn a_connection_is_used_again_until_its_use_ends_and_then_never() {
    let connector = Connector::served();
    let (_, client) = pool(&connector);
    for _ in 0..5 {
        call(&client, request()).await;
    }
    assert_eq!(connector.asked().len(), 1);
    call(&client, request()).await.retire();
    for _ in 0..5 {
        assert!(!call(&client, request()).await.is_retired());
    }
    assert_eq!(connector.asked().len(), 2);
}

#[tokio::test]
async fn a_connection_that_the_layer_above_has_not_seen_carries_one_more_request() {
    let connector = Connector::served();
    let (pool, client) = pool(&connector);
    call(&pool, request()).await.retire();
    assert!(call(&client, request()).await.is_retired(), "one more");
    assert_eq!(connector.asked().len(), 1);
    assert!(!call(&client, request()).await.is_retired());
    assert_eq!(connector.asked().len(), 2);
}

#[tokio::test]
async fn a_handle_that_was_left_in_the_extensions_is_used_and_stays_with_its_owner() {
    let connector = Connector::served();
    let (_, client) = pool(&connector);
    let mut request = request();
    let captured: CaptureConnection = capture_connection(&mut request);
    request.extensions_mut().insert(captured.clone());
    let to = call(&client, request).await;
    assert!(captured.connection_metadata().is_some(), "it was replaced");
    to.retire();
    call(&client, self::request()).await;
    assert_eq!(connector.asked().len(), 2);
}

/// Two attempts of one call carry the same handle, which is of the second one's connection then.
#[tokio::test]
async fn a_handle_that_has_gone_on_to_another_connection_is_not_taken_for_the_first_ones() {
    let (one, two) = (Connector::served(), Connector::served());
    let ((_, at_one), (_, at_two)) = (pool(&one), pool(&two));
    let mut first = request();
    let captured = capture_connection(&mut first);
    first.extensions_mut().insert(captured);
    let second = first.clone();
    let to = call(&at_one, first).await;
    call(&at_two, second).await;

    to.retire();

    call(&at_two, request()).await;
    assert_eq!(two.asked().len(), 1, "that of the second is used on");
    assert!(call(&at_one, request()).await.is_retired(), "one more");
    assert!(!call(&at_one, request()).await.is_retired());
    assert_eq!(one.asked().len(), 2);
}

#[tokio::test]
async fn nothing_of_a_connection_is_left_when_it_is_gone() {
    let connector = Connector::served();
    let (pool, client) = pool(&connector);
    let to = call(&client, request()).await;
    let node = Arc::clone(to.node());
    drop((to, pool, client));
    // The cluster is gone with the client, so this is the last.
    for _ in 0..100 {
        yield_now().await;
    }
    assert_eq!(Arc::strong_count(&node), 1);
}
