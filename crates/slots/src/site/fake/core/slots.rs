//! What changes one slot.

use super::{super::rules, Core, Data, Line};
use crate::{
    Epoch, SiteId, Slot,
    record::{Event, SlotRecord},
    store::{Removal, Session, StoreError},
};

/// A slot that a call is about.
struct Open {
    slot: Slot,
    before: Line,
    line: Line,
    /// The site has seen a higher epoch of it than there is.
    is_mended: bool,
}

impl Core {
    pub(crate) fn add(
        &mut self,
        now: u64,
        (id, session): (&SiteId, &Session),
        slot: Slot,
        claim: u64,
        floor: Epoch,
        copied: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let (group, mut open) = self.open(now, (id, session), slot, floor)?;
        let line = &mut open.line;
        let lacks = rules::is_behind(line.epoch, floor.number(), copied.number());
        if line.primary.is_some() && !line.holds(id) && lacks {
            return Ok(line.record(slot));
        }
        line.take(id);
        line.holders.push((claim, id.clone()));
        line.holders
            .sort_by(|(a, ida), (b, idb)| b.cmp(a).then_with(|| ida.cmp(idb)));
        if line.primary.is_none() {
            group.lead(line, now);
        }
        Ok(self.change(&open, Event::Added, Some(id)))
    }

    pub(crate) fn remove(
        &mut self,
        now: u64,
        (id, session): (&SiteId, &Session),
        slot: Slot,
        floor: Epoch,
    ) -> Result<Removal, StoreError> {
        let (group, mut open) = self.open(now, (id, session), slot, floor)?;
        if open.is_mended {
            let is_held = open.line.holds(id);
            let record = self.change(&open, Event::Settled, None);
            return Ok(match is_held {
                true => Removal::Overtaken(record),
                false => Removal::Removed(record),
            });
        }
        if !open.line.holds(id) {
            return Ok(Removal::Removed(open.line.record(slot)));
        }
        if rules::is_late(open.line.epoch, floor.number()) {
            return Ok(Removal::Overtaken(open.line.record(slot)));
        }
        let (others, needed) = group.others(&open.line, id);
        if others < needed {
            return Ok(Removal::Kept { others, needed });
        }
        group.take_off(&mut open.line, id, now);
        let record = self.change(&open, Event::Removed, Some(id));
        Ok(Removal::Removed(record))
    }

    pub(crate) fn fail(
        &mut self,
        now: u64,
        (id, session): (&SiteId, &Session),
        slot: Slot,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let (group, mut open) = self.open(now, (id, session), slot, floor)?;
        if open.is_mended {
            return Ok(self.change(&open, Event::Settled, None));
        }
        if open.line.holds(id) && !rules::is_late(open.line.epoch, floor.number()) {
            group.take_off(&mut open.line, id, now);
        }
        Ok(self.change(&open, Event::Failed, Some(id)))
    }

    pub(crate) fn hand_over(
        &mut self,
        now: u64,
        (id, session): (&SiteId, &Session),
        slot: Slot,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let (group, mut open) = self.open(now, (id, session), slot, floor)?;
        if open.is_mended {
            return Ok(self.change(&open, Event::Settled, None));
        }
        let line = &mut open.line;
        if line.primary.as_ref() == Some(id) && !rules::is_late(line.epoch, floor.number()) {
            // It asks, so it is there, however long ago its last heartbeat was.
            let rank = |holder: &SiteId| match group.rank(holder, now) {
                1 if holder == id => 0,
                rank => rank,
            };
            let next = group.elect(line, now, rank);
            if let Some(next) = next.filter(|next| rank(next) == 0) {
                line.give(Some(next), now);
            }
        }
        Ok(self.change(&open, Event::HandedOver, Some(id)))
    }

    /// The slot, mended if changes of it were lost: nobody is primary of it then, and of no slot is one made for a
    /// timeout.
    fn open(
        &mut self,
        now: u64,
        (id, session): (&SiteId, &Session),
        slot: Slot,
        floor: Epoch,
    ) -> Result<(&mut Data, Open), StoreError> {
        let group = self.enter(id, session)?;
        let before = group.slots.get(&slot).cloned().unwrap_or_default();
        let mut line = before.clone();
        let is_mended = rules::shows_loss(line.epoch, floor.number());
        if is_mended {
            line.primary = None;
            line.epoch = rules::next_epoch(line.epoch, now, floor.number());
            (group.hold, group.is_pending) = (now + group.timeout(), true);
        }
        let open = Open {
            slot,
            before,
            line,
            is_mended,
        };
        Ok((group, open))
    }

    fn change(&mut self, open: &Open, event: Event, id: Option<&SiteId>) -> SlotRecord {
        let record = open.line.record(open.slot);
        let group = self.group.as_mut().filter(|_| open.line != open.before);
        if let Some(group) = group {
            group.is_pending |= open.line.lacks_primary();
            group.slots.insert(open.slot, open.line.clone());
            self.notices
                .push(group.notice(event, id, None, vec![record.clone()]));
        }
        record
    }
}

impl Data {
    /// How many others hold a slot who stay, and how many have to.
    fn others(&self, line: &Line, id: &SiteId) -> (u32, u32) {
        let stays = |site: &SiteId| site != id && self.rank(site, 0) < 2;
        let holders = line.holders.iter().map(|(_, holder)| holder);
        let others = holders.filter(|holder| stays(holder)).count();
        let staying = self.sites.keys().filter(|site| stays(site)).count();
        let needed = usize::from(self.settings.replicas()).min(staying).max(1);
        (others as u32, needed as u32)
    }

    fn take_off(&self, line: &mut Line, id: &SiteId, now: u64) {
        line.take(id);
        if line.primary.as_ref() == Some(id) {
            self.lead(line, now);
        }
    }
}
