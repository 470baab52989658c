//! The service that asks and decodes.

use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{DecodedBody, ResponseCompression, ResponseFuture};

/// Asks for a compressed response, and decodes it.
///
/// It is ready when the service below is, and fails as that does. An error of decoding is one of the body.
///
/// # Clone
///
/// Clones have the same settings, and share whatever clones of the service below share.
#[derive(Debug, Clone)]
pub struct Decompress<S> {
    inner: S,
    compression: ResponseCompression,
}

impl<S> Decompress<S> {
    pub(super) const fn new(inner: S, compression: ResponseCompression) -> Self {
        Self { inner, compression }
    }

    /// Returns the service below.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the service below, to be changed.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Gives the service below back.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Decompress<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Body,
{
    type Response = Response<DecodedBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let own = request.extensions().get::<ResponseCompression>();
        let compression = own.copied().unwrap_or(self.compression);
        let method = request.method().clone();
        let is_ours = compression.ask(&method, request.headers_mut());
        ResponseFuture::new(self.inner.call(request), is_ours.then_some(compression))
    }
}
