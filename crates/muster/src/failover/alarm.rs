//! When time is up, for an attempt, for a pause and for the call.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

pin_project! {
    /// One timer for all bounds, set when there is first something to wait for: a call that never waits
    /// reads no clock.
    #[derive(Debug)]
    pub(super) struct Alarm {
        patience: Option<Duration>,
        deadline: Option<Duration>,
        // When the call first had to wait, and when what it does now had to.
        begun: Option<Instant>,
        since: Option<Instant>,
        // After which time since then what the call does now is late, is given up, or is over.
        late: Option<Duration>,
        given_up: Option<Duration>,
        over: Option<Duration>,
        next: Option<Next>,
        #[pin]
        timer: Option<Sleep>,
    }
}

/// What the timer is set for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Next {
    Deadline,
    Pause,
    Attempt,
    Late,
}

/// Which bound was reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rung {
    /// The attempt is slower than most: a second one may begin beside it.
    Late,
    /// The attempt was silent for as long as it may be.
    Attempt { after: Duration },
    /// The pause is over.
    Pause,
    /// After the whole call's time, of which the attempt under way was silent for a part.
    Deadline { after: Duration, silence: Duration },
}

impl Alarm {
    pub(super) fn new(patience: Option<Duration>, deadline: Option<Duration>) -> Self {
        Self {
            patience,
            deadline,
            begun: None,
            since: None,
            // Reading the body is no attempt, and nor is waiting for the layers below.
            late: None,
            given_up: None,
            over: None,
            next: None,
            timer: None,
        }
    }

    /// The alarm of a call whose first attempt has begun.
    pub(super) fn attempting(mut self, late: Option<Duration>) -> Self {
        self.late = late;
        self.given_up = self.patience;
        self
    }

    /// Each attempt has its own time; `late` says from when on another may begin beside it.
    pub(super) fn attempt_begins(mut self: Pin<&mut Self>, late: Option<Duration>) {
        self.as_mut().wait_anew();
        let this = self.project();
        *this.late = late;
        *this.given_up = *this.patience;
    }

    pub(super) fn attempt_is_over(self: Pin<&mut Self>) {
        self.wait_anew();
    }

    pub(super) fn pause_begins(mut self: Pin<&mut Self>, pause: Duration) {
        self.as_mut().wait_anew();
        *self.project().over = Some(pause);
    }

    fn wait_anew(self: Pin<&mut Self>) {
        let this = self.project();
        *this.since = None;
        *this.late = None;
        *this.given_up = None;
        *this.over = None;
        *this.next = None;
    }

    /// Waits for the nearest bound; pending for ever if there is none.
    pub(super) fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Rung> {
        let next = match self.next {
            Some(next) => next,
            None => match self.as_mut().set() {
                Some(next) => next,
                None => return Poll::Pending,
            },
        };
        let mut this = self.project();
        if let Some(timer) = this.timer.as_mut().as_pin_mut() {
            ready!(timer.poll(cx));
        }
        *this.next = None;
        Poll::Ready(match next {
            Next::Late => {
                *this.late = None;
                Rung::Late
            }
            Next::Attempt => Rung::Attempt {
                after: this.given_up.take().unwrap_or_default(),
            },
            Next::Pause => Rung::Pause,
            Next::Deadline => {
                let after = this.deadline.unwrap_or_default();
                let before = this.since.zip(*this.begun);
                let before = before.map(|(since, begun)| since.saturating_duration_since(begun));
                let silence = after.saturating_sub(before.unwrap_or_default());
                Rung::Deadline { after, silence }
            }
        })
    }

    /// Sets the timer, if there is a bound.
    fn set(self: Pin<&mut Self>) -> Option<Next> {
        let mut this = self.project();
        // Of two at once the first, which says most.
        let mut own: Option<(Duration, Next)> = None;
        for (bound, next) in [
            (*this.over, Next::Pause),
            (*this.given_up, Next::Attempt),
            (*this.late, Next::Late),
        ] {
            own = match (own, bound) {
                (Some((nearest, _)), Some(bound)) if bound >= nearest => own,
                (_, Some(bound)) => Some((bound, next)),
                (_, None) => own,
            };
        }
        if own.is_none() && this.deadline.is_none() {
            return None;
        }
        let now = Instant::now();
        let begun = *this.begun.get_or_insert(now);
        let since = *this.since.get_or_insert(now);
        // What never comes is no bound.
        let own = own.and_then(|(bound, next)| Some((since.checked_add(bound)?, next)));
        let last = this.deadline.and_then(|bound| begun.checked_add(bound));
        let (until, next) = match (own, last) {
            (Some((until, next)), last) if last.is_none_or(|last| until < last) => (until, next),
            (_, last) => (last?, Next::Deadline),
        };
        match this.timer.as_mut().as_pin_mut() {
            Some(timer) => timer.reset(until),
            None => this.timer.set(Some(sleep_until(until))),
        }
        *this.next = Some(next);
        Some(next)
    }
}
