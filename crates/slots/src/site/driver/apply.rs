//! Does what the machine says.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::Driver;
use crate::{
    record::Snapshot,
    site::{Handler, state::Effect},
    store::{Coordinator, Seen, StoreError},
};

/// A group of which more entries than these are to be assigned is assigned on a thread of its own: some milliseconds.
const MOST_INLINE: usize = 16_384;

impl<C: Coordinator, H: Handler> Driver<C, H> {
    pub(super) fn apply(&mut self) {
        for effect in self.state.effects(self.now()) {
            match effect {
                Effect::Renew(begin) => {
                    self.parts.standing.renew(begin, self.parts.group.lease());
                }
                Effect::End => self.parts.standing.end(),
                Effect::Show(slot, role, epoch) => self.parts.standing.set(slot, role, epoch),
                Effect::Join { anew } => self.rejoin(anew),
                Effect::Snapshot => self.read(self.until_read()),
                Effect::Assign => self.assign(),
                Effect::Start(work) => self.begin(work),
                Effect::Abort(slot) => self.abort(slot),
                Effect::Answer(slot, reply) => {
                    if let Some(asked) = self.asks.remove(&slot) {
                        // Whoever asked may be gone.
                        let _ = asked.send(reply);
                    }
                }
                Effect::Empty => self.is_empty = self.is_marked(),
            }
        }
    }

    /// How long until the group may be read again: one that lacks what is known already is not asked without end.
    fn until_read(&self) -> Duration {
        let least = self.parts.group.heartbeat() / 50;
        let next = self.read_at.map(|at| at + least);
        next.map_or(Duration::ZERO, |next| next.saturating_sub(self.now()))
    }

    /// Reads the whole group, after a wait.
    pub(super) fn read(&mut self, wait: Duration) {
        let (coordinator, seen) = (self.parts.coordinator.clone(), self.state.seen());
        let patience = self.pulse.patience();
        self.snapshot.begin(async move {
            sleep(wait).await;
            (seen, within(patience, coordinator.snapshot()).await)
        });
    }

    pub(super) fn snapshot_done(&mut self, seen: &Seen, answer: Result<Snapshot, StoreError>) {
        self.read_at = Some(self.now());
        match answer {
            Ok(snapshot) => {
                self.parts.table.replace(&snapshot);
                // The machine takes in what has come since it was asked for; so does the table.
                for notice in self.state.waiting() {
                    self.parts.table.apply(notice);
                }
                self.state.snapshot(snapshot, seen);
            }
            Err(error) => {
                tracing::debug!(target: "tower_muster_slots", ?error, "the group cannot be read");
                self.read(self.pulse.pause(fastrand::f64()));
            }
        }
    }

    /// Listens to notices, after a wait.
    pub(super) fn subscribe(&mut self, wait: Duration) {
        let (coordinator, patience) = (self.parts.coordinator.clone(), self.pulse.patience());
        self.subscribing.begin(async move {
            sleep(wait).await;
            within(patience, coordinator.notices()).await
        });
    }

    pub(super) fn subscribed(&mut self, answer: Result<C::Notices, StoreError>) {
        match answer {
            Ok(notices) => {
                self.notices = Some(notices);
                // What was said before this moment was not heard.
                self.state.deaf();
                self.read(Duration::ZERO);
            }
            Err(error) => {
                tracing::debug!(target: "tower_muster_slots", ?error, "the group cannot be listened to");
                self.subscribe(self.pulse.pause(fastrand::f64()));
            }
        }
    }

    pub(super) fn assign(&mut self) {
        if self.assigning.is_some() {
            self.assign_again = true;
            return;
        }
        let members: Vec<_> = self.state.view().staying().cloned().collect();
        let planner = self.parts.planner.clone();
        let entries = usize::from(self.parts.group.slots().get()) * members.len();
        if entries <= MOST_INLINE {
            return self.assigning.begin(async move { planner(&members) });
        }
        let computed = tokio::task::spawn_blocking(move || planner(&members));
        // A panic leaves the site without an assignment, holding what it holds.
        self.assigning
            .begin(async move { computed.await.unwrap_or_default() });
    }
}

/// Bounds a call: whether it was carried out is not known when the time is up.
pub(in crate::site) async fn within<T>(
    patience: Duration,
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let answer = timeout(patience, call).await;
    answer.unwrap_or(Err(StoreError::Silent { after: patience }))
}
