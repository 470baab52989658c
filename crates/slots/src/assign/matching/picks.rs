//! The sites that slots have been given so far.

use super::{Candidate, Number};

/// A site that holds a slot, or would.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pick {
    pub(super) candidate: Candidate,
    /// Its place among the slot's candidates.
    pub(super) place: u32,
}

/// The sites of every slot: those of rounds before, and then those of this one.
#[derive(Debug)]
pub(super) struct Picks {
    all: Vec<Pick>,
    /// How many each slot has.
    lengths: Vec<u32>,
    /// How many each slot has room for.
    each: usize,
    /// How many of each slot are of rounds before.
    settled: usize,
}

impl Picks {
    pub(super) fn new(slots: usize, each: usize) -> Self {
        let candidate = Candidate {
            cost: 0,
            site: 0,
            rack: 0,
        };
        let nobody = Pick {
            candidate,
            place: 0,
        };
        Self {
            all: vec![nobody; slots * each],
            lengths: vec![0; slots],
            each,
            settled: 0,
        }
    }

    /// Begins a round: racks are free again of what was picked before.
    pub(super) fn settle(&mut self, picked: usize) {
        self.settled = picked;
    }

    pub(super) fn of(&self, slot: usize) -> &[Pick] {
        let start = slot * self.each;
        &self.all[start..start + self.lengths[slot] as usize]
    }

    /// A slot's picks that cannot be changed in this round (those before, and the primary), and the others.
    pub(super) fn parts(&self, slot: usize) -> (&[Pick], &[Pick]) {
        let picks = self.of(slot);
        picks.split_at(self.settled.max(1).min(picks.len()))
    }

    /// Whether a site does not hold the slot of these picks yet, nor another of its rack in this round.
    #[inline]
    pub(super) fn is_open(&self, picks: &[Pick], site: Candidate) -> bool {
        let (before, now) = picks.split_at(self.settled.min(picks.len()));
        let same_site = |pick: &Pick| pick.candidate.site == site.site;
        !now.iter().any(|pick| pick.candidate.rack == site.rack) && !before.iter().any(same_site)
    }

    pub(super) fn add(&mut self, slot: usize, pick: Pick) {
        let length = &mut self.lengths[slot];
        self.all[slot * self.each + *length as usize] = pick;
        *length += 1;
    }

    /// Takes a site away from a slot.
    pub(super) fn lose(&mut self, slot: usize, site: Number) -> Option<Pick> {
        let of_site = |pick: &Pick| pick.candidate.site == site;
        let lost = slot * self.each + self.of(slot).iter().rposition(of_site)?;
        self.lengths[slot] -= 1;
        let end = slot * self.each + self.lengths[slot] as usize;
        self.all.swap(lost, end);
        Some(self.all[end])
    }

    /// The picks of one slot after the other, when every slot has all of them.
    pub(super) fn each_slot(&self) -> impl Iterator<Item = &[Pick]> {
        self.all.chunks(self.each)
    }
}
