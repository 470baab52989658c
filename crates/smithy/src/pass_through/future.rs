//! One request under way, wherever it goes.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body_util::Either;
use pin_project_lite::pin_project;
use tower::util::{Oneshot, ServiceExt};
use tower_muster::BoxError;
use tower_service::Service;

pin_project! {
    /// Resolves to the response of the one or the other service.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the future of the service that was chosen.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, O, B>
    where
        S: Service<Request<B>>,
        O: Service<Request<B>>,
    {
        #[pin]
        chosen: Chosen<Oneshot<S, Request<B>>, Oneshot<O, Request<B>>>,
    }
}

pin_project! {
    #[project = ChosenProj]
    enum Chosen<I, O> {
        Inner { #[pin] future: I },
        Other { #[pin] future: O },
    }
}

impl<S, O, B> ResponseFuture<S, O, B>
where
    S: Service<Request<B>>,
    O: Service<Request<B>>,
{
    pub(super) fn inner(service: S, request: Request<B>) -> Self {
        let future = service.oneshot(request);
        Self {
            chosen: Chosen::Inner { future },
        }
    }

    pub(super) fn other(service: O, request: Request<B>) -> Self {
        let future = service.oneshot(request);
        Self {
            chosen: Chosen::Other { future },
        }
    }
}

impl<S, O, B, X, Y> Future for ResponseFuture<S, O, B>
where
    S: Service<Request<B>, Response = Response<X>, Error: Into<BoxError>>,
    O: Service<Request<B>, Response = Response<Y>, Error: Into<BoxError>>,
{
    type Output = Result<Response<Either<X, Y>>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().chosen.project() {
            ChosenProj::Inner { future } => future
                .poll(cx)
                .map_ok(|response| response.map(Either::Left))
                .map_err(Into::into),
            ChosenProj::Other { future } => future
                .poll(cx)
                .map_ok(|response| response.map(Either::Right))
                .map_err(Into::into),
        }
    }
}

impl<S, O, B> fmt::Debug for ResponseFuture<S, O, B>
where
    S: Service<Request<B>>,
    O: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
