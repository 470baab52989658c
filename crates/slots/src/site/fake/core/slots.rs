//! What changes one slot.

use super::{super::rules, Core, Line};
use crate::{
    Epoch, SiteId, Slot,
    record::{Event, SlotRecord},
    store::{Removal, Session, StoreError},
};

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
        let group = self.enter(id, session)?;
        let before = group.slots.get(&slot).cloned().unwrap_or_default();
        let mut line = before.clone();
        let is_behind = rules::is_behind(line.epoch, floor.number(), copied.number());
        if line.primary.is_some() && !line.holds(id) && is_behind {
            return Ok(line.record(slot));
        }
        line.holders.retain(|(_, holder)| holder != id);
        line.holders.push((claim, id.clone()));
        line.holders
            .sort_by(|(a, ida), (b, idb)| b.cmp(a).then_with(|| ida.cmp(idb)));
        if rules::shows_loss(line.epoch, floor.number()) {
            group.hold = now + group.timeout();
            line.primary = None;
        }
        let primary = line.primary.clone().or_else(|| group.elect(&line, now));
        line.give(primary, now, floor.number());
        self.change(slot, line, &before, Event::Added, id)
    }

    pub(crate) fn remove(
        &mut self,
        now: u64,
        (id, session): (&SiteId, &Session),
        slot: Slot,
        floor: Epoch,
    ) -> Result<Removal, StoreError> {
        let group = self.enter(id, session)?;
        let before = group.slots.get(&slot).cloned().unwrap_or_default();
        let stays = |holder: &SiteId| group.sites.get(holder).is_some_and(|site| !site.leaving);
        let others = before
            .holders
            .iter()
            .filter(|(_, it)| it != id && stays(it))
            .count();
        let staying = group
            .sites
            .iter()
            .filter(|(it, site)| *it != id && !site.leaving)
            .count();
        let needed = usize::from(group.settings.replicas()).min(staying).max(1);
        let (others, needed) = (others as u32, needed as u32);
        if before.holds(id) && others < needed {
            return Ok(Removal::Kept { others, needed });
        }
        self.take_off(now, id, slot, floor, Event::Removed)
            .map(Removal::Removed)
    }

    pub(crate) fn fail(
        &mut self,
        now: u64,
        (id, session): (&SiteId, &Session),
        slot: Slot,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        self.enter(id, session)?;
        self.take_off(now, id, slot, floor, Event::Failed)
    }

    pub(crate) fn hand_over(
        &mut self,
        now: u64,
        (id, session): (&SiteId, &Session),
        slot: Slot,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let group = self.enter(id, session)?;
        let before = group.slots.get(&slot).cloned().unwrap_or_default();
        let mut line = before.clone();
        if line.primary.as_ref() == Some(id)
            && !rules::is_late(line.epoch, floor.number())
            && let Some(next) = group.elect(&line, now)
        {
            line.give(Some(next), now, floor.number());
        }
        self.change(slot, line, &before, Event::HandedOver, id)
    }

    fn take_off(
        &mut self,
        now: u64,
        id: &SiteId,
        slot: Slot,
        floor: Epoch,
        event: Event,
    ) -> Result<SlotRecord, StoreError> {
        let group = self.group.as_mut().ok_or(StoreError::Stranger)?;
        let before = group.slots.get(&slot).cloned().unwrap_or_default();
        let mut line = before.clone();
        if rules::shows_loss(line.epoch, floor.number()) {
            group.hold = now + group.timeout();
            line.give(None, now, floor.number());
        }
        if line.holds(id) && !rules::is_late(line.epoch, floor.number()) {
            line.holders.retain(|(_, holder)| holder != id);
            let is_primary = line.primary.as_ref() == Some(id);
            let primary = if is_primary {
                group.elect(&line, now)
            } else {
                line.primary.clone()
            };
            line.give(primary, now, floor.number());
        }
        self.change(slot, line, &before, event, id)
    }

    fn change(
        &mut self,
        slot: Slot,
        line: Line,
        before: &Line,
        event: Event,
        id: &SiteId,
    ) -> Result<SlotRecord, StoreError> {
        let group = self.group.as_mut().ok_or(StoreError::Stranger)?;
        let record = line.record(slot);
        if line != *before {
            group.put(slot, line);
            self.notices
                .push(group.notice(event, Some(id), None, vec![record.clone()]));
        }
        Ok(record)
    }
}
