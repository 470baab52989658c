//! The service that chooses.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use http_body::Body;
use tokio::sync::futures::OwnedNotified;
use tower_service::Service;

use super::{Classify, LeaseBody, ResponseFuture, SelectLayer, aim::aim};
use crate::{
    BoxError,
    attempt::AttemptError,
    policy::{Policy, Route},
};

/// Sends each request to a node of the cluster.
///
/// # Clone
///
/// Clones share the cluster, the policy with its state, and whatever clones of the client below share.
/// A clone is not ready before its own `poll_ready`.
pub struct Select<S, P, C> {
    inner: S,
    layer: Arc<SelectLayer<P, C>>,
    /// Waits for the first list of nodes; of this clone alone, and only until there is one.
    settling: Option<Pin<Box<OwnedNotified>>>,
}

impl<S, P, C> Select<S, P, C> {
    pub(super) fn new(inner: S, layer: Arc<SelectLayer<P, C>>) -> Self {
        Self {
            inner,
            layer,
            settling: None,
        }
    }

    /// Returns the client below.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the client below, to be changed.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Gives the client below back.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Waits until there is a list of nodes, or a reason why there is none.
    fn poll_settled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let cluster = &self.layer.cluster;
        loop {
            if self.settling.is_none() {
                self.settling = cluster.settling().map(Box::pin);
            }
            // Outside of a runtime nothing will settle; `call` says so.
            if !cluster.start() {
                return Poll::Ready(());
            }
            let Some(settling) = &mut self.settling else {
                return Poll::Ready(());
            };
            ready!(settling.as_mut().poll(cx));
            self.settling = None;
        }
    }
}

impl<S, P, C, ReqBody, ResBody> Service<Request<ReqBody>> for Select<S, P, C>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>, Error: Into<BoxError>>,
    ResBody: Body,
    P: Policy,
    C: Classify,
{
    type Response = Response<LeaseBody<ResBody>>;
    type Error = AttemptError;
    type Future = ResponseFuture<S::Future, C>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), AttemptError>> {
        ready!(self.poll_settled(cx));
        self.inner
            .poll_ready(cx)
            .map_err(|error| AttemptError::Client(error.into()))
    }

    #[inline]
    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let layer = &self.layer;
        let lease = match layer.cluster.pick(&*layer.policy, &Route::of(&request)) {
            Ok(lease) => lease,
            Err(reason) => return ResponseFuture::failed(AttemptError::NoNode(reason)),
        };
        if let Err(reason) = aim(&mut request, lease.node(), layer.host) {
            return ResponseFuture::failed(AttemptError::NoNode(reason));
        }
        ResponseFuture::sent(self.inner.call(request), lease, layer.classify.clone())
    }
}

impl<S: Clone, P, C> Clone for Select<S, P, C> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.layer))
    }
}

impl<S: fmt::Debug, P: fmt::Debug, C: fmt::Debug> fmt::Debug for Select<S, P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
