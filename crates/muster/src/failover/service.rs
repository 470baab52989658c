//! The service that repeats.

use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

use super::{
    Error, FailoverLayer, Repeat, ResponseFuture, call::Call, future::Waiting, gather::Gathered,
    spare::Spare,
};
use crate::BoxError;

/// Repeats a call at another node when that is known to be safe.
///
/// The first attempt is made when the call is, if the request's body is there by then, and by the very service that
/// was polled ready. Later ones are made by a clone of the service as it was given, which is made ready for each.
///
/// # Clone
///
/// Clones share the budget and the cluster. What a call has tried is its own.
#[derive(Debug)]
pub struct Failover<S, R = super::IdempotentMethods> {
    inner: S,
    spare: Spare<S>,
    layer: Arc<FailoverLayer<R>>,
}

impl<S, R> Failover<S, R> {
    pub(super) fn new(inner: S, layer: FailoverLayer<R>) -> Self
    where
        S: Clone,
    {
        Self {
            spare: Spare::of(&inner),
            inner,
            layer: Arc::new(layer),
        }
    }

    /// Returns the service below.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Gives the service below back.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for Failover<S, R>
where
    S: Service<Request<Full<Bytes>>, Response = Response<ResBody>, Error: Into<BoxError>> + Clone,
    R: Repeat,
    ReqBody: Body<Error: Into<BoxError>> + Unpin,
{
    type Response = Response<ResBody>;
    type Error = Error;
    type Future = ResponseFuture<S, R, ReqBody>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner
            .poll_ready(cx)
            .map_err(|error| Error::NotReady(error.into()))
    }

    #[inline]
    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (head, mut body) = request.into_parts();
        self.layer.count(&head);
        let mut call = Call::new(Arc::clone(&self.layer), &head);
        let spare = self.spare.clone();
        let mut gathered = Gathered::default();
        // Nearly every body is there already. One that is not is asked again with a waker that wakes.
        let mut context = Context::from_waker(Waker::noop());
        match gathered.poll(Pin::new(&mut body), call.replay_cap(), &mut context) {
            Poll::Ready(Ok(body)) => {
                call.keep(body.clone());
                let request = Request::from_parts(head, Full::new(body));
                return ResponseFuture::attempting(self.inner.call(request), call, spare);
            }
            Poll::Ready(Err(error)) => return ResponseFuture::failed(error, call, spare),
            Poll::Pending => {}
        }
        // The one that was polled is ready; its clone may not be.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        let waiting = Waiting {
            ready,
            head,
            body,
            gathered,
        };
        ResponseFuture::gathering(Box::new(waiting), call, spare)
    }
}

impl<S: Clone, R> Clone for Failover<S, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            spare: self.spare.clone(),
            layer: Arc::clone(&self.layer),
        }
    }
}
