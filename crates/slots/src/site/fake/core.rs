//! What the scripts do, in memory: the group as Redis would hold it.

mod join;
mod slots;

use std::{collections::BTreeMap, time::Duration};

use super::rules;
use crate::{
    Epoch, Group, Member, SiteId, Slot,
    record::{Event, MemberRecord, Notice, SlotRecord, Snapshot},
    store::{Beat, Session, StoreError},
};

/// A group in a Redis that is in memory.
#[derive(Debug, Clone)]
pub(crate) struct Core {
    pub(crate) group: Option<Data>,
    /// What was published and not sent yet.
    pub(crate) notices: Vec<Notice>,
    lives: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Data {
    settings: Group,
    life: Box<str>,
    pub(crate) version: u64,
    clock: u64,
    armed: u64,
    hold: u64,
    grace: u64,
    is_pending: bool,
    pub(crate) sites: BTreeMap<SiteId, Entry>,
    pub(crate) slots: BTreeMap<Slot, Line>,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    session: Session,
    member: Member,
    leaving: bool,
    beat: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) epoch: u64,
    pub(crate) primary: Option<SiteId>,
    /// By claim, the highest first; then by id.
    holders: Vec<(u64, SiteId)>,
}

impl Line {
    fn record(&self, slot: Slot) -> SlotRecord {
        SlotRecord {
            slot,
            epoch: Epoch::new(self.epoch),
            primary: self.primary.clone(),
            holders: self.holders.iter().map(|(_, id)| id.clone()).collect(),
        }
    }

    fn holds(&self, id: &SiteId) -> bool {
        self.holders.iter().any(|(_, holder)| holder == id)
    }

    fn give(&mut self, primary: Option<SiteId>, now: u64, floor: u64) {
        if self.primary != primary || floor > self.epoch {
            self.primary = primary;
            self.epoch = rules::next_epoch(self.epoch, now, floor);
        }
    }
}

impl Data {
    fn timeout(&self) -> u64 {
        millis(self.settings.timeout())
    }

    /// Who is to be primary: nobody while primaries of an earlier life may act.
    fn elect(&self, line: &Line, now: u64) -> Option<SiteId> {
        if rules::holds_back(now, self.hold) {
            return None;
        }
        let fitness = |id: &SiteId| {
            let site = self.sites.get(id)?;
            let is_late = now - site.beat >= millis(self.settings.lease());
            Some(if site.leaving { 2 } else { u8::from(is_late) })
        };
        let fit = line
            .holders
            .iter()
            .filter_map(|(_, id)| Some((fitness(id)?, id)));
        fit.min_by_key(|(fitness, _)| *fitness)
            .map(|(_, id)| id.clone())
    }

    fn drop_site(&mut self, id: &SiteId, event: Event, now: u64) -> Notice {
        self.sites.remove(id);
        let mut changed = Vec::new();
        for slot in self.slots.keys().copied().collect::<Vec<_>>() {
            let mut line = self.slots[&slot].clone();
            if !line.holds(id) {
                continue;
            }
            line.holders.retain(|(_, holder)| holder != id);
            if line.primary.as_ref() == Some(id) {
                let primary = self.elect(&line, now);
                line.give(primary, now, 0);
            }
            changed.push(line.record(slot));
            self.put(slot, line);
        }
        self.notice(event, Some(id), None, changed)
    }

    fn put(&mut self, slot: Slot, line: Line) {
        self.is_pending |= line.primary.is_none() && !line.holders.is_empty();
        self.slots.insert(slot, line);
    }

    fn notice(
        &mut self,
        event: Event,
        site: Option<&SiteId>,
        member: Option<MemberRecord>,
        slots: Vec<SlotRecord>,
    ) -> Notice {
        self.version += 1;
        let (life, version, site) = (self.life.clone(), self.version, site.cloned());
        Notice {
            life,
            version,
            event,
            site,
            member,
            slots,
        }
    }

