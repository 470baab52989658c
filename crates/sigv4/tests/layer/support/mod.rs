//! Fixed time, fixed credentials, and ways to see what was sent.

pub(crate) mod frames;
pub(crate) mod node;
pub(crate) mod probe;
pub(crate) mod provider;
pub(crate) mod vault;
pub(crate) mod verifier;

use std::error::Error as _;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt as _, Full};
use tower::Layer as _;
use tower::ServiceExt as _;
use tower_muster_sigv4::{BoxError, Error, SigV4Layer, UnsignedPayloadLayer};

use self::probe::Recorder;

pub(crate) const ACCESS_KEY: &str = "alternator";
pub(crate) const SECRET: &str = "secret_pass";
/// 2026-01-02T03:04:05Z.
pub(crate) const NOW: Duration = Duration::from_secs(1_767_323_045);

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + NOW
}

pub(crate) fn credentials() -> Credentials {
    Credentials::from_keys(ACCESS_KEY, SECRET, None)
}

/// The layer with the fixed credentials and time.
pub(crate) fn layer() -> SigV4Layer {
    dated(SigV4Layer::new(credentials(), "us-east-1", "dynamodb").expect("names are valid"))
}

pub(crate) fn dated(layer: SigV4Layer) -> SigV4Layer {
    layer.time_source(now)
}

/// A `ListTables` request with the body `{}`.
pub(crate) fn list_tables(uri: &str) -> Request<Full<Bytes>> {
    Request::post(uri)
        .header("x-amz-target", "DynamoDB_20120810.ListTables")
        .header("content-type", "application/x-amz-json-1.0")
        .body(Full::from("{}"))
        .expect("request is valid")
}

/// Sends one request through `layer` and returns what the service below received.
pub(crate) async fn send<B>(
    layer: SigV4Layer,
    request: Request<B>,
) -> Result<Request<Bytes>, BoxError>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    let sent = Recorder::default();
    let response: Result<Response<()>, _> = layer.layer(sent.clone()).oneshot(request).await;
    response?;
    let (parts, body) = sent.take().expect("one request was sent").into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Request::from_parts(parts, body))
}

/// Sends one request whose body is not signed and returns what the service below received.
pub(crate) async fn send_unsigned(
    layer: UnsignedPayloadLayer,
    request: Request<Full<Bytes>>,
) -> Result<Request<Bytes>, BoxError> {
    let sent = Recorder::default();
    let response: Result<Response<()>, _> = layer.layer(sent.clone()).oneshot(request).await;
    response?;
    let (parts, body) = sent.take().expect("one request was sent").into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Request::from_parts(parts, body))
}

/// Sends one request that must fail, checks that nothing was sent, and returns the error.
pub(crate) async fn refused<B>(layer: SigV4Layer, request: Request<B>) -> Error
where
    B: Body,
    B::Error: Into<BoxError>,
{
    let sent = Recorder::default();
    let response: Result<Response<()>, _> = layer.layer(sent.clone()).oneshot(request).await;
    let error = response.expect_err("the request must be refused");
    assert!(sent.take().is_none(), "a refused request must not be sent");
    let error = *error
        .downcast::<Error>()
        .expect("the error is the layer's own");
    let text = error.to_string();
    assert!(text.starts_with("request not sent: "), "{text}");
    assert!(
        !format!("{error:?} {text}").contains(SECRET),
        "no secret in {error:?}"
    );
    if let Some(source) = error.source() {
        assert!(
            !text.contains(&source.to_string()),
            "{text:?} repeats its source"
        );
    }
    error
}
