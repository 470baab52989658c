//! Who holds what: slots and sites matched so that no slot and site would both rather have each other.
//!
//! Each slot asks the sites that cost it least, one after the other; a site at its capacity keeps those slots that it
//! costs least, and refuses the others (Gale and Shapley, 1962). Both sides go by the same cost, so there is only one
//! matching in which nobody is refused who should not be, and the order in which slots ask cannot change it.
//!
//! It is done first for the primaries, then for one further replica per rack, then for second ones of their racks.

mod picks;
mod squeeze;

use std::collections::BinaryHeap;

use self::picks::{Pick, Picks};
use super::{
    rows::{Candidate, Rows},
    score,
    share::Shares,
    sites::{Number, Sites},
};

/// The state of a matching.
#[derive(Debug)]
struct Matching<'a> {
    sites: &'a Sites,
    rows: &'a Rows,
    shares: &'a Shares,
    /// The first candidate of each slot, side by side.
    first: Vec<Option<Candidate>>,
    picks: Picks,
    /// How many slots each site still takes in this round.
    room: Vec<u32>,
    /// The slots that each site has taken in this round, the dearest on top.
    taken: Vec<BinaryHeap<(u64, u32)>>,
    is_plain: bool,
}

/// What a site answers to a slot that asks.
enum Answer {
    Kept,
    Refused,
    /// It keeps the slot instead of another.
    Instead(usize),
}

/// What a matching came to.
#[derive(Debug)]
pub(super) struct Matched {
    /// The sites of all slots, as many for each, round by round.
    pub(super) picked: Vec<Candidate>,
    /// Whether it follows from what pairs want alone.
    pub(super) is_plain: bool,
}

/// Matches slots and sites, if each slot gets one at least.
pub(super) fn matched(sites: &Sites, rows: &Rows, shares: &Shares) -> Matched {
    let each = shares.rounds.iter().sum();
    let mut matching = Matching {
        sites,
        rows,
        shares,
        first: (0..rows.len())
            .map(|slot| rows.of(slot).first().copied())
            .collect(),
        picks: Picks::new(rows.len(), each),
        room: Vec::new(),
        taken: vec![BinaryHeap::new(); sites.numbers()],
        is_plain: true,
    };
    matching.run();
    let picks = matching.picks.each_slot().flatten();
    Matched {
        picked: picks.map(|pick| pick.candidate).collect(),
        is_plain: matching.is_plain,
    }
}

impl Matching<'_> {
    fn run(&mut self) {
        self.round(1, self.shares.primaries.clone());
        let mut held = 0;
        for replicas in &self.shares.rounds {
            // The primaries are of the first round: no further replica of it is in the same rack.
            self.picks.settle(held);
            held += replicas;
            self.round(held, self.rest());
        }
    }

    /// What is left of each site's capacity.
    fn rest(&self) -> Vec<u32> {
        let mut rest = self.shares.held.clone();
        for pick in (0..self.rows.len()).flat_map(|slot| self.picks.of(slot)) {
            let rest = &mut rest[pick.candidate.site as usize];
            *rest = rest.saturating_sub(1);
        }
        rest
    }

    /// Gives every slot as many sites as are given, one of each rack in this round.
    ///
    /// A slot that nobody with room is left for goes without asking for it: a rack that is missed is worse than a
    /// site that holds one slot too many.
    fn round(&mut self, until: usize, room: Vec<u32>) {
        for (taken, room) in self.taken.iter_mut().zip(&room) {
            taken.clear();
            taken.reserve_exact(*room as usize);
        }
        self.room = room;
        let mut short = Vec::new();
        for slot in 0..self.rows.len() {
            let mut last = None;
            for _ in self.picks.of(slot).len()..until {
                // All before it have refused for good, or are not open for good.
                last = self.place(slot, last, &mut short);
            }
        }
        if !short.is_empty() {
            self.is_plain = false;
            self.squeeze(&mut short);
        }
        for slot in short {
            if let Some(pick) = self.next(slot, None) {
                self.picks.add(slot, pick);
            }
        }
    }

    /// Finds one more site for a slot, and for whichever slot loses one by that; returns the slot's own.
    fn place(
        &mut self,
        mut slot: usize,
        mut last: Option<Pick>,
        short: &mut Vec<usize>,
    ) -> Option<Pick> {
        let mut own = None;
        while let Some(pick) = self.next(slot, last) {
            match self.ask(slot, pick.candidate) {
                Answer::Kept => {
                    self.picks.add(slot, pick);
                    return own.or(Some(pick));
                }
                Answer::Refused => last = Some(pick),
                Answer::Instead(other) => {
                    self.picks.add(slot, pick);
                    own = own.or(Some(pick));
                    last = self.picks.lose(other, pick.candidate.site);
                    slot = other;
                }
            }
        }
        short.push(slot);
        own
    }

    /// Asks a site to take a slot.
    fn ask(&mut self, slot: usize, Candidate { cost, site, .. }: Candidate) -> Answer {
        let taken = &mut self.taken[site as usize];
        let own = (cost, slot as u32);
        if taken.len() < self.room[site as usize] as usize {
            taken.push(own);
            return Answer::Kept;
        }
        match taken.peek().is_some_and(|dearest| own < *dearest) {
            true => {
                let other = taken.pop().map_or(slot, |(_, other)| other as usize);
                taken.push(own);
                Answer::Instead(other)
            }
            false => Answer::Refused,
        }
    }

    /// The next site after the last one that may hold the slot beside those that do.
    fn next(&self, slot: usize, last: Option<Pick>) -> Option<Pick> {
        let picks = self.picks.of(slot);
        let first = self.first[slot].filter(|_| picks.is_empty() && last.is_none());
        if let Some(candidate) = first {
            return Some(Pick {
                candidate,
                place: 0,
            });
        }
        let row = self.rows.of(slot);
        let start = last.map_or(0, |pick| pick.place as usize + 1);
        for (candidate, place) in row.iter().zip(0..).skip(start) {
            if self.picks.is_open(picks, *candidate) {
                let candidate = *candidate;
                return Some(Pick { candidate, place });
            }
        }
        if row.len() == self.sites.len() {
            return None;
        }
        let last = last.filter(|pick| pick.place as usize >= row.len());
        self.beyond(
            slot,
            last.map(|pick| pick.candidate).or(row.last().copied()),
        )
    }

    /// The same among the sites that cost more than all that are kept.
    fn beyond(&self, slot: usize, last: Option<Candidate>) -> Option<Pick> {
        let (seed, picks) = (self.rows.seed(slot), self.picks.of(slot));
        let mut least: Option<Candidate> = None;
        for (site, entry) in self.sites.iter() {
            let candidate = entry.candidate(score::pair(seed, entry.hash), site);
            let is_next = last.is_none_or(|last| self.sites.precedes(last, candidate))
                && least.is_none_or(|least| self.sites.precedes(candidate, least));
            if is_next && self.picks.is_open(picks, candidate) {
                least = Some(candidate);
            }
        }
        let place = self.rows.of(slot).len() as u32;
        least.map(|candidate| Pick { candidate, place })
    }
}
