//! What may be sent again and what may not.

use http::{Method, request::Parts};
use tower::ServiceExt;

use super::{Reason, get, post, reason, send, stack, tried};
use crate::tests::fakes::{Client, Reply, cluster};

/// Node 1 fails in the given way, the others serve.
fn failing(fail: impl Fn() -> Reply + Send + Sync + 'static) -> Client {
    Client::new(move |seen| match seen.host {
        1 => fail(),
        _ => Reply::Status(200),
    })
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_carried_out_is_not_sent_again() {
    let client = failing(|| Reply::RESET);
    let error = send(&client, &cluster(3), post()).await.expect_err("reset");
    assert_eq!(reason(&error), Reason::NotRepeatable);
    assert_eq!((tried(&error), client.calls()), (vec![Some(1)], 1));
    assert!(!error.is_safe_to_repeat());
}

#[tokio::test(start_paused = true)]
async fn what_may_be_carried_out_twice_is_sent_again() {
    let client = failing(|| Reply::RESET);
    send(&client, &cluster(3), get()).await.expect("served");
    assert_eq!(client.hosts(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn the_method_decides_by_default() {
    for (method, calls) in [
        (Method::GET, 2),
        (Method::HEAD, 2),
        (Method::OPTIONS, 2),
        (Method::TRACE, 2),
        (Method::PUT, 2),
        (Method::DELETE, 2),
        (Method::POST, 1),
        (Method::PATCH, 1),
        (Method::from_bytes(b"PURGE").expect("a method"), 1),
    ] {
        let client = failing(|| Reply::RESET);
        let mut request = post();
        *request.method_mut() = method.clone();
        let answered = send(&client, &cluster(2), request).await;
        assert_eq!(
            (client.calls(), answered.is_ok()),
            (calls, calls == 2),
            "{method}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_closure_decides_by_head_and_body() {
    let reads = |head: &Parts, body: &[u8]| {
        head.headers
            .get("x-amz-target")
            .is_some_and(|target| target == "GetItem")
            && body.starts_with(b"b")
    };
    for (target, calls) in [("GetItem", 2), ("PutItem", 1)] {
        let client = failing(|| Reply::RESET);
        let mut request = post();
        let target = http::HeaderValue::from_static(target);
        request.headers_mut().insert("x-amz-target", target);
        let service = stack(&client, &cluster(2), |layer| layer.repeat(reads));
        assert_eq!(service.oneshot(request).await.is_ok(), calls == 2);
        assert_eq!(client.calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_server_is_its_own_response_when_it_may_not_be_repeated() {
    for status in [500, 502, 503, 504] {
        let client = failing(move || Reply::Status(status));
        let response = send(&client, &cluster(3), post()).await.expect("an answer");
        assert_eq!((response.status().as_u16(), client.calls()), (status, 1));
        let response = send(&client, &cluster(3), get()).await.expect("an answer");
        assert_eq!((response.status().as_u16(), client.calls()), (200, 3));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_final_also_if_it_is_an_error_of_the_caller() {
    for status in [400, 403, 404, 413, 501] {
        let client = failing(move || Reply::Status(status));
        let response = send(&client, &cluster(3), get()).await.expect("an answer");
        assert_eq!((response.status().as_u16(), client.calls()), (status, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_safe_to_repeat_only_if_every_attempt_is() {
    // First perhaps carried out, then certainly not.
    let reset_then_refused = || {
        Client::new(|seen| match seen.host {
            1 => Reply::RESET,
            _ => Reply::REFUSED,
        })
    };
    let error = send(&reset_then_refused(), &cluster(3), get()).await;
    assert!(
        error.expect_err("none serves").is_safe_to_repeat(),
        "a GET always is"
    );

    let twice_only = |head: &Parts, _: &[u8]| head.method == Method::GET;
    let refused_then_reset = Client::new(|seen| match seen.host {
        1 => Reply::REFUSED,
        _ => Reply::RESET,
    });
    let service = stack(&refused_then_reset, &cluster(3), |layer| {
        layer.repeat(twice_only)
    });
    let error = service.oneshot(post()).await.expect_err("none serves");
    assert_eq!(tried(&error), [Some(1), Some(2)]);
    assert_eq!(reason(&error), Reason::NotRepeatable);
    assert!(!error.is_safe_to_repeat());
}
