//! Which sites are to hold which slots.

mod error;
mod follow;
mod matching;
mod repair;
mod rows;
mod score;
mod share;
mod sites;

use std::fmt;

pub use self::error::AssignError;
use self::{
    repair::Outcome,
    rows::{Candidate, Rows},
    share::Shares,
    sites::Sites,
};
use crate::{
    group::{Group, Spread},
    hash,
    member::{Member, SiteId},
    slot::{Slot, SlotCount},
};

/// From how many sites on the last outcome is mended when one comes or goes.
///
/// Among few sites most of what is held moves, and it is as quick to do it anew: at 12 sites either took some 10 ms, at 3
/// mending took 10 to 60 ms where all of it took 10.
const MENDED_FROM: usize = 12;

/// Says which sites are to hold which slots: the same on every site, whatever came before.
///
/// It depends on the group's settings and on the sites' ids, racks and weights, and on nothing else: not on the order
/// in which sites joined, on the machine, on the version of this crate or on chance. A site has a score for each slot
/// (a weighted rendezvous hash), and a slot goes to the sites with the highest scores, with these exceptions:
///
/// - Of the sites of one rack only the highest counts, as the group's [`Spread`] says.
/// - A site is the first of no more than 1.149 times its share of the slots, by weight, and holds no more than 1.149
///   times its share of all replicas, or the next whole number. Where more would go to it, it keeps those with the highest scores, and
///   the others go to their next sites. When a rack would be missed for that, the rack goes before.
/// - As long as there are fewer sites than the group's [`min_sites`](Group::min_sites), nothing is assigned.
///
/// So a site that joins takes its share evenly from the others, and hardly anything else moves.
///
/// ```
/// use tower_muster_slots::{Assignment, Group, Member};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let group = Group::builder("counters").slots(512).replicas(2).build()?;
/// let sites = ["a", "b", "c"].map(|id| Member::new(id, "http://10.0.0.1:7000"));
/// let sites = sites.into_iter().collect::<Result<Vec<_>, _>>()?;
/// let before = Assignment::of(&group, sites)?;
///
/// let mut after = before.clone();
/// after.join(Member::new("d", "http://10.0.0.4:7000")?.weighted(0.5)?)?;
/// let d = "d".parse()?;
/// let moved = group.slots().slots().filter(|slot| after.sites(*slot).any(|id| *id == d)).count();
/// // A seventh of all replicas, or a little more.
/// assert!((130..=158).contains(&moved));
///
/// after.leave(&d)?;
/// assert_eq!(after.digest(), before.digest());
/// # Ok(())
/// # }
/// ```
///
/// # Memory
///
/// Some 30 candidates of 16 bytes are kept for each slot, or all sites if there are up to twice as many, and as much
/// again when many sites have come and gone: of 512 slots and 12 sites 200 kB; of 16,384 slots and 1,000 sites 9 to
/// 11 MB in the beginning and up to 25 MB after thousands of joins and leaves. A site of the group keeps one, so that
/// one that joins or leaves costs it little.
///
/// # Clone
///
/// A copy of its own, for what would be if: all candidates of all slots are copied.
#[derive(Clone)]
pub struct Assignment {
    rules: Rules,
    sites: Sites,
    rows: Rows,
    /// How many sites each slot has.
    each: usize,
    /// The sites of all slots, by number.
    chosen: Vec<sites::Number>,
    /// What the next join or leave begins from, if it can be mended.
    outcome: Option<Outcome>,
    /// From how many sites on there is such an outcome; it changes what is fast, and nothing else.
    mended_from: usize,
}

/// What of a group's settings the assignment asks for.
#[derive(Debug, Clone)]
struct Rules {
    slots: SlotCount,
    replicas: u16,
    min_sites: u32,
    spread: Spread,
}

impl Assignment {
    /// Assigns the slots of a group to sites.
    ///
    /// # Errors
    ///
    /// [`AssignError::Twice`] if two sites have one id.
    pub fn of(
        group: &Group,
        members: impl IntoIterator<Item = Member>,
    ) -> Result<Self, AssignError> {
        Self::hashed(group, members, hash::hash)
    }

    fn hashed(
        group: &Group,
        members: impl IntoIterator<Item = Member>,
        hash: fn(&[u8]) -> u64,
    ) -> Result<Self, AssignError> {
        let mut sites = Sites::new(group.spread(), hash);
        for member in members {
            let id = member.id().clone();
            sites.add(member).ok_or(AssignError::Twice { id })?;
        }
        let mut rows = Rows::new(group.slots(), group.replicas());
        rows.build(&sites);
        let mut assignment = Self {
            rules: Rules {
                slots: group.slots(),
                replicas: group.replicas(),
                min_sites: group.min_sites(),
                spread: group.spread().clone(),
            },
            sites,
            rows,
            each: 0,
            chosen: Vec::new(),
            outcome: None,
            mended_from: MENDED_FROM,
        };
        assignment.choose();
        Ok(assignment)
    }

    /// Takes in a site; the outcome is as if it had been there from the beginning.
    ///
    /// # Errors
    ///
    /// [`AssignError::Twice`] if there is a site of its id, in which case nothing changes. A site that is known by
    /// other properties leaves first.
    pub fn join(&mut self, member: Member) -> Result<(), AssignError> {
        let id = member.id().clone();
        let number = self.sites.add(member).ok_or(AssignError::Twice { id })?;
        if let Some(entry) = self.sites.get(number) {
            self.rows.insert(&self.sites, number, entry);
        }
        self.choose();
        Ok(())
    }

