use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt};
use tower_muster::BoxError;

use super::{PassThroughError, PassThroughLayer, origins::Origins};

const STACK: &str = "http://cluster.example:8000";

fn has(origins: &[&str], uri: &'static str) -> bool {
    let origins = Origins::new(origins).expect("origins");
    origins.has(&Uri::from_static(uri))
}

#[test]
fn one_origin_has_many_spellings() {
    for (origin, uri, expected) in [
        (STACK, "http://cluster.example:8000/", true),
        (STACK, "HTTP://Cluster.Example:8000/path?q", true),
        (STACK, "http://user@cluster.example:8000/", true),
        (STACK, "http://cluster.example/", false),
        (STACK, "https://cluster.example:8000/", false),
        (STACK, "http://cluster.example.org:8000/", false),
        (STACK, "http://other@cluster.example/", false),
        ("http://a", "http://a:80/", true),
        ("http://a:80", "http://a/", true),
        ("https://a:443/", "https://a/", true),
        ("https://a", "https://a:80/", false),
        ("http://[::1]:8000", "http://[::1]:8000/", true),
        ("http://[::1]:8000", "http://[::2]:8000/", false),
        (STACK, "cluster.example:8000", false),
        (STACK, "/", true),
        (STACK, "*", true),
    ] {
        assert_eq!(has(&[origin], uri), expected, "{uri} of {origin}");
    }
    assert!(has(&["http://a", "http://b"], "http://b/"));
}

#[test]
fn what_is_no_origin_is_refused_by_its_name() {
    for origin in [
        "cluster.example:8000",
        "http://",
        "http://a/path",
        "http://u:p@a",
    ] {
        let error = Origins::new(["http://a", origin]).expect_err(origin);
        assert!(matches!(error, PassThroughError::Origin(_)), "{error:?}");
        assert!(std::error::Error::source(&error).is_some());
    }
    let none: [&str; 0] = [];
    let error = Origins::new(none).expect_err("none");
    assert_eq!(error, PassThroughError::NoOrigin);
}

/// Answers with its name, unless it is never ready.
#[derive(Clone)]
struct Named(Option<&'static str>);

impl Service<Request<()>> for Named {
    type Response = Response<Full<&'static [u8]>>;
    type Error = BoxError;
    type Future = Ready<Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match self.0 {
            Some(_) => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let name = self.0.expect("it is called although it was not ready");
        ready(match request.uri().path() {
            "/fails" => Err(name.into()),
            _ => Ok(Response::new(Full::new(name.as_bytes()))),
        })
    }
}

async fn answer(stack: Option<&'static str>, uri: &'static str) -> Result<String, BoxError> {
    let layer = PassThroughLayer::new([STACK], Named(Some("others")))?;
    let service = layer.layer(Named(stack));
    let response = service.oneshot(Request::get(uri).body(())?).await?;
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.to_vec())?)
}

#[tokio::test]
async fn each_request_goes_where_it_is_meant_to() {
    let stack = Some("the stack");
    let to_stack = answer(stack, "http://cluster.example:8000/").await;
    assert_eq!(to_stack.expect("an answer"), "the stack");
    let to_others = answer(stack, "https://sts.amazonaws.com/").await;
    assert_eq!(to_others.expect("an answer"), "others");
    let error = answer(stack, "https://sts.amazonaws.com/fails").await;
    assert_eq!(error.expect_err("it fails").to_string(), "others");
}

#[tokio::test]
async fn a_stack_that_is_not_ready_keeps_nobody_else_waiting() {
    let to_others = answer(None, "http://169.254.169.254/latest/api/token").await;
    assert_eq!(to_others.expect("an answer"), "others");
}
