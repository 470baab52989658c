//! What is read of which responses, and what the caller gets of them all the same.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_muster::{Answered, Attempt, BoxError, Kind};

use super::super::{ApiError, ReadErrorsLayer};
use crate::Gathered;

async fn through(
    request: Request<()>,
    response: Response<Full<Bytes>>,
) -> Response<Gathered<Full<Bytes>>> {
    let service = ServiceBuilder::new()
        .layer(ReadErrorsLayer::new())
        .service(service_fn(move |_: Request<()>| {
            let response = response.clone();
            async move { Ok::<_, BoxError>(response) }
        }));
    service.oneshot(request).await.expect("a response")
}

fn response(status: u16, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let response = Response::builder().status(status).header("x-kept", "1");
    response.body(Full::new(body.into())).expect("a response")
}

const BODY: &str = r#"{"Item":{"p":{"S":"1"}},"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed \u00e9"}"#;

#[tokio::test]
async fn an_error_is_read_and_passed_on_as_it_came() {
    let response = through(Request::new(()), response(400, BODY)).await;
    let error = response.extensions().get::<ApiError>().expect("an error");
    assert_eq!(error.status(), StatusCode::BAD_REQUEST);
    assert_eq!(error.code(), "ConditionalCheckFailedException");
    assert_eq!(error.message(), "The conditional request failed é");
    assert!(!error.was_complained_of());
    assert_eq!(response.headers()["x-kept"], "1");
    let body = response.into_body().collect().await.expect("a body");
    assert_eq!(body.to_bytes(), BODY);
}

#[tokio::test]
async fn an_earlier_complaint_about_the_same_call_is_known() {
    let silence = Answered::new(Kind::Ambiguous, None);
    let bad = Answered::new(Kind::Refused, Some(StatusCode::BAD_REQUEST));
    let full = Answered::new(Kind::Overloaded, Some(StatusCode::BAD_REQUEST));
    let cut_off = Answered::new(Kind::Refused, Some(StatusCode::INTERNAL_SERVER_ERROR));
    for (before, is_known) in [
        (vec![silence], false),
        (vec![cut_off, full], false),
        (vec![bad], true),
        (vec![cut_off, bad, silence], true),
    ] {
        let mut request = Request::new(());
        let attempt = Attempt::new(2, Vec::new()).after(before);
        request.extensions_mut().insert(attempt);
        let response = through(request, response(400, BODY)).await;
        let error = response.extensions().get::<ApiError>().expect("an error");
        assert_eq!(error.was_complained_of(), is_known);
    }
}

#[tokio::test]
async fn a_good_answer_is_not_looked_into() {
    let response = through(Request::new(()), response(200, BODY)).await;
    assert!(response.extensions().get::<ApiError>().is_none());
    assert_eq!(response.body().data(), None, "as it came");
}

#[tokio::test]
async fn what_is_no_error_of_alternators_shape_is_left_to_its_status() {
    let large = format!(r#"{{"__type":"a#B","message":"{}"}}"#, "x".repeat(20_000));
    let deep = "[".repeat(10_000);
    for body in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"__type":7}"#,
        "Can't parse the request",
        &large,
        &deep,
    ] {
        let response = through(Request::new(()), response(500, body.to_owned())).await;
        assert!(
            response.extensions().get::<ApiError>().is_none(),
            "{}",
            body.len()
        );
        assert_eq!(response.body().size_hint().exact(), Some(body.len() as u64));
        let collected = response.into_body().collect().await.expect("a body");
        assert_eq!(collected.to_bytes(), body);
    }
}

#[tokio::test]
async fn what_another_has_compressed_is_not_read() {
    let mut compressed = response(502, BODY);
    let encoding = http::HeaderValue::from_static("gzip");
    compressed
        .headers_mut()
        .insert("content-encoding", encoding);
    let response = through(Request::new(()), compressed).await;
    assert!(response.extensions().get::<ApiError>().is_none());
}

#[tokio::test]
async fn the_name_may_have_no_version_in_front() {
    let body = r#"{"message":"m","__type":"ValidationException"}"#;
    let response = through(Request::new(()), response(400, body)).await;
    let error = response.extensions().get::<ApiError>().expect("an error");
    assert_eq!(
        (error.code(), error.message()),
        ("ValidationException", "m")
    );
}
