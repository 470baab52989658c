//! What is begun, and how much of it at once.

use std::{collections::BTreeSet, time::Duration};

use super::{Effect, State};
use crate::{
    Epoch, Role, Slot,
    site::step::{self, Facts, Step},
};

/// How many scripts and short calls of the application are under way at once: enough to keep one connection to Redis
/// busy, and so few that a heartbeat among them waits for some milliseconds at most.
const MOST_CALLS: usize = 64;

/// One thing that is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::site) struct Work {
    pub(in crate::site) slot: Slot,
    /// Tells it from what was dropped.
    pub(in crate::site) number: u64,
    pub(in crate::site) step: Step,
    /// The highest epoch of the slot that was seen.
    pub(in crate::site) floor: Epoch,
    /// Under which epoch the slot was copied, to become a holder with it.
    pub(in crate::site) copied: Epoch,
    /// In which session it was begun.
    pub(in crate::site) session: u64,
}

/// How much is under way, and what waits for its turn.
#[derive(Debug)]
pub(super) struct Lanes {
    number: u64,
    moves: Lane,
    calls: Lane,
}

#[derive(Debug)]
struct Lane {
    most: usize,
    running: usize,
    /// Slots that nobody holds come first.
    waiting: BTreeSet<(bool, Slot)>,
}

impl Lane {
    fn new(most: usize) -> Self {
        Self {
            most,
            running: 0,
            waiting: BTreeSet::new(),
        }
    }
}

impl Lanes {
    pub(super) fn new(moves: usize) -> Self {
        Self {
            number: 0,
            moves: Lane::new(moves),
            calls: Lane::new(MOST_CALLS),
        }
    }

    fn of(&mut self, step: Step) -> &mut Lane {
        match step {
            Step::Acquire | Step::Release => &mut self.moves,
            _ => &mut self.calls,
        }
    }

    /// Something has ended.
    pub(super) fn end(&mut self, step: Step) {
        let lane = self.of(step);
        lane.running = lane.running.saturating_sub(1);
    }

    /// Whose turn it is.
    fn next(&mut self) -> Option<Slot> {
        let lanes = [&mut self.calls, &mut self.moves].into_iter();
        let mut free = lanes.filter(|lane| lane.running < lane.most);
        free.find_map(|lane| lane.waiting.pop_first())
            .map(|(_, slot)| slot)
    }
}

impl State {
    /// Chooses for every slot about which something has changed.
    pub(super) fn plan(&mut self, now: Duration) {
        while let Some(&(at, slot)) = self.resting.first() {
            if at > now {
                break;
            }
            self.resting.pop_first();
            self.touch(slot);
        }
        while let Some(slot) = self.dirty.pop_front() {
            if let Some(local) = self.locals.get_mut(slot.index()) {
                local.is_dirty = false;
            }
            self.plan_slot(slot, now);
        }
        while let Some(slot) = self.lanes.next() {
            self.plan_slot(slot, now);
        }
        if self.is_leaving && self.is_member() && self.held == 0 {
            self.effects.push(Effect::Empty);
        }
    }

    fn plan_slot(&mut self, slot: Slot, now: Duration) {
        let Some(facts) = self.facts(slot, now) else {
            return;
        };
        self.show(slot, &facts);
        self.keep(slot, &facts);
        let local = self.locals.get(slot.index());
        if local.is_none_or(|local| local.job.is_some()) {
            return;
        }
        match step::next(&facts) {
            Step::Nothing if facts.rests || facts.recovers => self.rest(slot, now),
            Step::Nothing => {}
            step => self.begin(slot, &facts, step),
        }
    }

    fn begin(&mut self, slot: Slot, facts: &Facts, step: Step) {
        let lane = self.lanes.of(step);
        if lane.running >= lane.most {
            let is_held = facts.others > 0;
            lane.waiting.insert((is_held, slot));
            return;
        }
        lane.running += 1;
        self.lanes.number += 1;
        let number = self.lanes.number;
        let Some(local) = self.locals.get_mut(slot.index()) else {
            return;
        };
        local.job = Some((number, step));
        let copied = local.copied.unwrap_or_default();
        if step == Step::Stop {
            local.told = Some((Role::Secondary, facts.epoch));
            let facts = Facts {
                told: local.told,
                ..*facts
            };
            self.show(slot, &facts);
        }
        let (floor, session) = (facts.epoch, self.session);
        self.effects.push(Effect::Start(Work {
            slot,
            number,
            step,
            floor,
            copied,
            session,
        }));
    }

    /// Chooses again when the slot has rested.
    pub(super) fn rest(&mut self, slot: Slot, now: Duration) {
        if let Some(local) = self.locals.get(slot.index()) {
            let rests = [local.calls.until(), local.handling.until()].into_iter();
            let rests = rests.filter(|until| *until > now);
            self.resting.extend(rests.map(|until| (until, slot)));
        }
    }
}
