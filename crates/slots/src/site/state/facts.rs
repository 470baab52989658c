//! Gathers what the choice about one slot is made from.

use std::time::Duration;

use super::{Effect, State};
use crate::{
    Epoch, Role, SiteId, Slot,
    site::step::{self, Aim, Data, Facts, Lead},
};

impl State {
    pub(super) fn facts(&self, slot: Slot, now: Duration) -> Option<Facts> {
        let local = self.locals.get(slot.index())?;
        let seen = self.view.slot(slot)?;
        let me = &self.rules.me;
        let holders = seen.holders();
        let is_listed = holders.contains(me);
        let lead = match seen.primary() {
            None => Lead::Nobody,
            Some(site) if site == me => Lead::Me,
            Some(_) => Lead::Other,
        };
        let target = self.targets.as_ref().and_then(|targets| targets.of(slot));
        let first = target.and_then(|target| target.first.as_ref());
        let ready = holders.first();
        // Of a record that is older than what was seen, a lost change is the reason: the claim is made again.
        let claimed = local.claimed.filter(|_| !seen.is_outdated());
        let is_copied = local.copied.is_some_and(|copied| copied >= seen.highest());
        Some(Facts {
            is_member: self.is_member(),
            data: local.data,
            is_listed,
            is_behind: !is_listed && lead == Lead::Other && !is_copied,
            lead,
            epoch: seen.highest(),
            told: local.told,
            lost: local.lost,
            others: holders.len() - usize::from(is_listed),
            needed: self.rules.replicas.min(self.others).max(1),
            aim: self.aim(target.map(|target| target.aim), local.claimed),
            claimed,
            is_awaited: ready.is_some_and(|site| Some(site) == first && site != me),
            ask: local.ask,
            is_held_back: self.held_back.is_some(),
            rests: local.calls.rests(now),
            recovers: local.handling.rests(now),
        })
    }

    /// A site that leaves wants nothing, also where too few are left for an assignment.
    fn aim(&self, aim: Option<Aim>, claimed: Option<u64>) -> Option<Aim> {
        let claim = claimed.unwrap_or_default();
        let leaving = Aim {
            claim,
            ..Aim::default()
        };
        if self.is_leaving { Some(leaving) } else { aim }
    }

    /// Shows what the site may act as, to those who serve requests; before anything else is done about the slot.
    pub(super) fn show(&mut self, slot: Slot, facts: &Facts) {
        let is_secondary =
            facts.is_member && facts.data == Data::Ready && facts.is_listed && facts.told.is_some();
        let role = match step::acts(facts) {
            true => Some(Role::Primary),
            false => is_secondary.then_some(Role::Secondary),
        };
        let shown = (role, facts.epoch);
        if let Some(local) = self.locals.get_mut(slot.index())
            && std::mem::replace(&mut local.shown, shown) != shown
        {
            self.effects.push(Effect::Show(slot, role, facts.epoch));
        }
    }

    /// Who holds a slot, and its epoch: what the application is given to copy it from.
    pub(crate) fn route(&self, slot: Slot) -> (Epoch, Option<&SiteId>, &[SiteId]) {
        match self.view.slot(slot) {
            Some(seen) => (seen.highest(), seen.primary(), seen.holders()),
            None => (Epoch::NONE, None, &[]),
        }
    }

    /// Under which epoch what is still here of a slot was the whole of it.
    pub(crate) fn last_held(&self, slot: Slot) -> Option<Epoch> {
        self.locals.get(slot.index())?.last_held
    }

    /// Whoever is a holder is told of what is written; what it copied to become one says nothing any more.
    pub(super) fn keep(&mut self, slot: Slot, facts: &Facts) {
        if facts.is_listed
            && facts.data == Data::Ready
            && let Some(local) = self.locals.get_mut(slot.index())
        {
            (local.last_held, local.copied) = (Some(facts.epoch), None);
        }
    }
}
