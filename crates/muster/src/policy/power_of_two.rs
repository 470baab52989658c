//! The better of two, or of all where there are few.

use std::cell::Cell;

use super::{Candidate, Candidates, Policy, Route};
use crate::cluster::{Gauge, Live, plain_cost};

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
    /// again by one request at a time: a slow one after a quarter of a second, in waits that double up to 16
    /// seconds while it stays so, but are no longer than 4,000 requests take; one that has answered badly
    /// after 50 ms.
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
            false => pick.of_two(candidates),
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

    fn of_two<'a>(&self, candidates: &Candidates<'a, '_>) -> Candidate<'a> {
        let (one, cost) = self.draw(candidates);
        // Nobody has less to do than nothing, so the other is not even looked at: in a large cluster that
        // is a cache miss, and more if another thread has just written there.
        if cost <= plain_cost(0) {
            return one;
        }
        let (two, other_cost) = self.draw(candidates);
        // Which of the two was drawn first is chance enough to break a tie.
        match cost <= other_cost {
            true => one,
            false => two,
        }
    }

    /// One candidate by chance, and what it costs.
    fn draw<'a>(&self, candidates: &Candidates<'a, '_>) -> (Candidate<'a>, f32) {
        let place = self.route.draw(candidates.places());
        let seat = candidates.seat(place).filter(|_| candidates.is_open());
        let plain = seat.and_then(|seat| Some((seat, seat.live().glance(&self.gauge)?)));
        if let Some((candidate, in_flight)) = plain {
            return (candidate, plain_cost(in_flight));
        }
        let candidate = candidates.at(place);
        let candidate = candidate.unwrap_or_else(|| candidates.sample(self.route));
        (candidate, self.cost(candidate))
    }

    /// The least of numbers that hold a candidate's load, a number by chance, and where it stands: without
    /// a branch, for among idle nodes each would be guessed wrong every other time.
    fn of_all<'a>(&self, candidates: &Candidates<'a, '_>) -> Candidate<'a> {
        let (seats, chance) = (candidates.seats(), self.route.chance());
        let mut least = u64::MAX;
        // A bit for each place whose node is not as it should be, or is perhaps no candidate.
        let mut odd = 0_u32;
        if candidates.is_open() {
            let mut ties = ties(chance, 0);
            for (place, live) in seats.iter().enumerate() {
                // Who is as it should be is well, so one glance both admits and prices it.
                match live.glance(&self.gauge) {
                    Some(in_flight) => least = least.min(key(in_flight, ties, place)),
                    None => odd |= 1 << place,
                }
                ties = ties.rotate_left(TIE_STEP);
            }
        } else {
            odd = !(u32::MAX << seats.len());
        }
        let least = match odd {
            0 => least,
            odd => self.least_with(odd, candidates, chance, least),
        };
        // One at no cost where a race took the last away.
        candidates
            .seat(place_of(least))
            .filter(|_| least < u64::MAX)
            .unwrap_or(candidates.any())
    }

    /// The key of the least among the one given and the candidates at `odd` places.
    #[inline(never)]
    fn least_with(
        &self,
        mut odd: u32,
        candidates: &Candidates<'_, '_>,
        chance: u64,
        plain: u64,
    ) -> u64 {
        let in_flight = (plain >> IN_FLIGHT) as u32;
        let cost = match plain {
            u64::MAX => f32::INFINITY,
            _ => plain_cost(in_flight),
        };
        let mut least = (cost, plain);
        while odd != 0 {
            let place = odd.trailing_zeros() as usize;
            odd &= odd - 1;
            if self.is_no_better(&candidates.seats()[place], in_flight) {
                continue;
            }
            if let Some(candidate) = candidates.at(place) {
                let (cost, key) = (self.cost(candidate), key(0, ties(chance, place), place));
                let is_less = cost < least.0 || cost == least.0 && key < least.1 % (1 << IN_FLIGHT);
                if is_less {
                    least = (cost, key);
                }
            }
        }
        least.1
    }

    /// Whether a node that is slow, silent or failing is no better than one that is not.
    fn is_no_better(&self, live: &Live, in_flight: u32) -> bool {
        match self.load {
            Load::InFlight => false,
            Load::Latency => live.is_no_better(in_flight, self.route.now()),
        }
    }

    fn cost(&self, candidate: Candidate<'_>) -> f32 {
        match self.load {
            Load::InFlight => plain_cost(candidate.in_flight()),
            Load::Latency => {
                let glance = candidate.live().glance(&self.gauge).map(plain_cost);
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

/// Orders candidates by their requests in flight, then by bits of chance; the lowest bits say where one
/// stands.
fn key(in_flight: u32, ties: u64, place: usize) -> u64 {
    u64::from(in_flight) << IN_FLIGHT | u64::from(ties as u32 & TIES) | place as u64
}

/// Above so many bits of a key are the requests in flight, of which there are less than 2^24.
const IN_FLIGHT: u32 = 40;
const TIES: u32 = !(SCAN as u32 - 1);

fn place_of(key: u64) -> usize {
    key as usize % SCAN
}

/// Other bits of one draw come first for each of [`SCAN`] candidates, so that no neighbour wins the ties of
/// another.
fn ties(chance: u64, place: usize) -> u64 {
    chance.rotate_left(u32::BITS + TIE_STEP * place as u32)
}

const TIE_STEP: u32 = u64::BITS / SCAN as u32;
