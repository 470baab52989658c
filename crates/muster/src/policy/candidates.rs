//! The nodes that a policy may choose from.

use std::{fmt, ops::Range, sync::Arc};

use super::Route;
use crate::{
    cluster::{Live, Moment, Snapshot},
    node::Node,
};

/// How many times a random place is drawn before the candidates are counted instead.
const DRAWS: usize = 8;

/// Is one node that may be chosen, with its load.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    live: &'a Arc<Live>,
}

impl<'a> Candidate<'a> {
    /// Returns the node.
    #[must_use]
    pub fn node(&self) -> &'a Arc<Node> {
        self.live.node()
    }

    /// Returns how many requests are in flight at the node, from this process.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.live.in_flight()
    }

    pub(crate) fn live(&self) -> &'a Arc<Live> {
        self.live
    }
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Candidate");
        debug
            .field("node", self.node())
            .field("in_flight", &self.in_flight())
            .finish()
    }
}

/// Is the set of nodes that a policy may choose from; it is never empty.
///
/// A candidate has not been tried by this call, and is well. Where no node is well the ones that are not
/// are candidates too: when all look dead, the network is the likelier culprit.
///
/// The set is a run of *places* in the topology's order, of which some hold no candidate. Nothing is
/// copied: a place is looked at when it is asked for.
#[derive(Clone, Copy)]
pub struct Candidates<'a> {
    snapshot: &'a Snapshot,
    start: usize,
    end: usize,
    filter: Filter<'a>,
    /// One place that holds a candidate: the proof that the set is not empty.
    first: Candidate<'a>,
}

#[derive(Clone, Copy)]
struct Filter<'a> {
    tried: &'a [Arc<Node>],
    /// When to look at health; `None` is to choose among the unwell.
    well_at: Option<Moment>,
}

impl Filter<'_> {
    fn admits(&self, live: &Live) -> bool {
        self.well_at.is_none_or(|now| live.is_well(now)) && !is_among(live.node(), self.tried)
    }
}

pub(crate) fn is_among(node: &Arc<Node>, nodes: &[Arc<Node>]) -> bool {
    nodes
        .iter()
        .any(|other| Arc::ptr_eq(node, other) || node.origin() == other.origin())
}

impl<'a> Candidates<'a> {
    pub(crate) fn of(snapshot: &'a Snapshot, tried: &'a [Arc<Node>], now: Moment) -> Option<Self> {
        let all = 0..snapshot.live().len();
        let well = Filter {
            tried,
            well_at: Some(now),
        };
        Self::within(snapshot, all.clone(), well).or_else(|| {
            Self::within(
                snapshot,
                all,
                Filter {
                    tried,
                    well_at: None,
                },
            )
        })
    }

    fn within(snapshot: &'a Snapshot, places: Range<usize>, filter: Filter<'a>) -> Option<Self> {
        let Range { start, end } = places;
        let live = snapshot.live()[start..end]
            .iter()
            .find(|live| filter.admits(live))?;
        Some(Self {
            snapshot,
            start,
            end,
            filter,
            first: Candidate { live },
        })
    }

    /// Returns the candidates in a rack, if there are any.
    #[must_use]
    pub fn in_rack(&self, datacenter: &str, rack: &str) -> Option<Self> {
        self.narrow(self.snapshot.topology().rack(datacenter, rack))
    }

    /// Returns the candidates in a datacenter, if there are any.
    #[must_use]
    pub fn in_datacenter(&self, datacenter: &str) -> Option<Self> {
        self.narrow(self.snapshot.topology().datacenter(datacenter))
    }

    fn narrow(&self, places: Range<usize>) -> Option<Self> {
        let (start, end) = (places.start.max(self.start), places.end.min(self.end));
        (start < end)
            .then(|| Self::within(self.snapshot, start..end, self.filter))
            .flatten()
    }

    /// Returns some candidate, at no cost.
    #[must_use]
    pub fn any(&self) -> Candidate<'a> {
        self.first
    }

    /// Returns the candidates in the topology's order.
    pub fn iter(&self) -> impl Iterator<Item = Candidate<'a>> + use<'a> {
        let filter = self.filter;
        let places = &self.snapshot.live()[self.start..self.end];
        places
            .iter()
            .filter(move |live| filter.admits(live))
            .map(|live| Candidate { live })
    }

    /// Returns the number of places, which is at least the number of candidates.
    #[must_use]
    pub fn places(&self) -> usize {
        self.end - self.start
    }

    /// Returns the candidate at a place, unless the place holds none.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<Candidate<'a>> {
        let live = self.snapshot.live()[self.start..self.end].get(place)?;
        self.filter.admits(live).then_some(Candidate { live })
    }

    /// Returns a candidate by chance, each with the same probability.
    ///
    /// As good as always within one or two looks; where most places hold no candidate they are counted.
    #[must_use]
    pub fn sample(&self, route: &Route<'_>) -> Candidate<'a> {
        for _ in 0..DRAWS {
            if let Some(candidate) = self.at(route.draw(self.places())) {
                return candidate;
            }
        }
        let count = self.iter().count();
        self.iter().nth(route.draw(count)).unwrap_or(self.first)
    }
}

impl fmt::Debug for Candidates<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
