//! From one state of a call to the next.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

use super::{ResponseFuture, Second, State, StateProj, Step, conclude::conclude};
use crate::{
    BoxError,
    failover::{
        Repeat,
        alarm::Rung,
        error::{Answer, Reason},
    },
    lease::witness::{self, Place},
    outcome::Kind,
};

impl<S, R, B, ResBody> ResponseFuture<S, R, B>
where
    S: Service<Request<Full<Bytes>>, Response = Response<ResBody>, Error: Into<BoxError>> + Clone,
    R: Repeat,
    B: Body<Error: Into<BoxError>> + Unpin,
{
    /// Does what the state waits for.
    #[inline]
    pub(super) fn step(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Step<ResBody> {
        let mut this = self.as_mut().project();
        match this.state.as_mut().project() {
            StateProj::Attempting { attempt } => {
                let result = ready!(attempt.poll(cx));
                self.first_ended(result)
            }
            StateProj::Gathering { waiting } => {
                let Some(read) = waiting else {
                    return Poll::Pending;
                };
                let cap = this.call.replay_cap();
                let body = Pin::new(&mut read.body);
                let body = match ready!(read.gathered.poll(body, cap, cx)) {
                    Ok(body) => body,
                    Err(error) => return Poll::Ready(Some(Err(error))),
                };
                let Some(mut read) = waiting.take() else {
                    return Poll::Pending;
                };
                this.call.keep(body.clone());
                let request = Request::from_parts(read.head, Full::new(body));
                let attempt = read.ready.call(request);
                self.begin(attempt)
            }
            StateProj::Readying => {
                let service = this.service.get_or_insert_with(|| this.spare.service());
                if let Err(error) = ready!(service.poll_ready(cx)) {
                    this.call
                        .note(None, Kind::Refused, Answer::Error(error.into()));
                    return Poll::Ready(Some(Err(this.call.exhausted(Reason::NotReady))));
                }
                let Some(request) = this.call.request() else {
                    return Poll::Ready(Some(Err(this.call.exhausted(Reason::NotRepeatable))));
                };
                let attempt = service.call(request);
                self.begin(attempt)
            }
            StateProj::Failed { error } => match error.take() {
                Some(error) => Poll::Ready(Some(Err(error))),
                None => Poll::Pending,
            },
            StateProj::Pausing | StateProj::OnlySecond | StateProj::Done => Poll::Pending,
        }
    }

    fn begin(self: Pin<&mut Self>, attempt: S::Future) -> Step<ResBody> {
        let mut this = self.project();
        this.state.set(State::Attempting { attempt });
        this.alarm.attempt_begins(this.call.late());
        Poll::Ready(None)
    }

    #[inline]
    pub(super) fn first_ended(
        mut self: Pin<&mut Self>,
        result: Result<Response<ResBody>, S::Error>,
    ) -> Step<ResBody> {
        let this = self.as_mut().project();
        let goes_on = this.second.is_under_way();
        if !goes_on {
            // Another was perhaps about to begin.
            this.call.is_alone();
        }
        let done = conclude(this.call, result, goes_on);
        if done.is_none() && goes_on {
            self.only_second();
        } else if done.is_none() {
            self.next_attempt();
        }
        Poll::Ready(done)
    }

    fn only_second(self: Pin<&mut Self>) {
        let mut this = self.project();
        this.call.is_alone();
        this.state.set(State::OnlySecond);
        // It has waited beside the first, but not for long.
        this.alarm.attempt_begins(None);
    }

    /// Goes on to another attempt, after a pause where one is due.
    pub(super) fn next_attempt(self: Pin<&mut Self>) {
        let mut this = self.project();
        *this.second = Second::None;
        this.call.is_alone();
        match this.call.pause() {
            Some(pause) => {
                this.state.set(State::Pausing);
                this.alarm.pause_begins(pause);
            }
            None => {
                this.state.set(State::Readying);
                this.alarm.attempt_is_over();
            }
        }
    }

    /// Time is up, for the call or for what it does now.
    pub(super) fn on_alarm(
        self: Pin<&mut Self>,
        rung: Rung,
        cx: &mut Context<'_>,
    ) -> Step<ResBody> {
        match rung {
            Rung::Late => return self.first_is_late(cx),
            Rung::Pause => self.next_attempt(),
            Rung::Attempt { after } => return self.attempt_is_late(after, cx),
            Rung::Deadline { after, silence } => {
                let mut this = self.project();
                if let StateProj::Attempting { .. } = this.state.as_mut().project() {
                    this.call.give_up(silence, || this.state.set(State::Done));
                }
                if this.second.is_under_way() {
                    this.call.give_up(silence, || *this.second = Second::None);
                }
                return Poll::Ready(Some(Err(this.call.exhausted(Reason::Deadline { after }))));
            }
        }
        Poll::Ready(None)
    }

    /// An attempt's time is up, and it may not have had it: one that is held back has not begun.
    fn attempt_is_late(
        mut self: Pin<&mut Self>,
        after: Duration,
        cx: &mut Context<'_>,
    ) -> Step<ResBody> {
        let mut this = self.as_mut().project();
        if let StateProj::Attempting { attempt } = this.state.as_mut().project() {
            match witness::poll_attempt(|| attempt.poll(cx)) {
                (Poll::Ready(result), _) => return self.first_ended(result),
                (Poll::Pending, Place::HeldBack) => {
                    this.alarm.attempt_is_held_back();
                    return Poll::Ready(None);
                }
                (Poll::Pending, Place::At(_) | Place::Unknown) => {}
            }
            if this.alarm.begins_late() {
                return Poll::Ready(None);
            }
        }
        self.attempt_is_silent(after);
        Poll::Ready(None)
    }

    /// Gives an attempt up that was silent for too long, if there is another to wait for or to make.
    fn attempt_is_silent(mut self: Pin<&mut Self>, after: Duration) {
        let mut this = self.as_mut().project();
        let is_first = matches!(this.state.as_mut().project(), StateProj::Attempting { .. });
        if is_first && this.second.is_under_way() {
            this.call.give_up(after, || this.state.set(State::Done));
            return self.only_second();
        }
        // What may not be sent again may still be answered, up to the deadline.
        if this.call.stop_waiting().is_some() {
            return;
        }
        this.call.give_up(after, || match is_first {
            true => this.state.set(State::Done),
            false => *this.second = Second::None,
        });
        self.next_attempt();
    }
}
