//! When time is up, for an attempt, for a pause and for the call.

use std::{
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::Instant;

use super::Limits;
use crate::timer::Timer;

/// One timer for all bounds, set when there is first something to wait for: a call that never waits
/// reads no clock.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    // When the call first had to wait, and when what it does now had to.
    begun: Option<Instant>,
    since: Option<Instant>,
    // After which time since then what the call does now is late, or is over.
    late: Option<Duration>,
    over: Option<Duration>,
    /// Whether what the call does now is given up when it is silent for an attempt's time: reading the body is
    /// no attempt, and nor is waiting for the layers below.
    is_attempt: bool,
    /// Whether the attempt was held back when its time was last up: it has had less than that since.
    was_held_back: bool,
    next: Option<Next>,
    timer: Timer,
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
    /// The alarm of a call whose first attempt has begun.
    pub(super) fn attempting(late: Option<Duration>) -> Self {
        Self {
            late,
            is_attempt: true,
            ..Self::default()
        }
    }

    /// Each attempt has its own time; `late` says from when on another may begin beside it.
    pub(super) fn attempt_begins(&mut self, late: Option<Duration>) {
        self.wait_anew();
        self.late = late;
        self.is_attempt = true;
    }

    /// The attempt under way is held back: its time begins anew, and once more when it is sent.
    pub(super) fn attempt_is_held_back(&mut self) {
        self.attempt_begins(None);
        self.was_held_back = true;
    }

    /// Whether the attempt was held back when its time was last up, and then has it anew.
    pub(super) fn begins_late(&mut self) -> bool {
        let begins = self.was_held_back;
        if begins {
            self.attempt_begins(None);
        }
        begins
    }

    pub(super) fn attempt_is_over(&mut self) {
        self.wait_anew();
    }

    pub(super) fn pause_begins(&mut self, pause: Duration) {
        self.wait_anew();
        self.over = Some(pause);
    }

    fn wait_anew(&mut self) {
        self.since = None;
        self.late = None;
        self.over = None;
        self.is_attempt = false;
        self.was_held_back = false;
        self.next = None;
    }

    /// Waits for the nearest bound; pending for ever if there is none.
    pub(super) fn poll(&mut self, limits: &Limits, cx: &mut Context<'_>) -> Poll<Rung> {
        let next = match self.next {
            Some(next) => next,
            None => match self.set(limits) {
                Some(next) => next,
                None => return Poll::Pending,
            },
        };
        ready!(self.timer.poll(cx));
        self.next = None;
        Poll::Ready(match next {
            Next::Late => {
                self.late = None;
                Rung::Late
            }
            Next::Attempt => {
                self.is_attempt = false;
                Rung::Attempt {
                    after: limits.attempt_timeout.unwrap_or_default(),
                }
            }
            Next::Pause => Rung::Pause,
            Next::Deadline => {
                let after = limits.deadline.unwrap_or_default();
                let before = self.since.zip(self.begun);
                let before = before.map(|(since, begun)| since.saturating_duration_since(begun));
                let silence = after.saturating_sub(before.unwrap_or_default());
                Rung::Deadline { after, silence }
            }
        })
    }

    /// Sets the timer, if there is a bound.
    fn set(&mut self, limits: &Limits) -> Option<Next> {
        let given_up = limits.attempt_timeout.filter(|_| self.is_attempt);
        // Of two at once the first, which says most.
        let mut own: Option<(Duration, Next)> = None;
        for (bound, next) in [
            (self.over, Next::Pause),
            (given_up, Next::Attempt),
            (self.late, Next::Late),
        ] {
            own = match (own, bound) {
                (Some((nearest, _)), Some(bound)) if bound >= nearest => own,
                (_, Some(bound)) => Some((bound, next)),
                (_, None) => own,
            };
        }
        if own.is_none() && limits.deadline.is_none() {
            return None;
        }
        let now = Instant::now();
        let begun = *self.begun.get_or_insert(now);
        let since = *self.since.get_or_insert(now);
        // What never comes is no bound.
        let own = own.and_then(|(bound, next)| Some((since.checked_add(bound)?, next)));
        let last = limits.deadline.and_then(|bound| begun.checked_add(bound));
        let (until, next) = match (own, last) {
            (Some((until, next)), last) if last.is_none_or(|last| until < last) => (until, next),
            (_, last) => (last?, Next::Deadline),
        };
        self.timer.set(until);
        self.next = Some(next);
        Some(next)
    }
}
