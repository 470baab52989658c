//! The service: one request in, one signed request on.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

use crate::BoxError;
use crate::future::ResponseFuture;
use crate::prepare::Prepare;
use crate::signer::Signer;

/// Signs a request, then calls the service below.
///
/// Made by [`SigV4Layer`](crate::SigV4Layer). It is ready when the service below is. The service that was
/// polled ready waits inside the future while the body is gathered, so what it reserved stays reserved; a
/// future that is dropped gives it back. It stays there until the response has come, for a second send if the
/// server's [clock](crate::SigV4Layer::clock_skew) is another, and is polled ready anew for that.
///
/// # Errors
///
/// [`Error`](crate::Error), boxed, when the request was not signed and therefore not sent; the inner
/// service's own error otherwise.
///
/// # Clone
///
/// A clone shares credentials, settings and what was learned of clocks, and has its own clone of the inner service.
#[derive(Clone)]
pub struct SigV4<S> {
    inner: S,
    signer: Arc<Signer>,
}

impl<S> SigV4<S> {
    pub(crate) const fn new(inner: S, signer: Arc<Signer>) -> Self {
        Self { inner, signer }
    }

    /// Returns the service below.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the service below, to change it.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the service below and drops the signer.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B, R> Service<Request<B>> for SigV4<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>> + Clone,
    S::Error: Into<BoxError>,
    B: Body,
    B::Error: Into<BoxError>,
{
    type Response = Response<R>;
    type Error = BoxError;
    type Future = ResponseFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The future owns the service that was polled ready; the clone that stays behind is not ready.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        ResponseFuture::new(ready, Prepare::new(Arc::clone(&self.signer), request))
    }
}

impl<S: fmt::Debug> fmt::Debug for SigV4<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigV4")
            .field("signer", &self.signer)
            .field("inner", &self.inner)
            .finish()
    }
}
