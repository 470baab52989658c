//! The one writer of a table.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering::Release},
};

use super::{
    entry::Entry,
    members::{Listed, Members},
    shared::Shared,
    site::Site,
    word::{Index, Word},
};
use crate::{
    Epoch, SiteId, Slot,
    record::{Event, MemberRecord, Notice, SlotRecord, Snapshot},
};

/// How many slots of a snapshot are written at once, before somebody else may write.
pub(super) const AT_ONCE: usize = 64;

/// Which sites there are and were, and up to where the table has come; behind the table's lock.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) life: Option<Box<str>>,
    members: HashMap<SiteId, Listed>,
    /// Sites that have left, and have a place to come back to.
    past: HashMap<SiteId, Arc<Site>>,
}

impl Writer {
    /// Writes what a notice says of sites and slots.
    pub(super) fn notice(&mut self, shared: &Shared, notice: &Notice) {
        let mut is_other = false;
        if let Some(record) = &notice.member {
            is_other |= self.join(shared, record);
        }
        for record in &notice.slots {
            self.slot(shared, record);
        }
        // After the slots: whoever still reads that the site was one's primary finds that it has left.
        if let (Event::Left | Event::Evicted, Some(id)) = (notice.event, &notice.site)
            && self.leave(id)
        {
            sweep(shared);
            is_other = true;
        }
        if is_other {
            self.publish(shared);
        }
    }

    /// Writes who is a member: those of a snapshot, and no others.
    pub(super) fn members(&mut self, shared: &Shared, snapshot: &Snapshot) {
        let mut is_other = shared.members.load().number == 0;
        for record in &snapshot.members {
            is_other |= self.join(shared, record);
        }
        // Looked for only where some have left: there may be a thousand.
        if self.members.len() > snapshot.members.len() {
            let stay: HashSet<_> = snapshot
                .members
                .iter()
                .map(|record| record.member.id())
                .collect();
            let left: Vec<_> = self
                .members
                .keys()
                .filter(|id| !stay.contains(id))
                .cloned()
                .collect();
            for id in left {
                is_other |= self.leave(&id);
            }
            sweep(shared);
        }
        if is_other {
            self.publish(shared);
        }
    }

    /// Takes a member in; whether it was unknown, or another.
    fn join(&mut self, shared: &Shared, record: &MemberRecord) -> bool {
        let MemberRecord { member, leaving } = record;
        let known = self.members.get_mut(member.id());
        if let Some(known) = known.filter(|known| known.site.member() == member) {
            let is_other = known.leaving != *leaving;
            known.leaving = *leaving;
            return is_other;
        }
        let site = self.site(shared, record);
        let listed = Listed {
            site: Arc::clone(&site),
            leaving: *leaving,
        };
        if let Some(before) = self.members.insert(member.id().clone(), listed) {
            // Elsewhere, with all that it holds.
            self.repoint(shared, &before.site, &site);
            before.site.leaves();
        }
        true
    }

    /// The site of a record: one that has left, if it is back as it was.
    fn site(&mut self, shared: &Shared, record: &MemberRecord) -> Arc<Site> {
        if let Some(site) = self.past.remove(record.member.id())
            && site.member() == &record.member
        {
            site.joins();
            return site;
        }
        let site = Arc::new(Site::new(record.member.clone(), shared.roll.next()));
        shared.roll.add(&site);
        site
    }

    fn leave(&mut self, id: &SiteId) -> bool {
        let Some(Listed { site, .. }) = self.members.remove(id) else {
            return false;
        };
        site.leaves();
        if site.index() != Index::ELSEWHERE {
            self.past.insert(id.clone(), site);
        }
        true
    }

    /// Lets every slot that speaks of a site speak of another one.
    fn repoint(&self, shared: &Shared, before: &Arc<Site>, after: &Arc<Site>) {
        for slot in shared.every_slot() {
            let Some(entry) = shared.cells.entry(slot).as_ref().map(Arc::clone) else {
                continue;
            };
            let is_before = |site: &Arc<Site>| Arc::ptr_eq(site, before);
            if !entry.holders.iter().chain(&entry.primary).any(is_before) {
                continue;
            }
            let other = |site: &Arc<Site>| Arc::clone(if is_before(site) { after } else { site });
            let holders = entry.holders.iter().map(other).collect();
            write(
                shared,
                slot,
                entry.epoch,
                entry.primary.as_ref().map(other),
                holders,
            );
        }
    }

