//! What the scripts do to the one slot, by the same rules.

use super::world::{Ask, Call, Record, Redis, Rules, SITES, TIMEOUT, World};
use crate::site::fake::rules::{holds_back, is_behind, is_late, is_silent, next_epoch, shows_loss};

fn wide(number: u8) -> u64 {
    u64::from(number)
}

impl Redis {
    /// Who is to be primary: of those who can act the one that the assignment puts first, if it holds the slot.
    fn elect(&self, first: u8, rules: &Rules) -> Option<u8> {
        let order = [first, 1 - first].into_iter();
        let holders = order.filter(|site| self.record.holds(usize::from(*site)));
        let elected = holders.min_by_key(|site| self.is_late(*site, rules));
        elected.filter(|_| !holds_back(0, wide(self.hold)))
    }

    /// Whether a site was silent for as long as its lease, so that it cannot act.
    fn is_late(&self, site: u8, rules: &Rules) -> bool {
        let beat = self.sites[usize::from(site)].map(|(_, beat)| beat);
        beat.is_none_or(|beat| beat >= rules.lease())
    }

    fn give(&mut self, primary: Option<u8>, now: u8, rules: &Rules) {
        if self.record.primary != primary {
            self.record.primary = primary;
            self.raise(now, 0, rules);
        }
    }

    fn raise(&mut self, now: u8, floor: u8, rules: &Rules) {
        let epoch = match rules.epoch_of_time {
            true => next_epoch(wide(self.record.epoch), wide(now), wide(floor)),
            false => wide(self.record.epoch) + 1,
        };
        self.record.epoch = u8::try_from(epoch).unwrap_or(u8::MAX);
    }

    /// Changes were lost that the asking site has seen: nobody is primary for a timeout.
    fn mend(&mut self, now: u8, floor: u8, rules: &Rules) -> bool {
        let shows = shows_loss(wide(self.record.epoch), wide(floor));
        if !shows || !rules.epoch_of_time {
            return false;
        }
        self.record.primary = None;
        self.raise(now, floor, rules);
        self.hold = if rules.hold { TIMEOUT } else { 0 };
        true
    }

    fn change(&mut self, before: Record) {
        if self.record != before {
            self.record.version += 1;
        }
    }

    fn sweep(&mut self, now: u8, first: u8, learners: &mut u8, rules: &Rules) {
        if self.grace > 0 {
            return;
        }
        let silent = |(_, beat)| is_silent(wide(beat), 0, wide(TIMEOUT));
        let gone = self.sites.map(|site| site.is_some_and(silent));
        let gone = (0..SITES).filter(|at| gone[*at]);
        // None of them is elected in place of another.
        gone.clone().for_each(|at| self.sites[at] = None);
        for at in gone {
            let before = self.record;
            *learners &= !(1 << at);
            self.record.holders &= !(1 << at);
            if before
                .primary
                .is_some_and(|primary| usize::from(primary) == at)
            {
                self.give(self.elect(first, rules), now, rules);
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
            redis.give(redis.elect(first, rules), now, rules);
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
        if std::mem::take(&mut self.sites[at].has_seen_more) {
            redis.give(None, now, rules);
            redis.hold = if rules.hold { TIMEOUT } else { 0 };
            redis.grace = TIMEOUT;
        }
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
        let lacks = is_behind(wide(before.epoch), wide(floor), wide(call.copied));
        let is_mended = redis.mend(now, floor, rules);
        let (primary, is_held) = (redis.record.primary, before.holds(at));
        let is_new = primary.is_some() && !is_held;
        match call.ask {
            Ask::Add if rules.copy && is_new && lacks => {}
            Ask::Add => {
                self.is_bad |= is_new && self.whole & 1 << at == 0;
                redis.record.holders |= 1 << at;
                if primary.is_none() {
                    redis.give(redis.elect(first, rules), now, rules);
                }
            }
            _ if is_mended || late => {}
            Ask::HandOver if primary == Some(me) => {
                // It asks, so it is there.
                let others = redis.elect(first, rules).filter(|site| *site != me);
                let able = others.filter(|site| !redis.is_late(*site, rules));
                if able.is_some() {
                    redis.give(able, now, rules);
                }
            }
            Ask::Fail if is_held => {
                redis.record.holders &= !(1 << at);
                if primary == Some(me) {
                    redis.give(redis.elect(first, rules), now, rules);
                }
            }
            Ask::HandOver | Ask::Fail => {}
        }
        redis.change(before);
        Some(redis.record)
    }
}
