//! When time is up, for an attempt and for the call.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

pin_project! {
    /// One timer for both bounds, set when there is first something to wait for: a call that never waits
    /// reads no clock.
    #[derive(Debug)]
    pub(super) struct Alarm {
        attempt: Option<Duration>,
        deadline: Option<Duration>,
        // When the call first had to wait, and when the attempt under way had to.
        begun: Option<Instant>,
        attempt_begun: Option<Instant>,
        // Whether the attempt under way may still be given up for another.
        bounds_attempt: bool,
        is_set: bool,
        #[pin]
        timer: Option<Sleep>,
    }
}

/// Which bound was reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rung {
    Attempt {
        after: Duration,
    },
    /// After the whole call's time, of which the attempt under way was silent for a part.
    Deadline {
        after: Duration,
        silence: Duration,
    },
}

impl Alarm {
    pub(super) fn new(attempt: Option<Duration>, deadline: Option<Duration>) -> Self {
        Self {
            attempt,
            deadline,
            begun: None,
            attempt_begun: None,
            // Reading the body is no attempt, and nor is waiting for the layers below.
            bounds_attempt: false,
            is_set: false,
            timer: None,
        }
    }

    /// Each attempt has its own time.
    pub(super) fn attempt_begins(self: Pin<&mut Self>) {
        let this = self.project();
        *this.bounds_attempt = this.attempt.is_some();
        *this.attempt_begun = None;
        *this.is_set = false;
    }

    pub(super) fn attempt_is_over(self: Pin<&mut Self>) {
        let this = self.project();
        *this.bounds_attempt = false;
        *this.is_set = false;
    }

    /// Waits for the nearer bound; pending for ever if there is none.
    pub(super) fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Rung> {
        if !self.is_set && !self.as_mut().set() {
            return Poll::Pending;
        }
        let mut this = self.project();
        if let Some(timer) = this.timer.as_mut().as_pin_mut() {
            ready!(timer.poll(cx));
        }
        *this.is_set = false;
        match (*this.attempt, *this.deadline, *this.begun) {
            (Some(after), _, _)
                if *this.bounds_attempt && !is_past(*this.deadline, *this.begun) =>
            {
                *this.bounds_attempt = false;
                Poll::Ready(Rung::Attempt { after })
            }
            (_, Some(after), begun) => {
                let before = this.attempt_begun.zip(begun);
                let before = before.map(|(attempt, call)| attempt.saturating_duration_since(call));
                let silence = after.saturating_sub(before.unwrap_or_default());
                Poll::Ready(Rung::Deadline { after, silence })
            }
            _ => Poll::Pending,
        }
    }

    /// Sets the timer, if there is a bound.
    fn set(self: Pin<&mut Self>) -> bool {
        let mut this = self.project();
        if this.deadline.is_none() && !*this.bounds_attempt {
            return false;
        }
        let now = Instant::now();
        let begun = *this.begun.get_or_insert(now);
        this.attempt_begun.get_or_insert(now);
        let attempt = this
            .attempt
            .filter(|_| *this.bounds_attempt)
            .and_then(|d| now.checked_add(d));
        let deadline = this.deadline.and_then(|d| begun.checked_add(d));
        let Some(until) = attempt.into_iter().chain(deadline).min() else {
            return false;
        };
        match this.timer.as_mut().as_pin_mut() {
            Some(timer) => timer.reset(until),
            None => this.timer.set(Some(sleep_until(until))),
        }
        *this.is_set = true;
        true
    }
}

fn is_past(deadline: Option<Duration>, begun: Option<Instant>) -> bool {
    let deadline = deadline
        .zip(begun)
        .and_then(|(after, begun)| begun.checked_add(after));
    deadline.is_some_and(|deadline| deadline <= Instant::now())
}
