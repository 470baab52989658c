//! The future of one call.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::BoxError;
use crate::again::{Spare, Trial};
use crate::error::{Error, ErrorKind};
use crate::prepare::{Prepare, Signed};
use crate::skew;

pin_project! {
    /// Resolves to the response of the service below.
    ///
    /// Polled again after it ended with an [`Error`], it ends with [`ErrorKind::Ended`] and sends nothing.
    ///
    /// # Cancel safety
    ///
    /// Dropped before the service below was called, nothing was sent: the body read so far, the wait for
    /// credentials and the ready service are dropped with it. Dropped later, it drops the inner future. Dropped
    /// before a second send for the [clock's sake](crate::SigV4Layer::clock_skew), nothing was carried out: the
    /// first was refused.
    pub struct ResponseFuture<S, B>
    where
        S: Service<Request<Full<Bytes>>>,
        B: Body,
    {
        #[pin]
        state: State<S, S::Future, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F, B> {
        Preparing { #[pin] prepare: Prepare<B>, ready: Option<S> },
        Sending { #[pin] response: F, spare: Option<(S, Spare)> },
        Waiting { service: S, second: Option<(Request<Full<Bytes>>, Trial)> },
        SendingAgain { #[pin] response: F, trial: Option<Trial> },
        Ended,
    }
}

impl<S, B> ResponseFuture<S, B>
where
    S: Service<Request<Full<Bytes>>>,
    B: Body,
{
    pub(crate) const fn new(ready: S, prepare: Prepare<B>) -> Self {
        let ready = Some(ready);
        Self {
            state: State::Preparing { prepare, ready },
        }
    }

    /// Tells whether the body or the credentials are still waited for, nothing having been sent.
    ///
    /// For who watches the time: what passes meanwhile is not the service's below.
    #[must_use]
    pub const fn is_preparing(&self) -> bool {
        matches!(self.state, State::Preparing { .. })
    }
}

impl<S, B, R> Future for ResponseFuture<S, B>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>>,
    S::Error: Into<BoxError>,
    B: Body,
    B::Error: Into<BoxError>,
{
    type Output = Result<Response<R>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProj::Preparing { prepare, ready } => match ready!(prepare.poll(cx)) {
                    Ok(signed) => ready.take().map_or(State::Ended, |s| first(s, signed)),
                    Err(error) => {
                        // An error says that nothing was sent; nothing may be sent after it.
                        state.set(State::Ended);
                        return Poll::Ready(Err(error.into()));
                    }
                },
                StateProj::Sending { response, spare } => {
                    let response = ready!(response.poll(cx)).map_err(Into::into)?;
                    if !skew::may_be_refused_for_its_date(response.status()) {
                        return Poll::Ready(Ok(response));
                    }
                    match spare.take().and_then(|spare| again(spare, &response)) {
                        // The refusal goes first: its body may hold what the second send waits for.
                        Some(next) => next,
                        None => return Poll::Ready(Ok(response)),
                    }
                }
                StateProj::Waiting { service, second } => {
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        state.set(State::Ended);
                        return Poll::Ready(Err(error.into()));
                    }
                    second.take().map_or(State::Ended, |(request, trial)| {
                        let response = service.call(request);
                        let trial = Some(trial);
                        State::SendingAgain { response, trial }
                    })
                }
                StateProj::SendingAgain { response, trial } => {
                    let response = ready!(response.poll(cx)).map_err(Into::into)?;
                    if let Some(trial) = trial.take() {
                        trial.end(&response);
                    }
                    return Poll::Ready(Ok(response));
                }
                StateProj::Ended => {
                    return Poll::Ready(Err(Error::new(ErrorKind::Ended).into()));
                }
            };
            state.set(next);
        }
    }
}

fn first<S, B>(mut service: S, signed: Signed) -> State<S, S::Future, B>
where
    S: Service<Request<Full<Bytes>>>,
{
    let response = service.call(signed.request);
    let spare = signed.spare.map(|spare| (service, spare));
    State::Sending { response, spare }
}

fn again<S, B, R>(
    (service, spare): (S, Spare),
    refusal: &Response<R>,
) -> Option<State<S, S::Future, B>>
where
    S: Service<Request<Full<Bytes>>>,
{
    let second = Some(spare.after(refusal)?);
    Some(State::Waiting { service, second })
}

impl<S, B> fmt::Debug for ResponseFuture<S, B>
where
    S: Service<Request<Full<Bytes>>>,
    B: Body,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Preparing { .. } => "preparing",
            State::Sending { .. } | State::SendingAgain { .. } => "forwarding",
            State::Waiting { .. } => "waiting",
            State::Ended => "ended",
        };
        f.debug_struct("ResponseFuture")
            .field("state", &state)
            .finish()
    }
}
