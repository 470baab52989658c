//! What a site knows of the group: the last snapshot, and every notice since.

use std::collections::BTreeMap;

use crate::{
    Epoch, Member, SiteId, Slot,
    record::{MemberRecord, Notice, SlotRecord, Snapshot},
};

/// What a site knows of the group.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) life: Box<str>,
    pub(super) version: u64,
    pub(super) members: BTreeMap<SiteId, MemberRecord>,
    slots: Box<[Seen]>,
}

/// What is known of one slot.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    record: Option<SlotRecord>,
    /// The highest epoch ever seen, in any life.
    highest: Epoch,
}

/// What a notice is to what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noticed {
    /// It is part of it already.
    Old,
    /// It is the next one.
    Next,
    /// One or more are missing before it, or it is of another life.
    Gap,
}

impl View {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            life: Box::default(),
            version: 0,
            members: BTreeMap::new(),
            slots: vec![Seen::default(); slots].into_boxed_slice(),
        }
    }

    pub(super) fn slot(&self, slot: Slot) -> Option<&Seen> {
        self.slots.get(slot.index())
    }

    /// Takes a snapshot over; `touched` is told of every slot that may be another.
    pub(super) fn replace(&mut self, snapshot: Snapshot, mut touched: impl FnMut(Slot)) {
        self.life = snapshot.life;
        self.version = snapshot.version;
        self.members = by_id(snapshot.members);
        let mut old: Vec<Option<SlotRecord>> = Vec::with_capacity(self.slots.len());
        old.extend(self.slots.iter_mut().map(|seen| seen.record.take()));
        for record in snapshot.slots {
            if let Some(seen) = self.slots.get_mut(record.slot.index()) {
                seen.put(record);
            }
        }
        for (seen, old) in self.slots.iter().zip(&old) {
            if seen.record != *old {
                seen.record
                    .iter()
                    .chain(old)
                    .take(1)
                    .for_each(|it| touched(it.slot));
            }
        }
    }

    /// Says what a notice is to what is known.
    pub(super) fn order(&self, notice: &Notice) -> Noticed {
        match notice.life == self.life {
            true if notice.version <= self.version => Noticed::Old,
            true if notice.version == self.version + 1 => Noticed::Next,
            _ => Noticed::Gap,
        }
    }

    /// Takes the next notice in; returns whether the members are others now.
    pub(super) fn notice(&mut self, notice: Notice, mut touched: impl FnMut(Slot)) -> bool {
        self.version = notice.version;
        let members = self.member(&notice);
        for record in notice.slots {
            let slot = record.slot;
            if let Some(seen) = self.slots.get_mut(slot.index()) {
                seen.put(record);
                touched(slot);
            }
        }
        members
    }

    fn member(&mut self, notice: &Notice) -> bool {
        use crate::record::Event::{Evicted, Left};
        match (&notice.event, &notice.site, &notice.member) {
            (Left | Evicted, Some(site), _) => self.members.remove(site).is_some(),
            (_, _, Some(member)) => {
                let id = member.member.id().clone();
                self.members.insert(id, member.clone()).as_ref() != Some(member)
            }
            _ => false,
        }
    }

    /// Takes in what a script answered to `me`.
    ///
    /// It carries no version, and a notice of a later change may have been here before it: only a higher epoch makes
    /// it surely newer. Else it tells no more than whether `me` is listed, which nobody else changes.
    pub(super) fn answer(&mut self, record: SlotRecord, me: &SiteId) {
        let Some(seen) = self.slots.get_mut(record.slot.index()) else {
            return;
        };
        let is_newer = record.epoch > seen.highest;
        match &mut seen.record {
            Some(known) if !is_newer => {
                let is_listed = record.holders.contains(me);
                if is_listed && !known.holders.contains(me) {
                    known.holders.push(me.clone());
                } else if !is_listed {
                    known.holders.retain(|holder| holder != me);
                }
            }
            _ => seen.put(record),
        }
    }

    /// The sites that slots are assigned to.
    pub(super) fn staying(&self) -> impl Iterator<Item = &Member> {
        let staying = self.members.values().filter(|record| !record.leaving);
        staying.map(|record| &record.member)
    }
}

impl Seen {
    fn put(&mut self, record: SlotRecord) {
        self.highest = self.highest.max(record.epoch);
        self.record = Some(record);
    }

    pub(super) fn highest(&self) -> Epoch {
        self.highest
    }

    /// Whether the record is older than what was seen of the slot before.
    pub(super) fn is_outdated(&self) -> bool {
        let record = self.record.as_ref();
        record.is_some_and(|record| record.epoch < self.highest)
    }

    pub(super) fn holders(&self) -> &[SiteId] {
        self.record.as_ref().map_or(&[], |record| &record.holders)
    }

    /// Its primary, unless the record is older than what was seen of the slot before.
    pub(super) fn primary(&self) -> Option<&SiteId> {
        let record = self.record.as_ref()?;
        record.primary.as_ref().filter(|_| !self.is_outdated())
    }
}

fn by_id(members: Vec<MemberRecord>) -> BTreeMap<SiteId, MemberRecord> {
    let members = members.into_iter();
    members
        .map(|record| (record.member.id().clone(), record))
        .collect()
}
