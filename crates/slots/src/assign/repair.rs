//! The last outcome, mended when a site comes or goes.
//!
//! The matching of a round is the only one in which no slot and site would both rather have each other. So it does not
//! matter where one begins: every pair that would is looked for where something changed, and joined, the least cost
//! first; whom that displaces looks for another, which costs more. What depends on the order (slots for which nobody
//! has room, sites beyond those that are kept) is not mended but done anew.

mod columns;
mod event;
mod round;

use self::{
    columns::Columns,
    event::Events,
    round::{Round, Taken},
};
use super::{
    rows::{Candidate, Rows},
    share::Shares,
    sites::{Number, Sites},
};

/// What is known of the last outcome.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    /// One for the primaries, and one for each round of further replicas.
    rounds: Vec<Round>,
    columns: Columns,
    /// How often it has been mended.
    #[cfg(test)]
    pub(super) mended: usize,
}

/// The repair of one round.
struct Repair<'a> {
    sites: &'a Sites,
    rows: &'a Rows,
    columns: &'a mut Columns,
    /// The rounds before.
    before: &'a [Round],
    round: &'a mut Round,
    events: Events,
    /// The slots whose sites are others now, in this round or before.
    changed: Vec<usize>,
}

impl Outcome {
    /// Takes over what a whole run came to: for each slot its sites, in the order of rounds.
    pub(super) fn of(sites: &Sites, rows: &Rows, shares: &Shares, picked: &[Candidate]) -> Self {
        let each: usize = shares.rounds.iter().sum();
        let (mut rounds, mut start) = (Vec::new(), 0);
        for size in sizes(shares) {
            let picks = picked.chunks(each).map(|all| &all[start..start + size]);
            rounds.push(Round::of(size, picks, room(&rounds, shares), sites));
            start += size;
        }
        let columns = Columns::new(sites.numbers(), rows.version());
        Self {
            rounds,
            columns,
            #[cfg(test)]
            mended: 0,
        }
    }

    /// Forgets what it costs to be at a site that has left.
    pub(super) fn forget(&mut self, site: Number) {
        self.columns.forget(site);
    }

    /// Mends the outcome for these sites and shares; says which slots changed, or `None` if it must be done anew.
    pub(super) fn mend(
        &mut self,
        sites: &Sites,
        rows: &Rows,
        shares: &Shares,
    ) -> Option<Vec<usize>> {
        let alike = sizes(shares).eq(self.rounds.iter().map(Round::size));
        if !alike || !self.columns.fit(sites.numbers(), rows.version()) {
            return None;
        }
        let mut changed = Vec::new();
        for index in 0..self.rounds.len() {
            let (before, rest) = self.rounds.split_at_mut(index);
            let room = room(before, shares);
            let mut repair = Repair {
                sites,
                rows,
                columns: &mut self.columns,
                before,
                round: rest.first_mut()?,
                events: Events::default(),
                changed,
            };
            repair.begin(&room);
            repair.run();
            changed = repair.changed;
            changed.sort_unstable();
            changed.dedup();
            let round = &self.rounds[index];
            if !changed.iter().all(|slot| round.is_full(*slot)) {
                return None;
            }
        }
        #[cfg(test)]
        {
            self.mended += 1;
        }
        Some(changed)
    }

    /// A slot's sites in the order of rounds.
    pub(super) fn of_slot(&self, slot: usize) -> impl Iterator<Item = Candidate> {
        let rounds = self.rounds.iter();
        rounds.flat_map(move |round| round.of_slot(slot).iter().copied())
    }
}

