//! The sites that slots are assigned to.

use std::{cmp::Ordering, collections::BTreeMap};

use super::{rows::Candidate, score};
use crate::{
    group::Spread,
    member::{Member, SiteId},
};

/// A site's number within one assignment; numbers of sites that left are given again.
pub(super) type Number = u32;

/// The sites, by number and by id.
#[derive(Debug, Clone)]
pub(super) struct Sites {
    entries: Vec<Option<Entry>>,
    by_id: BTreeMap<SiteId, Number>,
    free: Vec<Number>,
    /// Racks by datacenter and name; none if they do not matter.
    racks: Option<BTreeMap<Place, u32>>,
    /// The hash of an id; tests take a worse one.
    hash: fn(&[u8]) -> u64,
}

/// A datacenter and a rack, as far as they are known.
type Place = (Option<String>, Option<String>);

/// What of a site the assignment asks for.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) member: Member,
    pub(super) hash: u64,
    /// The weight in thousandths.
    pub(super) weight: u64,
    /// The number of its rack: its own when racks do not matter.
    pub(super) rack: u32,
}

impl Entry {
    /// The cost of the site for the slot of a seed.
    pub(super) fn cost(&self, seed: u64) -> u64 {
        score::cost(score::pair(seed, self.hash), self.weight)
    }

    /// The site beside what it costs, by the hash of the pair.
    #[inline]
    pub(super) fn candidate(&self, pair: u64, site: Number) -> Candidate {
        Candidate {
            cost: score::cost(pair, self.weight),
            site,
            rack: self.rack,
        }
    }
}

impl Sites {
    pub(super) fn new(spread: &Spread, hash: fn(&[u8]) -> u64) -> Self {
        Self {
            racks: (*spread != Spread::Anywhere).then(BTreeMap::new),
            entries: Vec::new(),
            by_id: BTreeMap::new(),
            free: Vec::new(),
            hash,
        }
    }

    /// Adds a site, unless there is one of its id.
    pub(super) fn add(&mut self, member: Member) -> Option<Number> {
        if self.by_id.contains_key(member.id()) {
            return None;
        }
        let number = self.free.pop().unwrap_or(self.entries.len() as Number);
        if number as usize == self.entries.len() {
            self.entries.push(None);
        }
        self.by_id.insert(member.id().clone(), number);
        self.entries[number as usize] = Some(Entry {
            rack: self.rack(&member, number),
            hash: (self.hash)(member.id().as_str().as_bytes()),
            weight: thousandths(&member),
            member,
        });
        Some(number)
    }

    /// The number of a site's rack; racks keep theirs when their sites leave.
    fn rack(&mut self, member: &Member, own: Number) -> u32 {
        let Some(racks) = &mut self.racks else {
            return own;
        };
        let name = |name: Option<&str>| name.map(str::to_owned);
        let place = (name(member.node().datacenter()), name(member.node().rack()));
        let new = racks.len() as u32;
        *racks.entry(place).or_insert(new)
    }

    /// How many racks there are, or have been.
    pub(super) fn racks(&self) -> usize {
        self.racks
            .as_ref()
            .map_or(self.entries.len(), BTreeMap::len)
    }

    /// Takes a site out.
    pub(super) fn remove(&mut self, id: &SiteId) -> Option<(Number, Entry)> {
        let number = self.by_id.remove(id)?;
        let entry = self.entries[number as usize].take()?;
        self.free.push(number);
        Some((number, entry))
    }

    pub(super) fn number(&self, id: &SiteId) -> Option<Number> {
        self.by_id.get(id).copied()
    }

    pub(super) fn get(&self, number: Number) -> Option<&Entry> {
        self.entries.get(number as usize)?.as_ref()
    }

    /// All sites in the order of their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Number, &Entry)> {
        let numbers = self.by_id.values();
        numbers.filter_map(|number| Some((*number, self.get(*number)?)))
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// One more than the highest number.
    pub(super) fn numbers(&self) -> usize {
        self.entries.len()
    }

    /// The id of a site, of which the number is known to be one.
    pub(super) fn id(&self, number: Number) -> Option<&SiteId> {
        self.get(number).map(|entry| entry.member.id())
    }

    /// The one that costs less first, or the one with the lower id where both cost the same.
    pub(super) fn compare(&self, first: Candidate, second: Candidate) -> Ordering {
        let by_cost = first.cost.cmp(&second.cost);
        by_cost.then_with(|| self.id(first.site).cmp(&self.id(second.site)))
    }

    /// Whether the first costs less, or has the lower id where both cost the same.
    pub(super) fn precedes(&self, first: Candidate, second: Candidate) -> bool {
        self.compare(first, second).is_lt()
    }
}

/// A site's weight, of which a node says that it is a whole number of thousandths.
pub(super) fn thousandths(member: &Member) -> u64 {
    (member.node().weight() * 1_000.0).round() as u64
}
