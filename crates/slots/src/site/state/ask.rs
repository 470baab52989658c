//! What the application asks for, slot by slot.

use std::time::Duration;

use super::{Effect, State, local::Local};
use crate::{
    Epoch, Role, Slot,
    site::step::{Ask, Data, Step},
    store::StoreError,
};

/// What became of it.
#[derive(Debug)]
pub(in crate::site) enum Reply {
    Added(Role, Epoch),
    Removed,
    Kept {
        others: u32,
        needed: u32,
    },
    Failed,
    Refused(StoreError),
    /// The site is no member at the moment.
    Away,
    /// The slot is asked about already.
    Busy,
}

impl State {
    /// The application asks for a slot to be added, which is ready, or removed.
    pub(in crate::site) fn ask(&mut self, slot: Slot, ask: Ask, now: Duration) {
        // One that has just joined does what it is asked as soon as it has caught up.
        let is_in = self.is_in();
        let Some(local) = self.locals.get_mut(slot.index()) else {
            return;
        };
        let refusal = match () {
            () if local.ask.is_some() || local.is_failing => Some(Reply::Busy),
            // What is here is on its way out.
            () if ask == Ask::Add && local.data == Data::Broken => Some(Reply::Busy),
            () if !is_in => Some(Reply::Away),
            () => None,
        };
        if let Some(reply) = refusal {
            return self.effects.push(Effect::Answer(slot, reply));
        }
        local.ask = Some(ask);
        if ask == Ask::Add && local.data == Data::Absent {
            self.abort(slot);
            let (epoch, ..) = self.route(slot);
            self.hold(slot, epoch, now);
        }
        self.touch(slot);
    }

    /// The application cannot go on with a slot: the site stops acting for it at once, whatever else it was asked to
    /// do about it; false if it has been told so already.
    pub(in crate::site) fn fail(&mut self, slot: Slot, now: Duration, random: f64) -> bool {
        let Some(local) = self.locals.get_mut(slot.index()) else {
            return false;
        };
        if local.is_failing {
            return false;
        }
        let is_ready = local.data == Data::Ready;
        (local.is_failing, local.ask) = (is_ready, None);
        // What Redis refused before says nothing about this.
        local.calls.reset();
        self.recover(slot, now, random);
        self.abort(slot);
        self.break_down(slot);
        if !is_ready {
            self.effects.push(Effect::Answer(slot, Reply::Failed));
        }
        true
    }

    /// Drops what the application does about a slot, unless that is to let it go.
    fn abort(&mut self, slot: Slot) {
        let Some(local) = self.locals.get_mut(slot.index()) else {
            return;
        };
        let is_handled = |step: &Step| matches!(step, Step::Acquire | Step::Stop | Step::Tell(..));
        let Some((_, step)) = local.job.take_if(|(_, step)| is_handled(step)) else {
            return;
        };
        self.effects.push(Effect::Abort(slot));
        self.lanes.end(step);
        self.touch(slot);
    }

    /// Gives every slot away, and says when none is left.
    pub(in crate::site) fn leave(&mut self) {
        self.is_leaving = true;
        let acquiring = |local: &Local| matches!(local.job, Some((_, Step::Acquire)));
        let slots = (0..).map(Slot::new).zip(&self.locals);
        let slots = slots.filter(|(_, local)| acquiring(local));
        let slots: Vec<Slot> = slots.map(|(slot, _)| slot).collect();
        slots.into_iter().for_each(|slot| self.abort(slot));
        self.touch_all();
    }
}
