//! One signature after the other: by our layer, or by aws-sigv4 as its users write it.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    hint::black_box,
    task::{Context, Poll},
};

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request, Response, Uri,
    header::{CONTENT_TYPE, HOST},
};
use http_body_util::Full;
use tower::{Layer, Service};
use tower_muster::BoxError;
use tower_muster_sigv4::{SigV4, SigV4Layer};

use super::caller::Caller;
use crate::{
    live::cluster::{REGION, credentials},
    time,
};

const SERVICE: &str = "dynamodb";
const BODY: &[u8] = &[b'x'; 1 << 10];
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// A request as it comes to who signs it.
fn request(uri: &Uri) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(Bytes::from_static(BODY)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    let headers = request.headers_mut();
    for (name, value) in [
        (HOST, "127.0.0.1:8000"),
        (CONTENT_TYPE, "application/x-amz-json-1.0"),
        (TARGET, "DynamoDB_20120810.PutItem"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    request
}

fn uri() -> Uri {
    Uri::from_static("http://127.0.0.1:8000/")
}

/// aws-sigv4 alone.
#[derive(Clone)]
pub(super) struct Alone {
    uri: Uri,
    identity: Identity,
}

/// Our layer, over a service that does nothing.
#[derive(Clone)]
pub(super) struct Layered {
    uri: Uri,
    service: SigV4<Sink>,
}

/// Takes the signed request.
#[derive(Clone)]
pub(super) struct Sink;

impl Alone {
    pub(super) fn new() -> Self {
        Self {
            uri: uri(),
            identity: credentials().into(),
        }
    }
}

impl Layered {
    pub(super) fn new() -> Result<Self, BoxError> {
        let layer = SigV4Layer::new(credentials(), REGION, SERVICE)?;
        Ok(Self {
            uri: uri(),
            service: layer.layer(Sink),
        })
    }
}

impl Caller for Alone {
    async fn call(&mut self) -> Result<(), BoxError> {
        let mut request = request(&self.uri);
        let params = v4::SigningParams::builder()
            .identity(&self.identity)
            .region(REGION)
            .name(SERVICE)
            .time(time::wall())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let uri = request.uri().to_string();
        let headers = request.headers().iter();
        let signable = SignableRequest::new(
            request.method().as_str(),
            &uri,
            headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))),
            SignableBody::Bytes(BODY),
        )?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Sink.call(request).await?;
        Ok(())
    }
}

impl Caller for Layered {
    async fn call(&mut self) -> Result<(), BoxError> {
        self.service.call(request(&self.uri)).await?;
        Ok(())
    }
}

impl Service<Request<Full<Bytes>>> for Sink {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        drop(black_box(request));
        ready(Ok(Response::new(())))
    }
}
