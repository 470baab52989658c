//! What the scripts do, in memory: the group as Redis would hold it.

mod join;
mod silence;
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
    pub(crate) life: Box<str>,
    pub(crate) version: u64,
    pub(crate) clock: u64,
    pub(crate) armed: u64,
    pub(crate) hold: u64,
    pub(crate) grace: u64,
    pub(crate) is_pending: bool,
    pub(crate) sites: BTreeMap<SiteId, Entry>,
    pub(crate) slots: BTreeMap<Slot, Line>,
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) session: Session,
    member: Member,
    pub(crate) leaving: bool,
    pub(crate) beat: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) epoch: u64,
    pub(crate) primary: Option<SiteId>,
    /// By claim, the highest first; then by id.
    pub(crate) holders: Vec<(u64, SiteId)>,
}

impl Line {
    /// Whether somebody holds the slot, and nobody is its primary.
    fn lacks_primary(&self) -> bool {
        self.primary.is_none() && !self.holders.is_empty()
    }

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

    fn take(&mut self, id: &SiteId) {
        self.holders.retain(|(_, holder)| holder != id);
    }

    /// Makes a site, or nobody, primary.
    fn give(&mut self, primary: Option<SiteId>, now: u64) {
        if self.primary != primary {
            self.primary = primary;
            self.epoch = rules::next_epoch(self.epoch, now, 0);
        }
    }
}

impl Data {
    fn timeout(&self) -> u64 {
        millis(self.settings.timeout())
    }

    /// Until when nobody is made primary; never later than that, unless the clock was set back.
    fn hold(&self, now: u64) -> u64 {
        self.hold.min(now + self.timeout())
    }

    /// Until when nobody is evicted; as above.
    fn grace(&self, now: u64) -> u64 {
        self.grace.min(now + self.timeout())
    }

    /// How fit a holder is to be primary: 0 is, 1 cannot act for it was silent for as long as its lease, 2 is about
    /// to leave, 3 is gone.
    fn rank(&self, id: &SiteId, now: u64) -> u8 {
        match self.sites.get(id) {
            None => 3,
            Some(site) if site.leaving => 2,
            Some(site) => u8::from(now.saturating_sub(site.beat) >= millis(self.settings.lease())),
        }
    }

    /// Who is to be primary: of the fittest holders the first; nobody while primaries of an earlier life may act.
    fn elect(&self, line: &Line, now: u64, rank: impl Fn(&SiteId) -> u8) -> Option<SiteId> {
        if rules::holds_back(now, self.hold(now)) {
            return None;
        }
        let ranked = line.holders.iter().map(|(_, id)| (rank(id), id));
        let fit = ranked.filter(|(rank, _)| *rank < 3);
        fit.min_by_key(|(rank, _)| *rank).map(|(_, id)| id.clone())
    }

    /// Makes whoever is to be primary of a slot primary.
    fn lead(&self, line: &mut Line, now: u64) {
        let primary = self.elect(line, now, |id| self.rank(id, now));
        line.give(primary, now);
    }

    /// Takes a site out of the group and out of every slot that it holds, with one notice.
    fn drop_site(&mut self, id: &SiteId, event: Event, now: u64) -> Notice {
        self.sites.remove(id);
        let mut changed = Vec::new();
        for (slot, mut line) in self.slots.clone() {
            if !line.holds(id) {
                continue;
            }
            line.take(id);
            if line.primary.as_ref() == Some(id) {
                self.lead(&mut line, now);
            }
            self.is_pending |= line.lacks_primary();
            changed.push(line.record(slot));
            self.slots.insert(slot, line);
        }
        self.notice(event, Some(id), None, changed)
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

    pub(crate) fn beat(
        &mut self,
        now: u64,
        id: &SiteId,
        session: &Session,
    ) -> Result<Beat, StoreError> {
        let group = self.enter(id, session)?;
        let mut notices = Vec::new();
        group.note_silence(now);
        group.hear(id, now);
        let evicted = group.sweep(now, &mut notices);
        notices.extend(group.settle(now));
        let beat = Beat {
            life: group.life.clone(),
            version: group.version,
            next_expiry: group.next_change(now),
            evicted,
            lost: Vec::new(),
        };
        self.notices.append(&mut notices);
        Ok(beat)
    }

    pub(crate) fn leaving(&mut self, id: &SiteId, session: &Session) -> Result<(), StoreError> {
        let group = self.enter(id, session)?;
        let Some(site) = group.sites.get_mut(id) else {
            return Err(StoreError::Stranger);
        };
        if std::mem::replace(&mut site.leaving, true) {
            return Ok(());
        }
        let record = MemberRecord {
            member: site.member.clone(),
            leaving: true,
        };
        let notice = group.notice(Event::Leaving, Some(id), Some(record), Vec::new());
        self.notices.push(notice);
        Ok(())
    }

    /// Done already is done.
    pub(crate) fn leave(&mut self, now: u64, id: &SiteId, session: &Session) {
        if let Ok(group) = self.enter(id, session) {
            let notice = group.drop_site(id, Event::Left, now);
            self.notices.push(notice);
        }
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
