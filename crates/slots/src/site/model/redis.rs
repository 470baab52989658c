//! What the scripts do to the one slot, by the same rules.

use super::world::{Ask, Call, Record, Redis, Rules, SITES, TIMEOUT, World};
use crate::site::fake::rules::{holds_back, is_behind, is_late, is_silent, next_epoch, shows_loss};

fn wide(number: u8) -> u64 {
    u64::from(number)
}

impl Redis {
    /// Who is to be primary: the one that the assignment puts first, if it holds the slot.
    fn elect(&self, first: u8) -> Option<u8> {
        let is_there = |site: &u8| self.record.holds(usize::from(*site));
        let order = [first, 1 - first];
        let elected = order.into_iter().find(is_there);
        elected.filter(|_| !holds_back(0, wide(self.hold)))
    }

    fn give(&mut self, primary: Option<u8>, now: u8, floor: u8, rules: &Rules) {
        let record = &mut self.record;
        if record.primary == primary && floor <= record.epoch {
            return;
        }
        record.primary = primary;
        let epoch = match rules.epoch_of_time {
            true => next_epoch(wide(record.epoch), wide(now), wide(floor)),
            false => wide(record.epoch) + 1,
        };
        record.epoch = u8::try_from(epoch).unwrap_or(u8::MAX);
    }

    fn change(&mut self, before: Record) {
        if self.record != before {
            self.record.version += 1;
        }
    }

    fn sweep(&mut self, now: u8, first: u8, learners: &mut u8, rules: &Rules) {
        for at in 0..SITES {
            let silent = |(_, beat)| is_silent(wide(beat), 0, wide(TIMEOUT));
            if !self.sites[at].is_some_and(silent) {
                continue;
            }
            let before = self.record;
            (self.sites[at], *learners) = (None, *learners & !(1 << at));
            self.record.holders &= !(1 << at);
            if self
                .record
                .primary
                .is_some_and(|primary| usize::from(primary) == at)
            {
                self.give(self.elect(first), now, 0, rules);
            }
            self.change(before);
        }
    }
}

impl World {
    /// A heartbeat arrives.
    pub(super) fn hear(&mut self, at: usize, session: u8, rules: &Rules) -> Option<(u8, u8)> {
        let (now, first, redis) = (self.now, self.first, &mut self.redis);
        if redis.sites[at].is_none_or(|(known, _)| known != session) {
            return None;
        }
        redis.sites[at] = Some((session, 0));
        redis.sweep(now, first, &mut self.learners, rules);
        if redis.record.primary.is_none() && redis.record.holders != 0 {
            let before = redis.record;
            redis.give(redis.elect(first), now, 0, rules);
            redis.change(before);
        }
        Some((redis.record.life, redis.record.version))
    }

    /// A site becomes a member.
    pub(super) fn enter(&mut self, at: usize, session: u8, rules: &Rules) {
        let (now, first, redis) = (self.now, self.first, &mut self.redis);
        if !redis.is_there {
            redis.is_there = true;
            redis.hold = if rules.hold { TIMEOUT } else { 0 };
        }
        redis.sweep(now, first, &mut self.learners, rules);
        redis.sites[at] = Some((session, 0));
        redis.record.version += 1;
    }

    /// A call about the slot arrives.
    pub(super) fn carry_out(&mut self, at: usize, call: &Call, rules: &Rules) -> Option<Record> {
        let (now, first, redis) = (self.now, self.first, &mut self.redis);
        if redis.sites[at].is_none_or(|(session, _)| session != call.session) {
            return None;
        }
        let (before, floor) = (redis.record, call.floor);
        let me = u8::try_from(at).unwrap_or(u8::MAX);
        let late = rules.late_guard && is_late(wide(before.epoch), wide(floor));
        let leads = before.primary == Some(me);
        let is_behind = is_behind(wide(before.epoch), wide(floor), wide(call.copied));
        let is_refused = before.primary.is_some() && !before.holds(at) && is_behind;
        match call.ask {
            Ask::Add if rules.copy && is_refused => {}
            Ask::Add => {
                let is_new = before.primary.is_some() && !before.holds(at);
                self.is_bad |= is_new && self.whole & 1 << at == 0;
                redis.record.holders |= 1 << at;
                if rules.epoch_of_time && shows_loss(wide(before.epoch), wide(floor)) {
                    redis.hold = if rules.hold { TIMEOUT } else { 0 };
                    redis.record.primary = None;
                }
                let primary = redis.record.primary.or_else(|| redis.elect(first));
                redis.give(primary, now, floor, rules);
            }
            Ask::HandOver if leads && !late => {
                if let Some(next) = redis.elect(first) {
                    redis.give(Some(next), now, floor, rules);
                }
            }
            Ask::Fail if !late => {
                redis.record.holders &= !(1 << at);
                let next = if leads {
                    redis.elect(first)
                } else {
                    before.primary
                };
                redis.give(next, now, floor, rules);
            }
            Ask::HandOver | Ask::Fail => {}
        }
        redis.change(before);
        Some(redis.record)
    }
}
