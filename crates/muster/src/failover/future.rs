//! One call under way.

mod conclude;
mod second;
mod step;

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body::Body;
use http_body_util::Full;
use pin_project_lite::pin_project;
use tower_service::Service;

use self::second::Second;
use super::{Error, FailoverLayer, Repeat, alarm::Alarm, call::Call, gather::Gathered};
use crate::BoxError;

pin_project! {
    /// Resolves to the first response that ends the call.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops what is under way; the request may have been carried out.
    ///
    /// # Panics
    ///
    /// With an attempt timeout, a deadline or a hedge, and before it comes back to a node, it must be polled
    /// inside a Tokio runtime whose timer is enabled.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, R, B>
    where
        S: Service<Request<Full<Bytes>>>,
    {
        #[pin]
        state: State<S::Future, B>,
        second: Second<S::Future>,
        service: S,
        call: Call<R>,
        #[pin]
        alarm: Alarm,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, B> {
        /// The body is read; the service is ready.
        Gathering { #[pin] body: B, gathered: Gathered },
        /// Every node was tried.
        Pausing,
        /// The service is made ready for another attempt.
        Readying,
        Attempting { #[pin] attempt: F },
        /// The first of two attempts has failed.
        OnlySecond,
        Done,
    }
}

/// Ready with the call's result, or with `None` in the next state.
type Step<B> = Poll<Option<Result<Response<B>, Error>>>;

impl<S, R, B> ResponseFuture<S, R, B>
where
    S: Service<Request<Full<Bytes>>>,
{
    pub(super) fn new(service: S, layer: Arc<FailoverLayer<R>>, head: Parts, body: B) -> Self {
        Self {
            state: State::Gathering {
                body,
                gathered: Gathered::default(),
            },
            second: Second::None,
            service,
            alarm: Alarm::new(layer.limits.attempt_timeout, layer.limits.deadline),
            call: Call::new(layer, head),
        }
    }
}

impl<S, R, B, ResBody> Future for ResponseFuture<S, R, B>
where
    S: Service<Request<Full<Bytes>>, Response = Response<ResBody>, Error: Into<BoxError>>,
    R: Repeat,
    B: Body<Error: Into<BoxError>>,
{
    type Output = Result<Response<ResBody>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let mut step = self.as_mut().step(cx);
            if step.is_pending() {
                step = self.as_mut().step_second(cx);
            }
            if step.is_pending() {
                let rung = ready!(self.as_mut().project().alarm.poll(cx));
                step = self.as_mut().on_alarm(rung, cx);
            }
            if let Poll::Ready(Some(result)) = step {
                let mut this = self.project();
                // Whatever else is under way has lost.
                this.state.set(State::Done);
                *this.second = Second::None;
                return Poll::Ready(result);
            }
        }
    }
}

impl<S, R, B> fmt::Debug for ResponseFuture<S, R, B>
where
    S: Service<Request<Full<Bytes>>>,
    R: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}
