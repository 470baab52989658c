//! Becoming a member, and beginning a group.

use std::{collections::BTreeMap, time::Duration};

use super::{Core, Data, Entry, millis};
use crate::{
    Group, Member,
    record::{Event, MemberRecord, Notice},
    store::{Joined, Seen, Session, StoreError},
};

impl Core {
    pub(crate) fn join(
        &mut self,
        now: u64,
        settings: &Group,
        member: &Member,
        session: &Session,
        seen: Option<&Seen>,
    ) -> Result<Joined, StoreError> {
        self.create(now, settings);
        let fresh = self.fresh();
        let Some(group) = &mut self.group else {
            return Err(StoreError::NoGroup);
        };
        let mut notices = Vec::new();
        group.note_silence(now);
        let is_renewed = |group: &Data| {
            let site = group.sites.get(member.id());
            site.is_some_and(|site| site.session == *session)
        };
        if is_renewed(group) {
            group.hear(member.id(), now);
        }
        group.sweep(now, &mut notices);
        let admitted = group
            .agree(settings, &fresh)
            .and_then(|()| group.admit(now, member, session, seen, &mut notices));
        self.notices.append(&mut notices);
        admitted
    }

    /// Makes the group, if there is none.
    pub(crate) fn create(&mut self, now: u64, settings: &Group) {
        let life = self.fresh();
        self.group.get_or_insert_with(|| Data {
            settings: settings.clone(),
            life,
            version: 0,
            clock: now,
            armed: 0,
            hold: now + millis(settings.timeout()),
            grace: 0,
            is_pending: true,
            sites: BTreeMap::new(),
            slots: BTreeMap::new(),
        });
    }

    /// What no life was called yet.
    fn fresh(&mut self) -> Box<str> {
        self.lives += 1;
        format!("life-{}", self.lives).into()
    }
}

impl Data {
    /// Refuses settings that differ from what members have; where nobody is left, another life has them.
    fn agree(&mut self, settings: &Group, fresh: &str) -> Result<(), StoreError> {
        if self.settings == *settings {
            return Ok(());
        }
        if !self.sites.is_empty() {
            let (theirs, ours) = (format!("{:?}", self.settings), format!("{settings:?}"));
            let field = "settings".into();
            return Err(StoreError::Mismatch {
                field,
                theirs,
                ours,
            });
        }
        (self.settings, self.life) = (settings.clone(), fresh.into());
        Ok(())
    }

    fn admit(
        &mut self,
        now: u64,
        member: &Member,
        session: &Session,
        seen: Option<&Seen>,
        notices: &mut Vec<Notice>,
    ) -> Result<Joined, StoreError> {
        let id = member.id();
        let known = self.sites.get(id);
        if let Some(site) = known.filter(|site| site.session != *session) {
            let free = (site.beat + self.timeout()).max(self.grace(now));
            let free_in = Duration::from_millis(free.saturating_sub(now).max(1));
            return Err(StoreError::Taken {
                id: id.clone(),
                free_in,
            });
        }
        let seen = seen.filter(|seen| seen.life == self.life && seen.version > self.version);
        notices.extend(seen.map(|seen| self.forget_primaries(now, seen.version)));
        notices.extend(self.put_site(member, session, now));
        let hold = if self.is_pending { self.hold(now) } else { 0 };
        Ok(Joined {
            life: self.life.clone(),
            version: self.version,
            hold: Duration::from_millis(hold.saturating_sub(now)),
            next_expiry: self.next_change(now),
        })
    }

    /// Writes a site that was heard now; a notice if it is new, or another than before.
    fn put_site(&mut self, member: &Member, session: &Session, now: u64) -> Option<Notice> {
        let (id, member) = (member.id().clone(), member.clone());
        let known = self.sites.get(&id);
        let is_new = known.is_none_or(|site| site.member != member || site.leaving);
        let record = MemberRecord {
            member: member.clone(),
            leaving: false,
        };
        let (session, leaving) = (session.clone(), false);
        self.sites.insert(
            id.clone(),
            Entry {
                session,
                member,
                leaving,
                beat: now,
            },
        );
        self.hear(&id, now);
        is_new.then(|| self.notice(Event::Joined, Some(&id), Some(record), Vec::new()))
    }

    /// Writes were lost that a site knows of: nobody is primary until all leases have ended.
    fn forget_primaries(&mut self, now: u64, seen: u64) -> Notice {
        let mut changed = Vec::new();
        for (slot, line) in &mut self.slots {
            if line.primary.is_some() {
                line.give(None, now);
                changed.push(line.record(*slot));
            }
        }
        let until = now + self.timeout();
        (self.hold, self.grace, self.is_pending) = (until, until, true);
        self.version = self.version.max(seen);
        self.notice(Event::Settled, None, None, changed)
    }
}
