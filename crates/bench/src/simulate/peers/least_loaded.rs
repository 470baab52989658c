//! The server with the fewest requests in flight, of all or of two.

use fastrand::Rng;

use super::{Balancer, two, untried};
use crate::simulate::{client::End, events::Nanos, server::Server};

/// Looks at all servers; ties are broken by chance.
#[derive(Debug)]
pub(crate) struct LeastLoaded {
    in_flight: Vec<u32>,
    chance: Rng,
}

impl LeastLoaded {
    pub(crate) fn new(servers: usize, chance: Rng) -> Self {
        Self {
            in_flight: vec![0; servers],
            chance,
        }
    }
}

impl Balancer for LeastLoaded {
    fn pick(&mut self, _now: Nanos, tried: &[usize], _servers: &[Server]) -> Option<usize> {
        let mut best = None;
        let (mut least, mut ties) = (u32::MAX, 0);
        for server in untried(self.in_flight.len(), tried) {
            let load = self.in_flight[server];
            if load < least {
                (best, least, ties) = (Some(server), load, 1);
            } else if load == least {
                ties += 1;
                if self.chance.u32(..ties) == 0 {
                    best = Some(server);
                }
            }
        }
        best
    }

    fn begin(&mut self, server: usize) {
        self.in_flight[server] += 1;
    }

    fn end(&mut self, server: usize, _took: Nanos, _now: Nanos, _end: End) {
        self.in_flight[server] -= 1;
    }
}

/// The better of two: what `tower::balance::p2c` does with `tower::load::PendingRequests`.
#[derive(Debug)]
pub(crate) struct Pending {
    in_flight: Vec<u32>,
    chance: Rng,
}

impl Pending {
    pub(crate) fn new(servers: usize, chance: Rng) -> Self {
        Self {
            in_flight: vec![0; servers],
            chance,
        }
    }
}

impl Balancer for Pending {
    fn pick(&mut self, _now: Nanos, tried: &[usize], _servers: &[Server]) -> Option<usize> {
        let (one, other) = two(self.in_flight.len(), tried, &mut self.chance)?;
        let one_is_better = self.in_flight[one] <= self.in_flight[other];
        Some(if one_is_better { one } else { other })
    }

    fn begin(&mut self, server: usize) {
        self.in_flight[server] += 1;
    }

    fn end(&mut self, server: usize, _took: Nanos, _now: Nanos, _end: End) {
        self.in_flight[server] -= 1;
    }
}
