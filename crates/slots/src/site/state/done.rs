//! What follows from what has ended.

use std::time::Duration;

use super::{Effect, Reply, State, Work};
use crate::{
    Epoch, Role, Slot,
    record::SlotRecord,
    site::step::{Ask, Data, Step},
    store::{Removal, StoreError},
};

/// How something ended.
#[derive(Debug)]
pub(in crate::site) enum Outcome {
    /// The application did it.
    Done,
    /// It could not, or panicked.
    Failed,
    Answer(SlotRecord),
    Kept {
        others: u32,
        needed: u32,
    },
    Refused(StoreError),
}

impl From<Result<SlotRecord, StoreError>> for Outcome {
    fn from(answer: Result<SlotRecord, StoreError>) -> Self {
        answer.map_or_else(Self::Refused, Self::Answer)
    }
}

impl From<Result<Removal, StoreError>> for Outcome {
    fn from(answer: Result<Removal, StoreError>) -> Self {
        match answer {
            Ok(Removal::Removed(record) | Removal::Overtaken(record)) => Self::Answer(record),
            Ok(Removal::Kept { others, needed }) => Self::Kept { others, needed },
            Err(refusal) => Self::Refused(refusal),
        }
    }
}

/// Whether it may have been carried out: only a script's own refusal says that it was not.
fn is_unknown(refusal: &StoreError) -> bool {
    matches!(
        refusal,
        StoreError::Redis(_) | StoreError::Malformed { .. } | StoreError::Silent { .. }
    )
}

impl State {
    /// Something that was begun has ended; `random` is between 0 and 1.
    pub(in crate::site) fn done(
        &mut self,
        work: Work,
        outcome: Outcome,
        now: Duration,
        random: f64,
    ) {
        let Some(local) = self.locals.get_mut(work.slot.index()) else {
            return;
        };
        if local.job != Some((work.number, work.step)) {
            return;
        }
        local.job = None;
        self.lanes.end(work.step);
        self.touch(work.slot);
        match outcome {
            Outcome::Done => self.handled(work, now),
            Outcome::Failed => self.failed(work, now, random),
            Outcome::Answer(record) => self.answered(work, record, now, random),
            Outcome::Kept { others, needed } => {
                self.back_off(work.slot, now, random);
                self.reply(work.slot, Reply::Kept { others, needed });
            }
            Outcome::Refused(refusal) => self.refused(work, refusal, now, random),
        }
    }

    fn handled(&mut self, work: Work, now: Duration) {
        match work.step {
            Step::Acquire => {
                self.hold(work.slot, work.floor, now);
                if work.session != self.session {
                    self.forget_copy(work.slot);
                }
            }
            Step::Release => self.let_go(work.slot),
            Step::Tell(role, epoch) => {
                if let Some(local) = self.locals.get_mut(work.slot.index()) {
                    local.told = Some((role, epoch));
                }
            }
            _ => {}
        }
    }

    fn failed(&mut self, work: Work, now: Duration, random: f64) {
        match work.step {
            Step::Release => self.let_go(work.slot),
            Step::Tell(..) | Step::Stop => self.break_down(work.slot),
            _ => {}
        }
        self.recover(work.slot, now, random);
    }

    fn answered(&mut self, work: Work, record: SlotRecord, now: Duration, random: f64) {
        let Work {
            slot,
            step,
            session,
            ..
        } = work;
        if session != self.session {
            // Of a membership that is over: what it says may be from before.
            return self.reply(slot, Reply::Away);
        }
        let (me, epoch) = (self.rules.me.clone(), record.epoch);
        let is_primary = record.primary.as_ref() == Some(&me);
        let is_listed = record.holders.contains(&me);
        self.view.answer(record, &me);
        let Some(local) = self.locals.get_mut(slot.index()) else {
            return;
        };
        match step {
            Step::Add(claim) if is_listed => {
                local.claimed = Some(claim);
                local.calls.reset();
                let role = if is_primary {
                    Role::Primary
                } else {
                    Role::Secondary
                };
                self.reply(slot, Reply::Added(role, epoch));
            }
            Step::Remove | Step::Fail if !is_listed => {
                local.claimed = None;
                if step == Step::Remove && local.data == Data::Ready {
                    local.data = Data::Broken;
                }
                let reply = if step == Step::Fail {
                    Reply::Failed
                } else {
                    Reply::Removed
                };
                self.reply(slot, reply);
            }
            Step::HandOver if !is_primary => local.calls.reset(),
            // It was not done: the site had missed a change of the slot, which the answer has told.
            _ => self.back_off(slot, now, random),
        }
    }

