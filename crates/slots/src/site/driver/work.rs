//! What is done about one slot: a call of the application, or a script.

use super::{Driver, apply::within};
use crate::{
    Grant, Role, Slot,
    site::{
        Acquire, Handler,
        state::{Outcome, Work},
        step::Step,
    },
    store::Coordinator,
};

impl<C: Coordinator, H: Handler> Driver<C, H> {
    pub(super) fn begin(&mut self, work: Work) {
        let Work { slot, floor, .. } = work;
        match work.step {
            Step::Nothing => {}
            Step::Acquire => self.acquire(work),
            Step::Release => {
                let handler = self.parts.handler.clone();
                self.spawn(work, async move {
                    handler.release(slot).await;
                    Outcome::Done
                });
            }
            Step::Stop => self.tell(work, Grant::new(slot, Role::Secondary, floor)),
            Step::Tell(role, epoch) => self.tell(work, Grant::new(slot, role, epoch)),
            Step::Add(_) | Step::Remove | Step::HandOver | Step::Fail => self.script(work),
        }
    }

    fn acquire(&mut self, work: Work) {
        let (epoch, primary, holders) = self.state.route(work.slot);
        let members = &self.state.view().members;
        let member = |id| members.get(id).map(|record| record.member.clone());
        let acquire = Acquire {
            slot: work.slot,
            epoch,
            primary: primary.and_then(member),
            holders: holders.iter().filter_map(member).collect(),
            held: self.state.last_held(work.slot),
        };
        let handler = self.parts.handler.clone();
        self.spawn(work, async move {
            match handler.acquire(acquire).await {
                Ok(()) => Outcome::Done,
                Err(error) => {
                    let (slot, error) = (work.slot, error.into());
                    tracing::warn!(target: "tower_muster_slots", %slot, error, "cannot be acquired");
                    Outcome::Failed
                }
            }
        });
    }

    fn tell(&mut self, work: Work, grant: Grant) {
        let handler = self.parts.handler.clone();
        self.spawn(work, async move {
            handler.primary_changed(grant).await;
            Outcome::Done
        });
    }

    fn script(&mut self, work: Work) {
        let parts = &self.parts;
        let (coordinator, session) = (parts.coordinator.clone(), parts.session.clone());
        let (id, patience) = (parts.member.id().clone(), self.pulse.patience());
        let Work {
            slot,
            floor,
            copied,
            ..
        } = work;
        self.spawn(work, async move {
            let on = (&id, &session);
            match work.step {
                Step::Add(claim) => {
                    let adding = coordinator.add(on.0, on.1, slot, claim, floor, copied);
                    within(patience, adding).await.into()
                }
                Step::Remove => within(patience, coordinator.remove(on.0, on.1, slot, floor))
                    .await
                    .into(),
                Step::HandOver => within(patience, coordinator.hand_over(on.0, on.1, slot, floor))
                    .await
                    .into(),
                _ => within(patience, coordinator.fail(on.0, on.1, slot, floor))
                    .await
                    .into(),
            }
        });
    }

    fn spawn(&mut self, work: Work, job: impl Future<Output = Outcome> + Send + 'static) {
        let handle = self.jobs.spawn(job);
        self.works.insert(handle.id(), (work, handle));
    }

    /// Drops what the application does about a slot; its end is not waited for.
    pub(super) fn abort(&mut self, slot: Slot) {
        self.works.retain(|_, (work, handle)| {
            let is_it = work.slot == slot;
            if is_it {
                handle.abort();
            }
            !is_it
        });
    }
}
