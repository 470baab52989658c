//! What attempts and probes teach, decided in the thread that completes them.

use std::sync::atomic::Ordering::Relaxed;

use super::{Begun, Live};
use crate::{
    cluster::{
        load::{self, Doubt},
        moment::Moment,
    },
    health::{Event, SETTLES_IN, State},
    outcome::{Blame, Kind, Outcome},
};

/// What the head of a good answer showed of the node's latency.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    at: Moment,
    was_slow: bool,
    is_slow: bool,
    /// Whether it came as late as from a slow node.
    is_bad: bool,
}

impl Live {
    /// The head of a good answer has come; whether the rest will is not known yet.
    pub(crate) fn answered(&self, begun: Begun, now: Moment) -> Head {
        let usual = self.common.usual.latency();
        let sample = now.as_nanos().saturating_sub(begun.at.as_nanos()) as f32;
        let latency = self.latency();
        let was_slow = latency.is_slow(usual);
        let after = latency.after(sample, usual, self.doubt_of(was_slow), now);
        let tail = load::tail_after(self.tail(), sample, self.requests());
        self.latency.store(after.to_bits(), Relaxed);
        self.tail.store(tail.to_bits(), Relaxed);
        self.progress.store(now.as_nanos(), Relaxed);
        Head {
            at: now,
            was_slow,
            is_slow: after.is_slow(usual),
            is_bad: usual > 0.0 && sample > load::BAND * usual,
        }
    }

    /// A good answer is there to its end. What follows counts from its head: how long the rest took is the
    /// request's doing, or the reader's, and not worth another look at the clock.
    pub(crate) fn served(&self, head: Head, begun: Begun) {
        let now = head.at;
        let was_doubted = head.was_slow || self.is_failing();
        self.observe(Event::Served, begun, now);
        if self.is_failing() {
            return;
        }
        self.settle(now);
        self.doubt(was_doubted, head.is_slow, head.is_bad, now);
    }

    /// The node has answered something, and how long that took says nothing of it.
    #[cfg(feature = "connect")]
    pub(crate) fn is_there(&self, begun: Begun, now: Moment) {
        let was_failing = self.is_failing();
        self.observe(Event::Served, begun, now);
        if self.is_failing() {
            return;
        }
        self.settle(now);
        if was_failing {
            let is_slow = self.latency().is_slow(self.common.usual.latency());
            self.doubt(true, is_slow, false, now);
        }
    }

    /// A request was given up that was not answered.
    pub(crate) fn given_up(&self, begun: Begun, now: Moment) {
        let usual = self.common.usual.latency();
        let sample = now.as_nanos().saturating_sub(begun.at.as_nanos()) as f32;
        let latency = self.latency();
        let after = latency.after_at_least(sample, usual, now);
        if after == latency {
            return;
        }
        self.latency.store(after.to_bits(), Relaxed);
        let (was_slow, is_slow) = (latency.is_slow(usual), after.is_slow(usual));
        // The many whose callers lose patience together bear nothing out.
        if is_slow && (!was_slow || begun.is_claim) {
            self.doubt(was_slow, true, true, now);
        }
    }

    /// A request was given up that the node had time enough to answer.
    #[cfg(feature = "failover")]
    pub(crate) fn was_silent(&self, begun: Begun, now: Moment) {
        self.failed(Event::Silent, begun, now);
    }

    /// What an attempt taught that was not served.
    pub(crate) fn learn(&self, outcome: Outcome, begun: Begun, now: Moment) {
        if outcome.kind() == Kind::Overloaded {
            self.turned_away(begun, now);
        }
        if outcome.blame() != Blame::Node {
            return;
        }
        self.progress.store(now.as_nanos(), Relaxed);
        match outcome.kind() {
            Kind::Refused => self.failed(Event::Refused, begun, now),
            Kind::Ambiguous => self.failed(Event::Failed, begun, now),
            Kind::Served | Kind::Overloaded | Kind::Failed => {}
        }
    }

    /// A node that is not out for it is doubted.
    fn failed(&self, event: Event, begun: Begun, now: Moment) {
        let was_doubted = self.is_failing() || self.latency().is_slow(self.common.usual.latency());
        self.observe(event, begun, now);
        if self.is_failing() {
            self.doubt(was_doubted, true, true, now);
            self.common.failing.notify_one();
        }
    }

    /// The node is alive and has too much to do: load moves elsewhere, as from one that is slow.
    fn turned_away(&self, begun: Begun, now: Moment) {
        let usual = self.common.usual.latency();
        let latency = self.latency();
        self.progress.store(now.as_nanos(), Relaxed);
        let sample = load::turned_away(self.common.usual.tail());
        let was_slow = latency.is_slow(usual);
        let mut is_slow = was_slow;
        if sample > latency.nanos() {
            let after = latency.after(sample, usual, Doubt::None, now);
            self.latency.store(after.to_bits(), Relaxed);
            is_slow = after.is_slow(usual);
        }
        // The many that are turned away together, or because all are busy, bear nothing out.
        if is_slow && (!was_slow || begun.is_claim) {
            self.doubt(was_slow, true, true, now);
            if self.is_failing() {
                // What a probe has said for it is over with the new doubt.
                self.common.failing.notify_one();
            }
        }
    }

    /// A probe is over.
    pub(crate) fn probed(&self, has_answered: bool, begun: Begun, now: Moment) {
        if has_answered && self.is_failing() {
            self.vouch(now);
            return;
        }
        // A node that is active and fails both its requests and its probes fails.
        if !has_answered && self.is_failing() {
            let begun = Begun {
                is_trial: false,
                ..begun
            };
            self.failed(Event::Failed, begun, now);
            return;
        }
        let event = match has_answered {
            true => Event::ProbeSucceeded,
            false => Event::ProbeFailed,
        };
        self.change(event, begun, now);
    }

    fn observe(&self, event: Event, begun: Begun, now: Moment) {
        if event == Event::Served && self.is_failing() && !begun.was_failing {
            return;
        }
        let event = match (begun.is_trial, event) {
            (false, event) => event,
            (true, Event::Served) => Event::ProbeSucceeded,
            (true, _) if begun.is_forced => return,
            (true, _) => Event::ProbeFailed,
        };
        self.change(event, begun, now);
    }

    fn change(&self, event: Event, begun: Begun, now: Moment) {
        let thresholds = &self.common.thresholds;
        let Some(change) = self.health.observe(event, begun.generation, thresholds) else {
            return;
        };
        match change.to.state() {
            State::Down => {
                self.retry_after(change.to.wait(thresholds), now);
                self.common.failing.notify_one();
                self.common.lost.notify_one();
            }
            State::Active if change.is_move() => self.retry_at.store(now.as_nanos(), Relaxed),
            State::Active | State::Quarantined => {}
        }
    }

    /// A node that has stayed active for a while is waited for half as long when it fails next.
    fn settle(&self, now: Moment) {
        let health = self.health.load();
        if health.backoff() == 0 || health.state() != State::Active {
            return;
        }
        let active = now.since(Moment::from_nanos(self.retry_at.load(Relaxed)));
        if active >= SETTLES_IN && self.health.settle(health.generation()).is_some() {
            self.retry_at.store(now.as_nanos(), Relaxed);
        }
    }
}