    /// Writes the state of a slot, unless a higher epoch is known.
    pub(super) fn slot(&self, shared: &Shared, record: &SlotRecord) {
        let SlotRecord { slot, epoch, .. } = *record;
        if epoch > Word::MAX_EPOCH || !shared.has(slot) {
            tracing::warn!(target: "tower_muster_slots", %slot, %epoch, "a record is out of bounds");
            return;
        }
        if epoch < shared.cells.word(slot).epoch() {
            return;
        }
        let site = |id: &SiteId| self.members.get(id).map(|listed| Arc::clone(&listed.site));
        let primary = record.primary.as_ref().and_then(site);
        // Nearly always all of them are known, and it has the length that it needs.
        let mut holders = Vec::with_capacity(record.holders.len());
        holders.extend(record.holders.iter().filter_map(site));
        write(shared, slot, epoch, primary, holders.into());
    }

    /// Takes what is known of a slot away that a snapshot does not know, or knows less of.
    ///
    /// What stays is its epoch, and those of its holders who are members.
    pub(super) fn forget(&self, shared: &Shared, slot: Slot, record: Option<&SlotRecord>) {
        let Some(entry) = shared.cells.entry(slot).as_ref().map(Arc::clone) else {
            return;
        };
        let (mut primary, mut holders) = (None, Box::default());
        // A change that the snapshot has not seen yet, told by a site.
        if record.is_some() {
            primary = entry.primary().cloned();
            holders = entry.holders().cloned().collect();
        }
        let is_same = primary.is_some() == entry.primary.is_some();
        if !is_same || holders.len() != entry.holders.len() {
            write(shared, slot, entry.epoch, primary, holders);
        }
    }

    /// Writes what a site has told of a slot; whether that was new.
    pub(super) fn learn(
        &self,
        shared: &Shared,
        slot: Slot,
        epoch: Epoch,
        primary: Option<&SiteId>,
    ) -> bool {
        let known = shared.cells.word(slot);
        let primary = primary.and_then(|id| Some(Arc::clone(&self.members.get(id)?.site)));
        let names_one = known.primary() == Index::NONE && primary.is_some();
        let is_newer = epoch > known.epoch() || (epoch == known.epoch() && names_one);
        if !is_newer || epoch > Word::MAX_EPOCH || !shared.has(slot) {
            return false;
        }
        let entry = shared.cells.entry(slot);
        let before = entry.iter().flat_map(|entry| entry.holders().cloned());
        let mut holders: Vec<_> = before.collect();
        if let Some(primary) = &primary
            && !holders.iter().any(|holder| Arc::ptr_eq(holder, primary))
        {
            holders.insert(0, Arc::clone(primary));
        }
        write(shared, slot, epoch, primary, holders.into());
        true
    }

    fn publish(&self, shared: &Shared) {
        let number = shared.members.load().number + 1;
        let mut sites: Box<[_]> = self.members.values().cloned().collect();
        sites.sort_unstable_by(|one, two| one.site.id().cmp(two.site.id()));
        shared.members.store(Arc::new(Members::new(number, sites)));
        shared.number.store(number, Release);
        shared.listed.send_replace(number);
    }
}

/// Takes the slots away that are still with sites which have left, so that no reader has to look whether one has.
fn sweep(shared: &Shared) {
    for slot in shared.every_slot() {
        let word = shared.cells.word(slot);
        if shared
            .roll
            .get(word.primary())
            .is_some_and(|site| site.is_gone())
        {
            let entry = shared.cells.entry(slot);
            let holders = entry
                .iter()
                .flat_map(|entry| entry.holders().cloned())
                .collect();
            drop(entry);
            write(shared, slot, word.epoch(), None, holders);
        }
    }
}

fn write(
    shared: &Shared,
    slot: Slot,
    epoch: Epoch,
    primary: Option<Arc<Site>>,
    holders: Box<[Arc<Site>]>,
) {
    let index = primary.as_ref().map_or(Index::NONE, |site| site.index());
    let before = shared.cells.entry(slot);
    let entry = Entry::new(slot, epoch, primary, holders, before.as_deref());
    drop(before);
    shared
        .cells
        .write(slot, Word::new(epoch, index), Arc::new(entry));
    shared.waiting.wake(slot);
}
