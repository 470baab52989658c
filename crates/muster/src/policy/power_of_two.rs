//! The better of two, or of all where there are few.

use std::cell::Cell;

use super::{Candidate, Candidates, Policy, Route};
use crate::cluster::{Gauge, plain_cost};

/// Up to this many places all candidates are looked at: it costs no more than two cache misses in a
/// large cluster, and halves the tail in a small one.
const SCAN: usize = 16;

/// Chooses the less loaded of two nodes that are drawn by chance.
///
/// "The Power of Two Choices in Randomized Load Balancing" (Mitzenmacher, 2001): the most loaded node
/// stays exponentially closer to the mean than with one draw, and clients that cannot see each other do
/// not all run to the same idle node. With 16 nodes or fewer all of them are looked at. Ties are broken
/// by chance.
///
/// ```
/// use tower_muster::policy::PowerOfTwo;
///
/// let policy = PowerOfTwo::latency_aware();
/// # let _ = policy;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct PowerOfTwo {
    load: Load,
}

#[derive(Debug, Clone, Copy)]
enum Load {
    InFlight,
    Latency,
}

impl PowerOfTwo {
    /// Compares nodes by their requests in flight from this process.
    #[must_use]
    pub fn least_in_flight() -> Self {
        Self {
            load: Load::InFlight,
        }
    }

    /// Compares nodes by their requests in flight from this process, and by how they answer.
    ///
    /// A node within twice of what is usual counts by its requests in flight alone. One that is slower,
    /// or silent, costs so much more, and one that answers badly more than any other. Such a node is asked
    /// again by one request at a time, in intervals that double from a quarter of a second up to eight
    /// seconds while it stays so.
    #[must_use]
    pub fn latency_aware() -> Self {
        Self {
            load: Load::Latency,
        }
    }
}

impl Default for PowerOfTwo {
    /// Aware of latency: with many clients each sees too few requests in flight to choose by them.
    fn default() -> Self {
        Self::latency_aware()
    }
}

impl Policy for PowerOfTwo {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let pick = Pick::new(self.load, route, candidates);
        let choice = match candidates.places() <= SCAN {
            true => pick.of_all(candidates),
            false => pick.of_two(candidates.sample(route), candidates.sample(route)),
        };
        Some(choice)
    }
}

impl PowerOfTwo {
    /// The same among nodes that weigh more and less: what is in flight counts for its node's weight.
    pub(super) fn pick_by_weight<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Candidate<'a> {
        let pick = Pick::new(self.load, route, candidates);
        let cost = |candidate: Candidate<'_>| {
            // Nothing in flight costs nothing, so that of idle nodes the one stays that was drawn first, in
            // proportion to its weight.
            f64::from(pick.cost(candidate) - 1.0) / candidate.node().weight()
        };
        let drawn = candidates.sample_by_weight(route);
        let mut best = (cost(drawn), drawn);
        // What those weigh that cost as little as the best. The one that was drawn stays against its equals;
        // others replace each other in proportion to their weights, wherever they stand.
        let mut equals = f64::INFINITY;
        let mut compare = |candidate: Candidate<'a>| {
            let (cost, weight) = (cost(candidate), candidate.node().weight());
            if cost < best.0 {
                best = (cost, candidate);
                equals = weight;
            } else if cost == best.0 && equals.is_finite() {
                equals += weight;
                if f64::from(route.part()) * equals < weight {
                    best = (cost, candidate);
                }
            }
        };
        match candidates.places() <= SCAN {
            true => candidates.iter().for_each(compare),
            false => compare(candidates.sample_by_weight(route)),
        }
        best.1
    }
}

/// What one pick compares candidates by.
struct Pick<'r> {
    route: &'r Route<'r>,
    gauge: Gauge,
    load: Load,
    /// Whether this request asks a doubted node again: one of them is enough for it.
    has_asked: Cell<bool>,
}

/// A node that is to be asked whether it is better again costs less than any other.
const ASKED_AGAIN: f32 = 0.0;

impl<'r> Pick<'r> {
    fn new(load: Load, route: &'r Route<'r>, candidates: &Candidates<'_, '_>) -> Self {
        Self {
            route,
            gauge: candidates.gauge(),
            load,
            has_asked: Cell::new(false),
        }
    }

    fn of_two<'a>(&self, one: Candidate<'a>, two: Candidate<'a>) -> Candidate<'a> {
        // Which of the two was drawn first is chance enough to break a tie.
        match self.cost(one) <= self.cost(two) {
            true => one,
            false => two,
        }
    }

    /// The least of numbers that hold a candidate's cost, a number by chance, and where it stands: without
    /// a branch, for among idle nodes each would be guessed wrong every other time.
    fn of_all<'a>(&self, candidates: &Candidates<'a, '_>) -> Candidate<'a> {
        let (chance, is_open) = (self.route.chance(), candidates.is_open());
        let mut least = u64::MAX;
        for (index, live) in candidates.seats().iter().enumerate() {
            // Who is as it should be is well, so one glance both admits and prices it.
            let glance = live.glance(&self.gauge).filter(|_| is_open);
            let cost = match glance {
                Some(cost) => cost,
                None => match candidates.at(index) {
                    Some(candidate) => self.cost(candidate),
                    None => continue,
                },
            };
            least = least.min(key(cost, chance, index));
        }
        // One at no cost where a race took the last away.
        let place = (least < u64::MAX).then_some(least as usize % SCAN);
        place
            .and_then(|place| candidates.seat(place))
            .unwrap_or(candidates.any())
    }

    fn cost(&self, candidate: Candidate<'_>) -> f32 {
        match self.load {
            Load::InFlight => plain_cost(candidate.in_flight()),
            Load::Latency => {
                let glance = candidate.live().glance(&self.gauge);
                glance.unwrap_or_else(|| self.closer_look(candidate))
            }
        }
    }

    #[cold]
    fn closer_look(&self, candidate: Candidate<'_>) -> f32 {
        let now = self.route.now();
        let may_ask = self.route.attempt() == 1 && !self.has_asked.get();
        if may_ask && candidate.claims_probe(now) {
            self.has_asked.set(true);
            return ASKED_AGAIN;
        }
        candidate.cost(now)
    }
}

/// Orders candidates by cost, then by bits of chance; the lowest bits say where one stands.
///
/// Other bits of one draw come first for each of [`SCAN`] candidates, so that no neighbour wins the ties of
/// another.
fn key(cost: f32, chance: u64, index: usize) -> u64 {
    const BITS: u32 = u64::BITS / SCAN as u32;
    let tie = chance.rotate_left(BITS * index as u32) >> 32 & !(SCAN as u64 - 1);
    // Costs are not negative, so their bits are in the same order.
    u64::from(cost.to_bits()) << 32 | tie | index as u64
}
