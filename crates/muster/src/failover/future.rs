//! One call under way.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{
    Error, FailoverLayer, Repeat,
    alarm::{Alarm, Rung},
    call::Call,
    error::{Answer, Reason},
    gather::Gathered,
};
use crate::{
    BoxError,
    attempt::AttemptError,
    outcome::{Kind, Outcome, Verdict},
};

pin_project! {
    /// Resolves to the first response that ends the call.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the attempt under way; the request may have been carried out.
    ///
    /// # Panics
    ///
    /// With an attempt timeout or a deadline it must be polled inside a Tokio runtime whose timer is
    /// enabled.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, R, B>
    where
        S: Service<Request<Full<Bytes>>>,
    {
        #[pin]
        state: State<S::Future, B>,
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
        /// The service is made ready for another attempt.
        Readying,
        Attempting { #[pin] attempt: F },
        Done,
    }
}

impl<S, R, B> ResponseFuture<S, R, B>
where
    S: Service<Request<Full<Bytes>>>,
{
    pub(super) fn new(service: S, layer: Arc<FailoverLayer<R>>, request: Request<B>) -> Self {
        let (head, body) = request.into_parts();
        Self {
            state: State::Gathering {
                body,
                gathered: Gathered::default(),
            },
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
            match self.as_mut().step(cx) {
                Poll::Ready(Some(result)) => {
                    self.project().state.set(State::Done);
                    return Poll::Ready(result);
                }
                Poll::Ready(None) => {}
                Poll::Pending => {
                    let rung = ready!(self.as_mut().project().alarm.poll(cx));
                    if let Some(error) = self.as_mut().on_alarm(rung) {
                        self.project().state.set(State::Done);
                        return Poll::Ready(Err(error));
                    }
                }
            }
        }
    }
}

impl<S, R, B, ResBody> ResponseFuture<S, R, B>
where
    S: Service<Request<Full<Bytes>>, Response = Response<ResBody>, Error: Into<BoxError>>,
    R: Repeat,
    B: Body<Error: Into<BoxError>>,
{
    /// Does what the state waits for; resolves to the call's result, or to `None` in the next state.
    fn step(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Response<ResBody>, Error>>> {
        let mut this = self.project();
        match this.state.as_mut().project() {
            StateProj::Gathering { body, gathered } => {
                match ready!(gathered.poll(body, this.call.replay_cap(), cx)) {
                    Ok(bytes) => this.call.keep(bytes),
                    Err(error) => return Poll::Ready(Some(Err(error))),
                }
            }
            StateProj::Readying => {
                if let Err(error) = ready!(this.service.poll_ready(cx)) {
                    this.call
                        .note(None, Kind::Refused, Answer::Error(error.into()));
                    return Poll::Ready(Some(Err(this.call.exhausted(Reason::NotReady))));
                }
            }
            StateProj::Attempting { attempt } => {
                let result = ready!(attempt.poll(cx));
                let done = conclude(this.call, result);
                if done.is_none() {
                    this.state.set(State::Readying);
                    this.alarm.attempt_is_over();
                }
                return Poll::Ready(done);
            }
            StateProj::Done => return Poll::Pending,
        }
        let Some(request) = this.call.request() else {
            return Poll::Ready(Some(Err(this.call.exhausted(Reason::NotRepeatable))));
        };
        let attempt = this.service.call(request);
        this.state.set(State::Attempting { attempt });
        this.alarm.attempt_begins();
        Poll::Ready(None)
    }

    /// Time is up, for the call or for the attempt; returns the call's error if it ends here.
    fn on_alarm(self: Pin<&mut Self>, rung: Rung) -> Option<Error> {
        let mut this = self.project();
        match rung {
            Rung::Deadline { after, silence } => {
                if let StateProj::Attempting { .. } = this.state.as_mut().project() {
                    this.call.give_up(silence, || this.state.set(State::Done));
                }
                Some(this.call.exhausted(Reason::Deadline { after }))
            }
            Rung::Attempt { after } => {
                // What may not be sent again may still be answered, up to the deadline.
                if this.call.stop(Kind::Ambiguous, None).is_none() {
                    this.call.give_up(after, || this.state.set(State::Readying));
                    this.alarm.attempt_is_over();
                }
                None
            }
        }
    }
}

/// Returns the call's result, or `None` if another node is to be asked.
fn conclude<B, E: Into<BoxError>, R: Repeat>(
    call: &mut Call<R>,
    result: Result<Response<B>, E>,
) -> Option<Result<Response<B>, Error>> {
    match result {
        Ok(response) => {
            let Some(verdict) = response.extensions().get::<Verdict>() else {
                return Some(Ok(response));
            };
            let kind = verdict.outcome().kind();
            if call.stop(kind, Some(verdict.node())).is_some() {
                // The node's own words say more than any error of ours.
                return Some(Ok(response));
            }
            let node = verdict.node().clone();
            call.note(Some(node), kind, Answer::Status(response.status()));
            None
        }
        Err(error) => {
            let error = error.into();
            let attempt = AttemptError::find(&*error);
            let kind = attempt
                .map_or(Outcome::AMBIGUOUS, AttemptError::outcome)
                .kind();
            let node = attempt.and_then(AttemptError::node).cloned();
            let reason = match attempt {
                Some(AttemptError::NoNode(_)) => Some(Reason::NoNode),
                _ => call.stop(kind, node.as_ref()),
            };
            call.note(node, kind, Answer::Error(error));
            reason.map(|reason| Err(call.exhausted(reason)))
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
