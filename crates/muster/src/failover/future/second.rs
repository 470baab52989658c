//! A second attempt beside a first one that is late.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

use super::{ResponseFuture, StateProj, Step, conclude::conclude};
use crate::{
    BoxError,
    failover::Repeat,
    lease::witness::{self, Place},
};

/// The attempt beside the first.
pub(super) enum Second<F> {
    None,
    /// The service is made ready for it.
    Readying,
    /// Boxed: the one allocation that a hedge costs, and only where it comes to one.
    Attempting(Pin<Box<F>>),
}

impl<F> Second<F> {
    pub(super) fn is_under_way(&self) -> bool {
        matches!(self, Self::Attempting(_))
    }
}

impl<S, R, B, ResBody> ResponseFuture<S, R, B>
where
    S: Service<Request<Full<Bytes>>, Response = Response<ResBody>, Error: Into<BoxError>> + Clone,
    R: Repeat,
    B: Body<Error: Into<BoxError>> + Unpin,
{
    /// Does what the second attempt waits for, if there is one.
    pub(super) fn step_second(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Step<ResBody> {
        let mut this = self.as_mut().project();
        let result = match this.second {
            Second::None => return Poll::Pending,
            Second::Readying => {
                let service = this.service.get_or_insert_with(|| this.spare.service());
                let is_ready = ready!(service.poll_ready(cx)).is_ok();
                let request = is_ready.then(|| this.call.request()).flatten();
                *this.second = match request {
                    Some(request) => Second::Attempting(Box::pin(service.call(request))),
                    // The first goes on without it.
                    None => Second::None,
                };
                return Poll::Ready(None);
            }
            Second::Attempting(attempt) => ready!(attempt.as_mut().poll(cx)),
        };
        *this.second = Second::None;
        let goes_on = matches!(this.state.as_mut().project(), StateProj::Attempting { .. });
        let done = conclude(this.call, result, goes_on);
        this.call.is_alone();
        if done.is_none() && !goes_on {
            self.next_attempt();
        }
        Poll::Ready(done)
    }

    /// Begins a second attempt, unless the first is just there, or where it is cannot be known.
    pub(super) fn first_is_late(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Step<ResBody> {
        let mut this = self.as_mut().project();
        let StateProj::Attempting { attempt } = this.state.as_mut().project() else {
            return Poll::Ready(None);
        };
        match witness::poll_attempt(|| attempt.poll(cx)) {
            (Poll::Ready(result), _) => self.first_ended(result),
            (Poll::Pending, Place::At(node)) => {
                if this.call.hedge(node) {
                    *this.second = Second::Readying;
                }
                Poll::Ready(None)
            }
            (Poll::Pending, Place::HeldBack | Place::Unknown) => Poll::Ready(None),
        }
    }
}
