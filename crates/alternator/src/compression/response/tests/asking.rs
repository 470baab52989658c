//! What is asked for, and by whom.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{Empty, Full};

use super::{answered, both, gzip, read, text};
use crate::compression::{
    Encoding::{Deflate, Gzip},
    ResponseCompression,
};

fn gzipped() -> Response<Full<Bytes>> {
    Response::builder()
        .header("content-encoding", "gzip")
        .body(gzip(&text(5000), 6).into())
        .expect("a response")
}

/// What was asked for, and whether the answer was decoded.
async fn asked(layer: ResponseCompression, request: Request<()>) -> (Option<String>, bool) {
    let (response, asked) = answered(layer, request, gzipped()).await;
    let heard = read(response).await;
    let value = asked.get("accept-encoding");
    let value = value.map(|value| value.to_str().expect("text").to_owned());
    (value, heard.body == text(5000))
}

#[tokio::test]
async fn the_order_of_the_settings_is_what_is_asked_for() {
    for (encodings, value) in [
        (&[Gzip][..], "gzip"),
        (&[Deflate, Gzip], "deflate, gzip"),
        (&[Gzip, Deflate], "gzip, deflate"),
        (&[Gzip, Deflate, Gzip], "gzip, deflate"),
        (&[Gzip, Gzip, Deflate, Deflate], "gzip, deflate"),
    ] {
        let layer = ResponseCompression::new(encodings.iter().copied());
        let (asked, is_decoded) = asked(layer, Request::new(())).await;
        assert_eq!((asked.as_deref(), is_decoded), (Some(value), true));
    }
    let (asked, is_decoded) = asked(ResponseCompression::off(), Request::new(())).await;
    assert_eq!((asked, is_decoded), (None, false));
}

#[tokio::test]
async fn who_asks_decodes() {
    for own in ["gzip", "identity", ""] {
        let request = Request::builder().header("accept-encoding", own);
        let request = request.body(()).expect("a request");
        let (asked, is_decoded) = asked(both(), request).await;
        assert_eq!((asked.as_deref(), is_decoded), (Some(own), false));
    }
}

#[tokio::test]
async fn a_request_may_say_otherwise() {
    let only = ResponseCompression::new([Gzip]);
    for (layer, own, value, is_decoded) in [
        (both(), ResponseCompression::off(), None, false),
        (both(), only, Some("gzip"), true),
        (ResponseCompression::off(), only, Some("gzip"), true),
        (
            only,
            ResponseCompression::new([Deflate]),
            Some("deflate"),
            false,
        ),
    ] {
        let mut request = Request::new(());
        request.extensions_mut().insert(own);
        let (asked, decoded) = asked(layer, request).await;
        assert_eq!((asked.as_deref(), decoded), (value, is_decoded), "{own:?}");
    }
}

#[tokio::test]
async fn a_body_that_was_encoded_twice_passes_as_it_came() {
    let mut response = gzipped();
    let again = HeaderValue::from_static("gzip");
    response.headers_mut().append("content-encoding", again);
    let (response, _) = answered(both(), Request::new(()), response).await;
    let heard = read(response).await;
    assert_eq!(heard.body, gzip(&text(5000), 6));
    let kept = heard.head.headers.get_all("content-encoding");
    assert_eq!(kept.iter().count(), 2);
}

#[tokio::test]
async fn an_answer_without_a_body_keeps_its_head() {
    for (method, status) in [(Method::HEAD, 200), (Method::POST, 204), (Method::GET, 304)] {
        let mut request = Request::new(());
        *request.method_mut() = method.clone();
        let response = Response::builder()
            .status(status)
            .header("content-encoding", "gzip")
            .header("content-length", "999")
            .body(Empty::<Bytes>::new())
            .expect("a response");
        let (response, _) = answered(both(), request, response).await;
        let heard = read(response).await;
        assert!(heard.error.is_none(), "{method} {status}");
        assert_eq!(heard.head.headers.len(), 2, "{method} {status}");
    }
}