    fn next_expiry(&self, now: u64) -> Duration {
        let oldest = self
            .sites
            .values()
            .map(|site| site.beat)
            .min()
            .unwrap_or(now);
        let mut at = (oldest + self.timeout()).max(self.grace);
        if self.is_pending {
            at = at.min(self.hold);
        }
        Duration::from_millis(at.saturating_sub(now).min(self.timeout()))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).expect("a short time")
}

impl Core {
    pub(crate) fn new() -> Self {
        Self {
            group: None,
            notices: Vec::new(),
            lives: 0,
        }
    }

    fn enter(&mut self, id: &SiteId, session: &Session) -> Result<&mut Data, StoreError> {
        let group = self.group.as_mut().ok_or(StoreError::Stranger)?;
        match group.sites.get(id) {
            Some(site) if site.session == *session => Ok(group),
            _ => Err(StoreError::Stranger),
        }
    }

    fn sweep(&mut self, now: u64) {
        let Some(group) = &mut self.group else {
            return;
        };
        let most =
            (group.timeout() / 2).max(millis(group.settings.heartbeat()) + group.timeout() / 8);
        if now - group.clock > most && group.armed != group.clock {
            group.armed = group.clock;
            group.grace = now + group.timeout();
        }
        if now < group.grace {
            return;
        }
        let timeout = group.timeout();
        let silent = |site: &Entry| rules::is_silent(now, site.beat, timeout);
        let gone = group.sites.iter().filter(|(_, site)| silent(site));
        for id in gone.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.notices.push(group.drop_site(&id, Event::Evicted, now));
        }
    }

    pub(crate) fn beat(
        &mut self,
        now: u64,
        id: &SiteId,
        session: &Session,
    ) -> Result<Beat, StoreError> {
        self.enter(id, session)?;
        let before = self.group.as_ref().map_or(0, |group| group.sites.len());
        if let Some(site) = self
            .group
            .as_mut()
            .and_then(|group| group.sites.get_mut(id))
        {
            site.beat = now;
        }
        self.sweep(now);
        let group = self.group.as_mut().expect("entered");
        group.clock = now;
        if group.is_pending && !rules::holds_back(now, group.hold) {
            self.notices.extend(settle(group, now));
        }
        let gone = before - group.sites.len();
        Ok(Beat {
            life: group.life.clone(),
            version: group.version,
            next_expiry: group.next_expiry(now),
            evicted: vec![id.clone(); gone],
            lost: Vec::new(),
        })
    }

    pub(crate) fn leaving(&mut self, id: &SiteId, session: &Session) -> Result<(), StoreError> {
        let group = self.enter(id, session)?;
        let Some(site) = group.sites.get_mut(id) else {
            return Err(StoreError::Stranger);
        };
        site.leaving = true;
        let record = MemberRecord {
            member: site.member.clone(),
            leaving: true,
        };
        let notice = group.notice(Event::Leaving, Some(id), Some(record), Vec::new());
        self.notices.push(notice);
        Ok(())
    }

    pub(crate) fn leave(
        &mut self,
        now: u64,
        id: &SiteId,
        session: &Session,
    ) -> Result<(), StoreError> {
        let notice = self.enter(id, session)?.drop_site(id, Event::Left, now);
        self.notices.push(notice);
        Ok(())
    }

    pub(crate) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let group = self.group.as_ref().ok_or(StoreError::NoGroup)?;
        let member = |site: &Entry| MemberRecord {
            member: site.member.clone(),
            leaving: site.leaving,
        };
        Ok(Snapshot {
            life: group.life.clone(),
            version: group.version,
            group: group.settings.clone(),
            members: group.sites.values().map(member).collect(),
            slots: group
                .slots
                .iter()
                .map(|(slot, line)| line.record(*slot))
                .collect(),
        })
    }
}

fn settle(group: &mut Data, now: u64) -> Option<Notice> {
    group.is_pending = false;
    let mut changed = Vec::new();
    for (slot, line) in group.slots.clone() {
        if line.primary.is_none() && !line.holders.is_empty() {
            let mut line = line;
            line.give(group.elect(&line, now), now, 0);
            changed.push(line.record(slot));
            group.slots.insert(slot, line);
        }
    }
    (!changed.is_empty()).then(|| group.notice(Event::Settled, None, None, changed))
}
