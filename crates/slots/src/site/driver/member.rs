//! Heartbeats, and joining again.

use std::time::Duration;

use tokio::time::sleep;

use super::{BeatDone, Driver, apply::within};
use crate::{
    site::{Handler, SiteError},
    standing::At,
    store::{Coordinator, Joined, Session, StoreError},
};

impl<C: Coordinator, H: Handler> Driver<C, H> {
    pub(super) fn send_beat(&mut self) {
        if self.beat.is_some() {
            return;
        }
        if !self.state.is_in() {
            // Who beats for itself is back when it says so.
            if !self.join.is_some() {
                self.join_after(Duration::ZERO);
            }
            return self.tell_beat(|| Err(SiteError::Away));
        }
        let parts = &self.parts;
        let (coordinator, session) = (parts.coordinator.clone(), parts.session.clone());
        let (id, seen) = (parts.member.id().clone(), self.state.seen());
        let (patience, start) = (self.pulse.patience(), self.start);
        self.beat.begin(async move {
            // The lease begins when it is asked for: Redis cannot have counted from earlier.
            let (begin, sent) = (At::now(), start.elapsed());
            let answer = within(patience, coordinator.beat(&id, &session)).await;
            BeatDone {
                begin,
                sent,
                session,
                seen,
                answer,
            }
        });
    }

    pub(super) fn beat_done(&mut self, done: BeatDone) {
        let (now, random) = (self.now(), fastrand::f64());
        if done.session != self.parts.session {
            return self.pulse.failed(now, random);
        }
        match done.answer {
            Ok(beat) => {
                self.pulse
                    .answered(done.sent, now, beat.next_expiry, random);
                let is_live = self.parts.standing.is_live();
                self.state.beat(done.begin, &done.seen, is_live, &beat);
                self.tell_beat(|| Ok(()));
            }
            Err(StoreError::Stranger) => {
                // Before anything else: what is let in from now on may be another's.
                self.parts.standing.end();
                tracing::warn!(target: "tower_muster_slots", site = %self.parts.member.id(), "was evicted");
                self.state.forgotten(true);
                self.tell_beat(|| Err(SiteError::Away));
            }
            Err(error) => {
                self.pulse.failed(now, random);
                let mut first = Some(SiteError::from(error));
                self.tell_beat(|| Err(first.take().unwrap_or(SiteError::Away)));
            }
        }
    }

    fn tell_beat(&mut self, mut answer: impl FnMut() -> Result<(), SiteError>) {
        for wait in self.beat_waits.drain(..) {
            // Whoever asked may be gone.
            let _ = wait.send(answer());
        }
    }

    /// Becomes a member again, saying what was known.
    pub(super) fn rejoin(&mut self, anew: bool) {
        if anew {
            self.parts.session = Session::random();
        }
        self.beat.stop();
        self.tell_beat(|| Err(SiteError::Away));
        self.join.stop();
        // A main loop that stands still is not to be given slots again.
        if !self.parts.is_manual {
            self.join_after(Duration::ZERO);
        }
    }

    fn join_after(&mut self, wait: Duration) {
        let parts = &self.parts;
        let (coordinator, session) = (parts.coordinator.clone(), parts.session.clone());
        let (group, member) = (parts.group.clone(), parts.member.clone());
        let (seen, patience) = (self.state.known(), self.pulse.patience());
        self.join.begin(async move {
            sleep(wait).await;
            let begin = At::now();
            let call = coordinator.join(&group, &member, &session, seen.as_ref());
            (begin, within(patience, call).await)
        });
    }

    pub(super) fn join_done(&mut self, begin: At, answer: Result<Joined, StoreError>) {
        let (now, random) = (self.now(), fastrand::f64());
        match answer {
            Ok(joined) => {
                self.join_failures = 0;
                self.state.joined(now, begin, &joined);
                self.pulse.answered(now, now, joined.next_expiry, random);
                self.mark_leaving();
            }
            Err(error) => {
                tracing::warn!(target: "tower_muster_slots", ?error, "cannot join again");
                let wait = match error {
                    StoreError::Taken { free_in, .. } => free_in,
                    _ => Duration::ZERO,
                };
                let most = self.parts.group.heartbeat() * (1 << self.join_failures.min(3)) / 4;
                self.join_failures += 1;
                if !self.parts.is_manual {
                    self.join_after(wait + most.mul_f64(random));
                }
            }
        }
    }
}