    fn refused(&mut self, work: Work, refusal: StoreError, now: Duration, random: f64) {
        let gives = matches!(work.step, Step::Remove | Step::HandOver | Step::Fail);
        if let Some(local) = self.locals.get_mut(work.slot.index())
            && gives
            && is_unknown(&refusal)
        {
            local.lost = local.lost.max(work.floor);
        }
        self.back_off(work.slot, now, random);
        if matches!(refusal, StoreError::Stranger) && work.session == self.session {
            self.forgotten(true);
        }
        self.reply(work.slot, Reply::Refused(refusal));
    }

    /// The slot is here, as it was under an epoch.
    pub(super) fn hold(&mut self, slot: Slot, epoch: Epoch, now: Duration) {
        if let Some(local) = self.locals.get_mut(slot.index()) {
            if local.data == Data::Absent {
                self.held += 1;
            }
            local.data = Data::Ready;
            (local.last_held, local.copied) = (Some(epoch), Some(epoch));
            local.calls.reset();
            local.handling.succeed(now);
        }
    }

    /// Another session: whoever was copied from does not know of this one.
    pub(super) fn forget_copy(&mut self, slot: Slot) {
        if let Some(local) = self.locals.get_mut(slot.index()) {
            local.copied = None;
        }
    }

    fn let_go(&mut self, slot: Slot) {
        if let Some(local) = self.locals.get_mut(slot.index()) {
            if local.data != Data::Absent {
                self.held -= 1;
            }
            (local.data, local.told, local.claimed) = (Data::Absent, None, None);
            (local.last_held, local.copied) = (None, None);
            // Nothing comes of these any more.
            let reply = match (local.is_failing, local.ask) {
                (true, _) => Reply::Failed,
                (false, Some(Ask::Add)) => Reply::Busy,
                (false, _) => return,
            };
            self.reply(slot, reply);
        }
    }

    /// The slot cannot be served here any more.
    pub(super) fn break_down(&mut self, slot: Slot) {
        if let Some(local) = self.locals.get_mut(slot.index())
            && local.data == Data::Ready
        {
            local.data = Data::Broken;
        }
        self.touch(slot);
    }

    /// Redis is asked again about the slot after a rest.
    fn back_off(&mut self, slot: Slot, now: Duration, random: f64) {
        let timeout = self.rules.timeout;
        if let Some(local) = self.locals.get_mut(slot.index()) {
            local.calls.fail(now, timeout, random);
            self.rest(slot, now);
        }
    }

    /// The application is asked to acquire the slot again after a rest; nothing else about it waits for that.
    pub(super) fn recover(&mut self, slot: Slot, now: Duration, random: f64) {
        let timeout = self.rules.timeout;
        if let Some(local) = self.locals.get_mut(slot.index()) {
            local.handling.fail(now, timeout, random);
            self.rest(slot, now);
        }
    }

    /// Answers what the application has asked for, if it has.
    pub(super) fn reply(&mut self, slot: Slot, reply: Reply) {
        let Some(local) = self.locals.get_mut(slot.index()) else {
            return;
        };
        let is_due = match &reply {
            Reply::Added(..) => local.ask == Some(Ask::Add),
            Reply::Removed | Reply::Kept { .. } => local.ask == Some(Ask::Remove),
            Reply::Failed => local.is_failing,
            Reply::Refused(_) | Reply::Away | Reply::Busy => {
                local.ask.is_some() || local.is_failing
            }
        };
        if is_due {
            (local.ask, local.is_failing) = (None, false);
            self.effects.push(Effect::Answer(slot, reply));
        }
    }
}