impl Repair<'_> {
    /// Gives sites the room that they have now, and looks at slots that changed in the rounds before.
    fn begin(&mut self, room: &[u32]) {
        self.round.fit(room.len());
        for (site, room) in (0..).zip(room) {
            let (last, had_room) = self.round.dearest(site);
            let grows = *room > self.round.room(site);
            for (cost, slot) in self.round.resize(site, *room) {
                self.lost(slot as usize, site, cost);
            }
            if grows && !had_room {
                self.seek_slot_after(site, last);
            }
        }
        for slot in self.changed.clone() {
            let picks: Vec<_> = self.round.of_slot(slot).to_vec();
            for pick in picks {
                if !self.is_open(slot, pick) {
                    self.part(slot, pick);
                }
            }
            self.seek_site(slot, 0);
        }
    }

    /// Joins pairs as long as there are some that would rather have each other.
    fn run(&mut self) {
        while let Some(event) = self.events.pop() {
            let (slot, place) = (event.slot as usize, event.place as usize);
            let candidate = self.rows.of(slot)[place];
            if self.would_take(slot, candidate) && self.round.has_room(slot, candidate) {
                self.join(slot, candidate);
            }
            match event.column {
                Some(index) => self.seek_slot(candidate.site, index as usize + 1),
                None => self.seek_site(slot, place + 1),
            }
        }
    }

    fn join(&mut self, slot: usize, candidate: Candidate) {
        self.changed.push(slot);
        if let Some((cost, other)) = self.round.take(slot, candidate) {
            self.lost(other as usize, candidate.site, cost);
        }
        if let Some(displaced) = self.round.pick(slot, candidate, self.sites) {
            self.freed(slot, displaced);
        }
    }

    /// A site no longer holds a slot: the slot looks for another.
    fn lost(&mut self, slot: usize, site: Number, cost: u64) {
        self.changed.push(slot);
        self.round.drop_pick(slot, site);
        let row = self.rows.of(slot);
        self.seek_site(slot, row.partition_point(|other| other.cost < cost));
    }

    /// A slot no longer holds to a site: the site looks for another.
    fn freed(&mut self, slot: usize, candidate: Candidate) {
        let (last, had_room) = self.round.dearest(candidate.site);
        self.round.drop_taken(slot, candidate);
        if !had_room {
            self.seek_slot_after(candidate.site, last);
        }
    }

    /// Neither has the other any more.
    fn part(&mut self, slot: usize, pick: Candidate) {
        self.round.drop_pick(slot, pick.site);
        self.freed(slot, pick);
    }

    /// Notes the next site for which both would rather have each other.
    fn seek_site(&mut self, slot: usize, from: usize) {
        let row = self.rows.of(slot);
        for (place, candidate) in row.iter().enumerate().skip(from) {
            if self.round.is_content(slot, *candidate, self.sites) {
                return;
            }
            if self.round.has_room(slot, *candidate) && self.would_take(slot, *candidate) {
                return self.events.push(candidate.cost, slot, place, None);
            }
        }
    }

    /// A site that was full has room: only slots that cost more than all it had can be new to it.
    fn seek_slot_after(&mut self, site: Number, last: Option<Taken>) {
        let column = self.columns.of(site, self.sites, self.rows);
        let from = column.partition_point(|other| Some(*other) <= last);
        self.seek_slot(site, from);
    }

    /// Notes the next slot for which both would rather have each other.
    fn seek_slot(&mut self, site: Number, from: usize) {
        let Some(entry) = self.sites.get(site) else {
            return;
        };
        let length = self.columns.of(site, self.sites, self.rows).len();
        for index in from..length {
            let (cost, slot) = self.columns.of(site, self.sites, self.rows)[index];
            let (slot, rack) = (slot as usize, entry.rack);
            let candidate = Candidate { cost, site, rack };
            if !self.round.has_room(slot, candidate) {
                return;
            }
            if self.would_take(slot, candidate) {
                let row = self.rows.of(slot);
                let first = row.partition_point(|other| other.cost < cost);
                let place = row[first..].iter().position(|other| other.site == site);
                let place = first + place.unwrap_or_default();
                return self.events.push(cost, slot, place, Some(index as u32));
            }
        }
    }

    /// Whether a slot has fewer better sites than it should, none of the same rack.
    fn would_take(&self, slot: usize, candidate: Candidate) -> bool {
        self.round.would_take(slot, candidate, self.sites) && self.is_open(slot, candidate)
    }

    /// Whether a site may hold a slot beside those of the rounds before.
    fn is_open(&self, slot: usize, candidate: Candidate) -> bool {
        let mut before = self.before.iter().flat_map(|round| round.of_slot(slot));
        match self.before.len() {
            // The primary counts as one of the first round of further replicas.
            1 => !before.any(|pick| pick.rack == candidate.rack),
            _ => !before.any(|pick| pick.site == candidate.site),
        }
    }
}

/// How many sites each slot gets in each round.
fn sizes(shares: &Shares) -> impl Iterator<Item = usize> {
    let first = shares.rounds.first().map(|first| first - 1);
    let further = shares.rounds.iter().skip(1).copied();
    [1].into_iter().chain(first).chain(further)
}

/// What is left of the capacities after the rounds before.
fn room(before: &[Round], shares: &Shares) -> Vec<u32> {
    if before.is_empty() {
        return shares.primaries.clone();
    }
    let left = |(site, held): (Number, &u32)| {
        let taken = before.iter().map(|round| round.load(site));
        held.saturating_sub(taken.sum())
    };
    (0..).zip(&shares.held).map(left).collect()
}
