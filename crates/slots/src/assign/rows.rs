//! The sites that each slot is drawn to most, kept so that a newcomer is compared with few others.

use std::collections::BTreeSet;

use super::{
    score,
    sites::{Entry, Number, Sites},
};
use crate::slot::SlotCount;

/// How many candidates of each slot are kept, beside two per replica.
///
/// A slot that is refused by all of them keeps all sites instead. Of 16,384 slots and 1,000 sites, of equal weights and
/// of weights 1 to 4, none was with one replica or two, nor with three without racks; with three replicas in three
/// racks 8 and 6 were.
const KEPT: usize = 24;

/// For how many more candidates a full row makes room.
///
/// Rows are nearly all that an assignment keeps: room for as many again, as vectors take it, would double it.
const SPARE: usize = 4;

/// A site beside what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) cost: u64,
    pub(super) site: Number,
    pub(super) rack: u32,
}

/// For each slot all sites up to a cost, the least first; those of one cost by their ids.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    seeds: Vec<u64>,
    rows: Vec<Vec<Candidate>>,
    /// What costs more is not kept. It changes what is fast, and nothing else.
    bound: u64,
    /// How many candidates each row should have.
    wanted: usize,
    /// The slots that were refused by all up to the bound, and so keep all sites.
    wide: BTreeSet<u32>,
    /// How often rows were built or cut.
    version: u64,
}

impl Rows {
    pub(super) fn new(slots: SlotCount, replicas: u16) -> Self {
        Self {
            seeds: slots.slots().map(score::seed).collect(),
            rows: vec![Vec::new(); usize::from(slots.get())],
            bound: u64::MAX,
            wanted: KEPT + 2 * usize::from(replicas),
            wide: BTreeSet::new(),
            version: 0,
        }
    }

    /// How many slots there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The candidates of a slot.
    pub(super) fn of(&self, slot: usize) -> &[Candidate] {
        &self.rows[slot]
    }

    /// Changes whenever rows have been built or cut.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn seed(&self, slot: usize) -> u64 {
        self.seeds[slot]
    }

    /// Looks at every pair.
    pub(super) fn build(&mut self, sites: &Sites) {
        self.bound = self.fitting(sites);
        self.wide.clear();
        self.version += 1;
        let mut bars = Vec::with_capacity(sites.len());
        for (number, entry) in sites.iter() {
            let least = score::least_hash(self.bound, entry.weight);
            bars.push((entry.hash, least, number, entry));
        }
        let mut candidates = Vec::new();
        for (seed, row) in self.seeds.iter().zip(&mut self.rows) {
            for (hash, least, number, entry) in &bars {
                let pair = score::pair(*seed, *hash);
                if pair >= *least {
                    candidates.push(entry.candidate(pair, *number));
                }
            }
            // Sites come by their ids: a stable sort leaves those of one cost so.
            candidates.sort_by_key(|candidate| candidate.cost);
            // The old row goes first: there is never more than one of each.
            *row = Vec::new();
            row.reserve_exact(candidates.len());
            row.append(&mut candidates);
        }
    }

    /// Keeps another number of candidates.
    #[cfg(test)]
    pub(super) fn keep(&mut self, wanted: usize, sites: &Sites) {
        self.wanted = wanted;
        self.build(sites);
    }

    /// Keeps all sites for a slot, if it does not yet.
    pub(super) fn widen(&mut self, slot: usize, sites: &Sites) {
        let (seed, row) = (self.seeds[slot], &mut self.rows[slot]);
        if row.len() == sites.len() || !self.wide.insert(slot as u32) {
            return;
        }
        row.clear();
        for (number, entry) in sites.iter() {
            row.push(entry.candidate(score::pair(seed, entry.hash), number));
        }
        // As in `build`.
        row.sort_by_key(|candidate| candidate.cost);
    }

    /// Tells of all slots in whose rows a site is, or would be, and what they cost it.
    pub(super) fn of_site(&self, site: &Entry, mut tell: impl FnMut(u32, u64)) {
        let least = score::least_hash(self.bound, site.weight);
        for (slot, seed) in (0..).zip(&self.seeds) {
            let pair = score::pair(*seed, site.hash);
            if pair >= least {
                tell(slot, score::cost(pair, site.weight));
            }
        }
        for slot in &self.wide {
            let pair = score::pair(self.seeds[*slot as usize], site.hash);
            if pair < least {
                tell(*slot, score::cost(pair, site.weight));
            }
        }
    }

    /// Takes in a site that is among the sites already.
    pub(super) fn insert(&mut self, sites: &Sites, number: Number, entry: &Entry) {
        let mut slots = Vec::new();
        self.of_site(entry, |slot, cost| slots.push((slot, cost)));
        for (slot, cost) in slots {
            let row = &mut self.rows[slot as usize];
            let new = Candidate {
                cost,
                site: number,
                rack: entry.rack,
            };
            let place = row.partition_point(|other| sites.precedes(*other, new));
            if row.len() == row.capacity() {
                row.reserve_exact(SPARE);
            }
            row.insert(place, new);
        }
        self.trim(sites);
    }

    /// Takes out a site that is no longer among the sites.
    pub(super) fn remove(&mut self, sites: &Sites, number: Number, entry: &Entry) {
        let mut slots = Vec::new();
        self.of_site(entry, |slot, _| slots.push(slot));
        for slot in slots {
            let row = &mut self.rows[slot as usize];
            row.retain(|candidate| candidate.site != number);
        }
        if self.bound < u64::MAX && self.kept() < self.rows.len() * self.wanted / 2 {
            self.build(sites);
        }
    }

    /// Lets the dearest go when there are twice as many as are wanted.
    fn trim(&mut self, sites: &Sites) {
        if self.kept() > 2 * self.rows.len() * self.wanted {
            self.bound = self.fitting(sites).min(self.bound);
            self.wide.clear();
            self.version += 1;
            for row in &mut self.rows {
                let kept = row.partition_point(|candidate| candidate.cost <= self.bound);
                row.truncate(kept);
                row.shrink_to(kept + SPARE);
            }
        }
    }

    /// Whether a candidate would be in a slot's row.
    pub(super) fn keeps(&self, slot: usize, candidate: Candidate) -> bool {
        candidate.cost <= self.bound || self.wide.contains(&(slot as u32))
    }

    fn kept(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }

    /// The bound that about as many sites as are wanted do not pass.
    fn fitting(&self, sites: &Sites) -> u64 {
        if sites.len() <= 2 * self.wanted {
            return u64::MAX;
        }
        let weights: u128 = sites
            .iter()
            .map(|(_, entry)| u128::from(entry.weight))
            .sum();
        // 1 / ln 2, since costs are exponential to the base of 2; weights are in thousandths.
        let bound = ((self.wanted as u128) << score::POINT) * 1_443 / weights.max(1);
        u64::try_from(bound).unwrap_or(u64::MAX)
    }
}
