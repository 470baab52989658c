//! Who was silent for too long, and slots that wait for a primary.

use std::time::Duration;

use super::{super::rules, Data, millis};
use crate::{
    SiteId,
    record::{Event, Notice},
};

impl Data {
    /// Notes whether sites may have been unable to be heard; if so, nobody is evicted for a timeout.
    pub(super) fn note_silence(&mut self, now: u64) {
        let timeout = self.timeout();
        let most = (timeout / 2).max(millis(self.settings.heartbeat()) + timeout / 8);
        if now.abs_diff(self.clock) > most && self.armed != self.clock {
            self.armed = self.clock;
            self.grace = now + timeout;
            self.hold = self.hold(now);
        }
        for site in self.sites.values_mut() {
            site.beat = site.beat.min(now);
        }
    }

    pub(super) fn hear(&mut self, id: &SiteId, now: u64) {
        if let Some(site) = self.sites.get_mut(id) {
            site.beat = now;
        }
        self.clock = now;
    }

    /// Evicts whoever was silent for the timeout, the longest silent first; says whom.
    pub(super) fn sweep(&mut self, now: u64, notices: &mut Vec<Notice>) -> Vec<SiteId> {
        if now < self.grace(now) {
            return Vec::new();
        }
        let timeout = self.timeout();
        let sites = self.sites.iter().map(|(id, site)| (site.beat, id.clone()));
        let mut silent: Vec<_> = sites
            .filter(|(beat, _)| rules::is_silent(now, *beat, timeout))
            .collect();
        silent.sort();
        // None of them is elected in place of another.
        self.sites
            .retain(|_, site| !rules::is_silent(now, site.beat, timeout));
        let ids: Vec<SiteId> = silent.into_iter().map(|(_, id)| id).collect();
        let dropped = ids.iter().map(|id| self.drop_site(id, Event::Evicted, now));
        notices.extend(dropped);
        ids
    }

    /// Gives slots that wait for it a primary.
    pub(super) fn settle(&mut self, now: u64) -> Option<Notice> {
        if !self.is_pending || rules::holds_back(now, self.hold(now)) {
            return None;
        }
        self.is_pending = false;
        let mut waiting = self.slots.clone();
        waiting.retain(|_, line| line.primary.is_none() && !line.holders.is_empty());
        for line in waiting.values_mut() {
            self.lead(line, now);
        }
        let records: Vec<_> = waiting
            .iter()
            .map(|(slot, line)| line.record(*slot))
            .collect();
        self.slots.append(&mut waiting);
        (!records.is_empty()).then(|| self.notice(Event::Settled, None, None, records))
    }

    /// How long until the next site could be evicted, or slots be given primaries.
    pub(super) fn next_change(&self, now: u64) -> Duration {
        let oldest = self.sites.values().map(|site| site.beat).min();
        let mut at = (oldest.unwrap_or(now) + self.timeout()).max(self.grace(now));
        if self.is_pending {
            at = at.min(self.hold(now));
        }
        Duration::from_millis(at.saturating_sub(now).min(self.timeout()))
    }
}
