//! Who holds whom in one round.

use super::{Candidate, Number, Sites};

/// A slot beside what it costs a site.
pub(super) type Taken = (u64, u32);

/// The sites of slots and the slots of sites in one round.
#[derive(Debug, Clone)]
pub(super) struct Round {
    /// How many sites each slot gets.
    size: usize,
    /// The sites of all slots, those of one by their cost.
    picks: Vec<Candidate>,
    /// How many each slot has.
    lengths: Vec<u32>,
    /// The slots of each site, the least cost first.
    taken: Vec<Vec<Taken>>,
    room: Vec<u32>,
}

impl Round {
    /// Takes over the sites of all slots.
    pub(super) fn of<'a>(
        size: usize,
        all: impl Iterator<Item = &'a [Candidate]>,
        room: Vec<u32>,
        sites: &Sites,
    ) -> Self {
        let mut round = Self {
            size,
            picks: Vec::new(),
            lengths: Vec::new(),
            taken: room.iter().map(|_| Vec::new()).collect(),
            room,
        };
        for (slot, picks) in (0..).zip(all) {
            let start = round.picks.len();
            round.picks.extend(picks);
            round.picks[start..].sort_by(|a, b| sites.compare(*a, *b));
            round.lengths.push(size as u32);
            for pick in picks {
                round.taken[pick.site as usize].push((pick.cost, slot));
            }
        }
        for taken in &mut round.taken {
            taken.sort_unstable();
        }
        round
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// How many slots a site has.
    pub(super) fn load(&self, site: Number) -> u32 {
        self.taken[site as usize].len() as u32
    }

    /// A slot's sites.
    pub(super) fn of_slot(&self, slot: usize) -> &[Candidate] {
        let start = slot * self.size;
        &self.picks[start..start + self.lengths[slot] as usize]
    }

    /// Whether a slot has all the sites that it should.
    pub(super) fn is_full(&self, slot: usize) -> bool {
        self.lengths[slot] as usize == self.size
    }

    /// Makes room for so many sites, which hold nothing yet.
    pub(super) fn fit(&mut self, sites: usize) {
        self.taken.resize_with(sites, Vec::new);
        self.room.resize(sites, 0);
    }

    /// Gives a site another capacity; returns the slots that are too many.
    pub(super) fn resize(&mut self, site: Number, room: u32) -> Vec<Taken> {
        let index = site as usize;
        self.room[index] = room;
        let taken = &mut self.taken[index];
        taken.split_off(taken.len().min(room as usize))
    }

    pub(super) fn room(&self, site: Number) -> u32 {
        self.room[site as usize]
    }

    /// The dearest slot of a site, and whether there is room for more.
    pub(super) fn dearest(&self, site: Number) -> (Option<Taken>, bool) {
        let last = self.taken[site as usize].last();
        (last.copied(), self.load(site) < self.room(site))
    }

    /// Whether a site has room for a slot, or a dearer one to refuse.
    #[inline]
    pub(super) fn has_room(&self, slot: usize, candidate: Candidate) -> bool {
        let taken = &self.taken[candidate.site as usize];
        match taken.len() < self.room[candidate.site as usize] as usize {
            true => true,
            false => taken
                .last()
                .is_some_and(|last| (candidate.cost, slot as u32) < *last),
        }
    }

    /// Whether a slot has all its sites among those that cost less.
    #[inline]
    pub(super) fn is_content(&self, slot: usize, candidate: Candidate, sites: &Sites) -> bool {
        let last = self.of_slot(slot).last().filter(|_| self.is_full(slot));
        match last {
            Some(last) => !sites.precedes(candidate, *last),
            None => self.size == 0,
        }
    }

    /// Whether a site costs a slot less than one of its own, or it lacks one, and none of the site's rack costs less.
    #[inline]
    pub(super) fn would_take(&self, slot: usize, candidate: Candidate, sites: &Sites) -> bool {
        let bars = |pick: &Candidate| {
            pick.site == candidate.site
                || (pick.rack == candidate.rack && sites.precedes(*pick, candidate))
        };
        !self.is_content(slot, candidate, sites) && !self.of_slot(slot).iter().any(bars)
    }

    /// Lets a site take a slot; returns the one that it refuses for that.
    pub(super) fn take(&mut self, slot: usize, candidate: Candidate) -> Option<Taken> {
        let taken = &mut self.taken[candidate.site as usize];
        let new = (candidate.cost, slot as u32);
        taken.insert(taken.partition_point(|other| *other < new), new);
        match taken.len() > self.room[candidate.site as usize] as usize {
            true => taken.pop(),
            false => None,
        }
    }

    /// Lets a slot pick a site; returns the one that it leaves for that.
    pub(super) fn pick(&mut self, slot: usize, new: Candidate, sites: &Sites) -> Option<Candidate> {
        let same_rack = |pick: &&Candidate| pick.rack == new.rack;
        let picks = self.of_slot(slot);
        let last = picks.last().filter(|_| self.is_full(slot));
        let displaced = picks.iter().find(same_rack).or(last).copied();
        if let Some(displaced) = displaced {
            self.drop_pick(slot, displaced.site);
        }
        let picks = self.of_slot(slot);
        let place = picks.partition_point(|pick| sites.precedes(*pick, new));
        let (start, length) = (slot * self.size, picks.len());
        self.lengths[slot] += 1;
        self.picks[start + length] = new;
        self.picks[start + place..=start + length].rotate_right(1);
        displaced
    }

    /// Takes a site away from a slot.
    pub(super) fn drop_pick(&mut self, slot: usize, site: Number) {
        let picks = self.of_slot(slot);
        if let Some(place) = picks.iter().position(|pick| pick.site == site) {
            let (start, length) = (slot * self.size, picks.len());
            self.picks[start + place..start + length].rotate_left(1);
            self.lengths[slot] -= 1;
        }
    }

    /// Takes a slot away from a site.
    pub(super) fn drop_taken(&mut self, slot: usize, candidate: Candidate) {
        let taken = &mut self.taken[candidate.site as usize];
        if let Ok(place) = taken.binary_search(&(candidate.cost, slot as u32)) {
            taken.remove(place);
        }
    }
}
