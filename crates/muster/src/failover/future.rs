//! One call under way.

mod conclude;
mod second;
mod step;

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body::Body;
use http_body_util::Full;
use pin_project_lite::pin_project;
use tower_service::Service;

use self::second::Second;
use super::{Error, Repeat, alarm::Alarm, call::Call, gather::Gathered, spare::Spare};
use crate::{BoxError, outcome::Verdict};

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
        state: State<S::Future, Waiting<S, B>>,
        second: Second<S::Future>,
        spare: Spare<S>,
        // Of all attempts but the first.
        service: Option<Box<S>>,
        call: Call<R>,
        alarm: Alarm,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, W> {
        /// The body is read.
        Gathering { waiting: Option<Box<W>> },
        /// It could not be.
        Failed { error: Option<Error> },
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

/// The first attempt, while its body is not there yet; the service is ready.
pub(super) struct Waiting<S, B> {
    pub(super) ready: S,
    pub(super) head: Parts,
    pub(super) body: B,
    pub(super) gathered: Gathered,
}

/// Ready with the call's result, or with `None` in the next state.
type Step<B> = Poll<Option<Result<Response<B>, Error>>>;

impl<S, R, B> ResponseFuture<S, R, B>
where
    S: Service<Request<Full<Bytes>>>,
{
    #[inline]
    pub(super) fn attempting(attempt: S::Future, call: Call<R>, spare: Spare<S>) -> Self {
        Self {
            state: State::Attempting { attempt },
            second: Second::None,
            spare,
            service: None,
            alarm: Alarm::attempting(call.late()),
            call,
        }
    }

    pub(super) fn gathering(waiting: Box<Waiting<S, B>>, call: Call<R>, spare: Spare<S>) -> Self {
        let waiting = Some(waiting);
        Self::of(State::Gathering { waiting }, call, spare)
    }

    pub(super) fn failed(error: Error, call: Call<R>, spare: Spare<S>) -> Self {
        let error = Some(error);
        Self::of(State::Failed { error }, call, spare)
    }

    fn of(state: State<S::Future, Waiting<S, B>>, call: Call<R>, spare: Spare<S>) -> Self {
        Self {
            state,
            second: Second::None,
            spare,
            service: None,
            alarm: Alarm::default(),
            call,
        }
    }
}

impl<S, R, B, ResBody> Future for ResponseFuture<S, R, B>
where
    S: Service<Request<Full<Bytes>>, Response = Response<ResBody>, Error: Into<BoxError>> + Clone,
    R: Repeat,
    B: Body<Error: Into<BoxError>> + Unpin,
{
    type Output = Result<Response<ResBody>, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let this = self.as_mut().project();
            let mut step = match (this.state.project(), &this.second) {
                (StateProj::Attempting { attempt }, Second::None) => {
                    let polled = attempt.poll(cx);
                    let is_good = matches!(&polled, Poll::Ready(Ok(it)) if !has_verdict(it));
                    match polled {
                        // Nearly every call ends here, with nothing to decide: its response is copied once.
                        Poll::Ready(Ok(response)) if is_good => {
                            self.project().state.set(State::Done);
                            return Poll::Ready(Ok(response));
                        }
                        Poll::Ready(result) => self.as_mut().first_ended(result),
                        Poll::Pending => Poll::Pending,
                    }
                }
                _ => self.as_mut().step(cx),
            };
            if step.is_pending() {
                step = self.as_mut().step_second(cx);
            }
            if step.is_pending() {
                let this = self.as_mut().project();
                let rung = ready!(this.alarm.poll(this.call.limits(), cx));
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

/// Whether the response is not what was asked for.
fn has_verdict<B>(response: &Response<B>) -> bool {
    response.extensions().get::<Verdict>().is_some()
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
