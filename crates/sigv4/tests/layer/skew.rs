//! A clock that is wrong: the refusal says so, and the request is signed again with the server's time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer as _, Service, ServiceExt as _};
use tower_muster_sigv4::{SigV4, SigV4Layer};
use tower_test::mock;

use crate::support::node::{Node, http_date, seconds_of_day, time};
use crate::support::verifier::verifies;
use crate::support::{ACCESS_KEY, SECRET, layer, list_tables, now};

const URI: &str = "http://node:8000/";

async fn call(service: &mut SigV4<Node>, uri: &str) -> StatusCode {
    let service = tower::ServiceExt::<Request<Full<Bytes>>>::ready(service).await;
    let response = service.expect("ready").call(list_tables(uri)).await;
    response.expect("an answer").status()
}

#[tokio::test]
async fn a_request_refused_for_its_date_is_signed_with_the_servers_time_and_sent_once_more() {
    for ahead in [20 * 60, -20 * 60, 16 * 3600, -3 * 3600] {
        let node = Node::ahead(ahead);
        let mut request = list_tables(URI);
        request.extensions_mut().insert("kept");
        let response = layer().layer(node.clone()).oneshot(request).await;
        assert_eq!(response.expect("served").status(), 200, "{ahead} s ahead");

        let received = node.received();
        assert_eq!(received.len(), 2);
        let [first, second] = [&received[0], &received[1]];
        assert_eq!(seconds_of_day(second) - seconds_of_day(first), ahead);
        assert!(verifies(second, SECRET));
        assert_eq!(second.body(), first.body());
        assert_eq!(second.headers().len(), first.headers().len());
        assert_eq!(second.uri(), first.uri());
        assert_eq!(second.extensions().get::<&str>(), Some(&"kept"));
    }
}

#[tokio::test]
async fn what_was_learned_is_used_for_the_next_requests_of_every_service_of_the_layer() {
    let node = Node::ahead(3600);
    let layer = layer();
    assert_eq!(call(&mut layer.layer(node.clone()), URI).await, 200);
    assert_eq!(node.received().len(), 2);
    for mut service in [layer.layer(node.clone()), layer.clone().layer(node.clone())] {
        assert_eq!(call(&mut service, URI).await, 200);
        assert_eq!(node.received().len(), 1);
    }
}

#[tokio::test]
async fn each_node_has_a_clock_of_its_own() {
    let (fast, slow, right) = (Node::ahead(3600), Node::ahead(-3600), Node::ahead(0));
    let layer = layer();
    for sends in [[2, 2, 1], [1, 1, 1]] {
        let nodes = [
            (&fast, "http://fast:8000/"),
            (&slow, "http://slow:8000/"),
            (&right, URI),
        ];
        for ((node, uri), sends) in nodes.into_iter().zip(sends) {
            assert_eq!(call(&mut layer.layer(node.clone()), uri).await, 200);
            assert_eq!(node.received().len(), sends, "{uri}");
        }
    }
}

#[tokio::test]
async fn an_offset_is_added_to_an_injected_time_and_forgotten_when_the_clock_is_put_right() {
    let ours = Arc::new(AtomicI64::new(-3600));
    let clock = Arc::clone(&ours);
    let node = Node::ahead(0);
    let mut service = layer()
        .time_source(move || time(clock.load(SeqCst)))
        .layer(node.clone());
    assert_eq!(call(&mut service, URI).await, 200);
    assert_eq!(node.received().len(), 2, "our clock is behind");
    ours.store(-3540, SeqCst);
    assert_eq!(call(&mut service, URI).await, 200);
    let [ref only] = node.received()[..] else {
        panic!("the offset is known");
    };
    assert_eq!(seconds_of_day(only), 3 * 3600 + 4 * 60 + 5 + 60);

    ours.store(0, SeqCst);
    assert_eq!(call(&mut service, URI).await, 200);
    assert_eq!(node.received().len(), 2, "the offset is wrong now");
    assert_eq!(call(&mut service, URI).await, 200);
    let [ref only] = node.received()[..] else {
        panic!("the offset is gone");
    };
    assert_eq!(
        seconds_of_day(only),
        3 * 3600 + 4 * 60 + 5,
        "and our own time is used"
    );
}

