//! The service behind the fence.

use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::{FenceFuture, FenceLayer, check::Checked};

/// Lets in what this site may serve.
///
/// # Clone
///
/// Clones are fences of one site, and share whatever clones of the service behind them share.
#[derive(Debug, Clone)]
pub struct Fence<S> {
    inner: S,
    layer: FenceLayer,
}

impl<S> Fence<S> {
    pub(super) fn new(inner: S, layer: FenceLayer) -> Self {
        Self { inner, layer }
    }
}

impl<S, B, R> Service<Request<B>> for Fence<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = FenceFuture<S::Future, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.layer.check(request.headers()) {
            Checked::Passed => FenceFuture::passed(self.inner.call(request)),
            Checked::LetIn(fenced) => {
                request.extensions_mut().insert(fenced.clone());
                FenceFuture::let_in(self.inner.call(request), self.layer.clone(), fenced)
            }
            Checked::Refused(refusal) => FenceFuture::refused(self.layer.answer(refusal)),
        }
    }
}
