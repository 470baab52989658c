//! The service that looks into requests.

use std::task::{Context, Poll};

use http::{Method, Request, Response};
use http_body::Body;
use tower_muster::BoxError;
use tower_service::Service;

use super::{AffinityLayer, PartitionKeys, ResponseFuture, mode::Keyed};
use crate::{Gathered, operation::operation};

/// Puts the partition keys of each write into its request's extensions.
///
/// It never fails a request itself: its errors are those of the service below.
///
/// # Clone
///
/// Clones share what is known of the tables, and whatever clones of the service below share. A clone is
/// not ready before its own `poll_ready`.
#[derive(Debug, Clone)]
pub struct Affinity<S> {
    inner: S,
    pub(super) layer: AffinityLayer,
}

/// Why a request's body is read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// It names keys.
    Keys(Keyed),
    /// It creates or drops a table.
    Definition,
}

impl<S> Affinity<S> {
    pub(super) fn new(inner: S, layer: AffinityLayer) -> Self {
        Self { inner, layer }
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

    fn purpose<B>(&self, request: &Request<B>) -> Option<Purpose> {
        if request.method() != Method::POST {
            return None;
        }
        match operation(request.headers())? {
            "CreateTable" | "DeleteTable" => Some(Purpose::Definition),
            // Whatever the caller says holds.
            _ if request.extensions().get::<PartitionKeys>().is_some() => None,
            operation => self.layer.interest.of(operation).map(Purpose::Keys),
        }
    }
}

impl<S, B, R> Service<Request<B>> for Affinity<S>
where
    S: Service<Request<Gathered<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body<Error: Send> + Unpin + Send + 'static,
    R: Body<Error: Into<BoxError>> + Send + 'static,
    R::Data: Send,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Some(purpose) = self.purpose(&request) else {
            return ResponseFuture::passed(self.inner.call(request.map(Gathered::unread)));
        };
        // The one that is ready goes with the request; the clone stays, and has to become so.
        let clone = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, clone);
        ResponseFuture::reading(ready, request, purpose, self.layer.clone())
    }
}