    /// Takes a site out, and returns it; the outcome is as if it had never been there.
    ///
    /// # Errors
    ///
    /// [`AssignError::Unknown`] if there is no site of this id.
    pub fn leave(&mut self, id: &SiteId) -> Result<Member, AssignError> {
        let left = self.sites.remove(id);
        let (number, entry) = left.ok_or_else(|| AssignError::Unknown { id: id.clone() })?;
        self.rows.remove(&self.sites, number, &entry);
        if let Some(outcome) = &mut self.outcome {
            outcome.forget(number);
        }
        self.choose();
        Ok(entry.member)
    }

    /// Returns the sites that are to hold a slot, the one to be its primary first.
    ///
    /// The others come in the order in which they are to take over. Empty while there are too few sites, and for a
    /// slot that the group does not have.
    pub fn sites(&self, slot: Slot) -> impl Iterator<Item = &SiteId> {
        let numbers = self.numbers(slot);
        numbers.iter().filter_map(|number| self.sites.id(*number))
    }

    /// Returns the slots that a site is to hold, from the lowest on, and whether it is to be their primary.
    pub fn slots_of(&self, id: &SiteId) -> impl Iterator<Item = (Slot, bool)> {
        let site = self.sites.number(id);
        let slots = self.rules.slots.slots();
        slots.filter_map(move |slot| {
            let place = self
                .numbers(slot)
                .iter()
                .position(|number| Some(*number) == site)?;
            Some((slot, place == 0))
        })
    }

    /// Returns a site's claim to a slot: of two that hold it, the one with the higher claim is to be primary.
    ///
    /// The top bit is set for the site that comes first in [`sites`](Self::sites); the others are the upper 63 bits of
    /// its score. Where claims are equal the lower id goes before. 0 for a site that is not one of these.
    #[must_use]
    pub fn claim(&self, slot: Slot, id: &SiteId) -> u64 {
        const FIRST: u64 = 1 << 63;
        let number = self.sites.number(id);
        let Some(entry) = number.and_then(|number| self.sites.get(number)) else {
            return 0;
        };
        let claim = score::claim(entry.cost(score::seed(slot)));
        match self.numbers(slot).first() == number.as_ref() {
            true => claim | FIRST,
            false => claim,
        }
    }

    /// Returns the sites in the order of their ids.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.sites.iter().map(|(_, entry)| &entry.member)
    }

    /// Returns a number that two assignments share if, and hardly ever unless, they assign the same.
    ///
    /// It stays the same from version to version, so that sites can compare what they believe.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let slots = self.rules.slots.slots();
        let ids = slots.flat_map(|slot| self.sites(slot).map(Some).chain([None]));
        ids.fold(0, |digest, id| {
            let id = id.map_or(0, |id| hash::hash(id.as_str().as_bytes()));
            hash::mix(digest ^ id).wrapping_add(hash::GOLDEN)
        })
    }

    fn numbers(&self, slot: Slot) -> &[sites::Number] {
        let start = slot.index() * self.each;
        self.chosen
            .get(start..start + self.each)
            .unwrap_or_default()
    }

    /// Mends what was chosen, or chooses anew.
    fn choose(&mut self) {
        let outcome = self.outcome.take();
        if (self.sites.len() as u64) < u64::from(self.rules.min_sites) {
            (self.each, self.chosen) = (0, Vec::new());
            return;
        }
        let shares = Shares::of(&self.rules, &self.sites);
        let outcome = outcome.filter(|_| self.sites.len() >= self.mended_from);
        if !outcome.is_some_and(|outcome| self.mend(outcome, &shares)) {
            self.choose_anew(&shares);
        }
    }

    fn mend(&mut self, mut outcome: Outcome, shares: &Shares) -> bool {
        let Some(changed) = outcome.mend(&self.sites, &self.rows, shares) else {
            return false;
        };
        let mut picks = Vec::with_capacity(self.each);
        for slot in changed {
            picks.clear();
            picks.extend(outcome.of_slot(slot));
            let chosen = &mut self.chosen[slot * self.each..][..self.each];
            put(&self.sites, &mut picks, chosen);
        }
        self.outcome = Some(outcome);
        true
    }

    fn choose_anew(&mut self, shares: &Shares) {
        self.each = shares.rounds.iter().sum();
        self.chosen = vec![0; self.each * self.rows.len()];
        if self.each == 0 {
            return;
        }
        let mut matched = matching::matched(&self.sites, &self.rows, shares);
        if matched.is_plain && self.sites.len() >= self.mended_from {
            for (slot, picks) in matched.picked.chunks(self.each).enumerate() {
                if !picks.iter().all(|pick| self.rows.keeps(slot, *pick)) {
                    self.rows.widen(slot, &self.sites);
                }
            }
            let outcome = Outcome::of(&self.sites, &self.rows, shares, &matched.picked);
            self.outcome = Some(outcome);
        }
        let picked = matched.picked.chunks_mut(self.each);
        for (picks, chosen) in picked.zip(self.chosen.chunks_mut(self.each)) {
            put(&self.sites, picks, chosen);
        }
    }
}

/// Writes a slot's sites down: the first one, and then the others in the order of their claims.
fn put(sites: &Sites, picks: &mut [Candidate], chosen: &mut [sites::Number]) {
    if let Some((_, others)) = picks.split_first_mut() {
        others.sort_by(|a, b| {
            let by_claim = score::claim(b.cost).cmp(&score::claim(a.cost));
            by_claim.then_with(|| sites.id(a.site).cmp(&sites.id(b.site)))
        });
    }
    for (chosen, pick) in chosen.iter_mut().zip(picks) {
        *chosen = pick.site;
    }
}

impl fmt::Debug for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assignment")
            .field("rules", &self.rules)
            .field("sites", &self.sites.len())
            .field("each", &self.each)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