#[tokio::test]
async fn a_node_whose_clock_jumps_is_followed() {
    let node = Node::ahead(0);
    let mut service = layer().layer(node.clone());
    for (ahead, sends) in [
        (0, 1),
        (3600, 2),
        (3600, 1),
        (-3600, 2),
        (-3600, 1),
        (0, 2),
        (0, 1),
    ] {
        node.set_clock(ahead);
        assert_eq!(call(&mut service, URI).await, 200);
        assert_eq!(node.received().len(), sends, "{ahead} s ahead");
    }
}

#[tokio::test]
async fn a_refusal_with_a_date_near_ours_goes_to_the_caller() {
    for (ahead, status) in [(0, 400), (240, 403), (-240, 401)] {
        let node = Node::ahead(ahead);
        node.set_answer(status);
        let mut service = layer().layer(node.clone());
        assert_eq!(call(&mut service, URI).await, status);
        assert_eq!(node.received().len(), 1);
    }
}

#[tokio::test]
async fn a_response_that_is_no_refusal_is_not_asked_for_again_whatever_its_date() {
    for status in [200, 404, 500, 503] {
        let node = Node::ahead(0);
        node.set_answer(status);
        node.set_date(3600);
        let mut service = layer().layer(node.clone());
        assert_eq!(call(&mut service, URI).await, status);
        assert_eq!(node.received().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn an_offset_that_did_not_help_is_not_kept() {
    let node = Node::ahead(0);
    node.set_date(3600);
    node.set_answer(400);
    let mut service = layer().layer(node.clone());
    assert_eq!(call(&mut service, URI).await, 400);
    assert_eq!(node.received().len(), 2, "twice, and not more often");
    node.set_answer(200);
    assert_eq!(call(&mut service, URI).await, 200);
    let [ref only] = node.received()[..] else {
        panic!("one send");
    };
    assert_eq!(seconds_of_day(only), 3 * 3600 + 4 * 60 + 5);
}

#[tokio::test]
async fn a_clock_that_is_a_little_off_is_not_blamed_for_each_refusal_but_once_a_minute() {
    for ahead in [5 * 60, 13 * 60, -13 * 60] {
        let ours = Arc::new(AtomicI64::new(0));
        let clock = Arc::clone(&ours);
        let node = Node::ahead(ahead);
        node.set_answer(400);
        let layer = layer().time_source(move || time(clock.load(SeqCst)));
        let mut service = layer.layer(node.clone());
        for sends in [2, 1, 1] {
            assert_eq!(call(&mut service, URI).await, 400);
            assert_eq!(node.received().len(), sends, "{ahead} s ahead");
        }
        ours.store(60, SeqCst);
        node.set_clock(ahead + 60);
        for sends in [2, 1] {
            assert_eq!(call(&mut service, URI).await, 400);
            assert_eq!(
                node.received().len(),
                sends,
                "{ahead} s ahead, a minute later"
            );
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_followed_although_a_second_send_was_just_in_vain() {
    let node = Node::ahead(13 * 60);
    node.set_answer(400);
    let mut service = layer().layer(node.clone());
    assert_eq!(call(&mut service, URI).await, 400);
    assert_eq!(node.received().len(), 2);
    node.set_answer(200);
    for (ahead, sends) in [(15 * 60 + 1, 2), (15 * 60 + 1, 1)] {
        node.set_clock(ahead);
        assert_eq!(call(&mut service, URI).await, 200);
        assert_eq!(node.received().len(), sends);
    }
}

#[tokio::test]
async fn a_server_that_allows_for_less_is_followed_after_a_request_with_another_fault() {
    let node = Node::ahead(6 * 60);
    node.set_window(5 * 60);
    node.set_answer(403);
    let mut service = layer().layer(node.clone());
    assert_eq!(call(&mut service, URI).await, 403);
    assert_eq!(node.received().len(), 2, "for its date, then for its fault");
    node.set_answer(200);
    for sends in [2, 1] {
        assert_eq!(call(&mut service, URI).await, 200);
        assert_eq!(node.received().len(), sends);
    }
}

#[tokio::test]
async fn it_can_be_turned_off() {
    let node = Node::ahead(3600);
    let mut service = layer().clock_skew(false).layer(node.clone());
    assert_eq!(call(&mut service, URI).await, 400);
    assert_eq!(node.received().len(), 1);
}

#[tokio::test]
async fn a_refusal_that_cannot_be_answered_with_another_signature_goes_to_the_caller() {
    let expiry = now() - std::time::Duration::from_secs(600);
    let short = Credentials::new(ACCESS_KEY, SECRET, None, Some(expiry), "test");
    let short = SharedCredentialsProvider::new(short);
    let layer = SigV4Layer::new(short, "us-east-1", "dynamodb").expect("names are valid");
    let node = Node::ahead(3600);
    let mut service = layer.time_source(now).layer(node.clone());
    assert_eq!(
        call(&mut service, URI).await,
        400,
        "they have expired by both clocks"
    );
    assert_eq!(node.received().len(), 1);
}

#[tokio::test]
async fn a_session_token_is_signed_again_with_the_rest() {
    let token = Some("a-token".to_owned());
    let credentials = Credentials::from_keys(ACCESS_KEY, SECRET, token);
    let layer = SigV4Layer::new(credentials, "us-east-1", "dynamodb").expect("names are valid");
    let node = Node::ahead(3600);
    let mut service = layer.time_source(now).layer(node.clone());
    assert_eq!(call(&mut service, URI).await, 200);
    for sent in node.received() {
        assert_eq!(sent.headers()["x-amz-security-token"], "a-token");
        assert!(sent.headers()["x-amz-security-token"].is_sensitive());
    }
}

#[tokio::test]
async fn a_future_dropped_before_the_second_send_sends_nothing_more() {
    let (mut service, mut handle) = mock::spawn_layer::<_, Response<Arc<()>>, _>(layer());
    handle.allow(1);
    assert_ready!(service.poll_ready::<Request<Full<Bytes>>>()).expect("ready");
    let mut call = task::spawn(service.call(list_tables(URI)));
    assert_pending!(call.poll());
    let (_, reply) = handle.next_request().await.expect("sent");
    handle.allow(0);
    reply.send_response(refusal(&Arc::default()));
    assert_pending!(call.poll());
    drop(call);
    handle.allow(1);
    drop(service);
    assert!(
        handle.next_request().await.is_none(),
        "nothing more was sent"
    );
}

/// A response of 400 from a server that is an hour ahead; its body counts as long as it lives.
fn refusal(witness: &Arc<()>) -> Response<Arc<()>> {
    Response::builder()
        .status(400)
        .header("date", http_date(3600))
        .body(Arc::clone(witness))
        .expect("a response")
}

#[tokio::test]
async fn the_second_send_waits_for_readiness_and_holds_nothing_of_the_refusal() {
    let witness = Arc::new(());
    let (mut service, mut handle) = mock::spawn_layer::<_, Response<Arc<()>>, _>(layer());
    handle.allow(1);
    assert_ready!(service.poll_ready::<Request<Full<Bytes>>>()).expect("ready");
    let mut call = task::spawn(service.call(list_tables(URI)));
    assert_pending!(call.poll());
    let (_, reply) = handle.next_request().await.expect("sent");
    handle.allow(0);
    reply.send_response(refusal(&witness));
    assert_pending!(call.poll());
    assert_eq!(Arc::strong_count(&witness), 1, "the refusal is gone");

    handle.allow(1);
    assert!(call.is_woken(), "it waits for readiness");
    assert_pending!(call.poll());
    let (second, reply) = handle.next_request().await.expect("sent again");
    assert_eq!(seconds_of_day(&second), 4 * 3600 + 4 * 60 + 5);
    reply.send_response(refusal(&witness));
    let response = assert_ready!(call.poll()).expect("an answer");
    assert_eq!(response.status(), 400, "there is no third");
}

#[tokio::test]
async fn a_service_that_fails_before_the_second_send_is_heard() {
    let (mut service, mut handle) = mock::spawn_layer::<_, Response<Arc<()>>, _>(layer());
    handle.allow(1);
    assert_ready!(service.poll_ready::<Request<Full<Bytes>>>()).expect("ready");
    let mut call = task::spawn(service.call(list_tables(URI)));
    assert_pending!(call.poll());
    let (_, reply) = handle.next_request().await.expect("sent");
    reply.send_response(refusal(&Arc::default()));
    handle.send_error("the pool is closed");
    let error = assert_ready!(call.poll()).expect_err("not ready again");
    assert_eq!(error.to_string(), "the pool is closed");
    let error = assert_ready!(call.poll()).expect_err("it has ended");
    assert!(error.to_string().contains("ended"), "{error}");
}
