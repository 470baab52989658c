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
        if self.group.is_none() {
            self.create(now, settings);
        }
        let id = member.id();
        if let Some(site) = self
            .group
            .as_mut()
            .and_then(|group| group.sites.get_mut(id))
            && site.session == *session
        {
            site.beat = now;
        }
        self.sweep(now);
        self.admit(now, settings, member, session, seen)
    }

    fn admit(
        &mut self,
        now: u64,
        settings: &Group,
        member: &Member,
        session: &Session,
        seen: Option<&Seen>,
    ) -> Result<Joined, StoreError> {
        let id = member.id();
        let group = self.group.as_mut().expect("a group");
        if group.settings != *settings {
            let (theirs, ours) = (format!("{:?}", group.settings), format!("{settings:?}"));
            return Err(StoreError::Mismatch {
                field: "settings".into(),
                theirs,
                ours,
            });
        }
        let known = group.sites.get(id).cloned();
        if let Some(site) = known.iter().find(|site| site.session != *session) {
            let free = (site.beat + group.timeout()).max(group.grace);
            let free_in = Duration::from_millis(free.saturating_sub(now).max(1));
            return Err(StoreError::Taken {
                id: id.clone(),
                free_in,
            });
        }
        if let Some(seen) =
            seen.filter(|seen| seen.life == group.life && seen.version > group.version)
        {
            self.notices
                .push(forget_primaries(group, now, seen.version));
        }
        group.clock = now;
        let notice = group.put_site(member, session, now);
        self.notices.extend(notice);
        let Some(group) = &self.group else {
            return Err(StoreError::NoGroup);
        };
        let hold = if group.is_pending {
            group.hold.saturating_sub(now)
        } else {
            0
        };
        Ok(Joined {
            life: group.life.clone(),
            version: group.version,
            hold: Duration::from_millis(hold),
            next_expiry: group.next_expiry(now),
        })
    }

    fn create(&mut self, now: u64, settings: &Group) {
        self.lives += 1;
        self.group = Some(Data {
            settings: settings.clone(),
            life: format!("life-{}", self.lives).into(),
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
}

impl Data {
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
        is_new.then(|| self.notice(Event::Joined, Some(&id), Some(record), Vec::new()))
    }
}

fn forget_primaries(group: &mut Data, now: u64, seen: u64) -> Notice {
    let mut changed = Vec::new();
    for (slot, line) in &mut group.slots {
        if line.primary.is_some() {
            line.give(None, now, 0);
            changed.push(line.record(*slot));
        }
    }
    (group.hold, group.grace) = (now + group.timeout(), now + group.timeout());
    (group.is_pending, group.version) = (true, seen);
    group.notice(Event::Settled, None, None, changed)
}
