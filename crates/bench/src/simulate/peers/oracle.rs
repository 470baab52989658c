//! What nobody can beat who has to find out.

use fastrand::Rng;

use super::{Balancer, untried};
use crate::simulate::{events::Nanos, server::Server};

/// Sees the true queue of each server, how slow it is, and whether it stands still or fails.
#[derive(Debug)]
pub(crate) struct Oracle {
    chance: Rng,
}

impl Oracle {
    pub(crate) fn new(chance: Rng) -> Self {
        Self { chance }
    }
}

/// How bad it is to be sent to a server now: its queue in units of its speed.
fn cost(server: &Server, now: Nanos) -> f64 {
    let condition = &server.condition;
    let queue = (server.in_flight() + 1) as f64 / server.workers() as f64;
    let mut cost = queue.max(1.0) * condition.slowness(now);
    if condition.constant.is_some_and(|(span, _)| span.holds(now)) || condition.is_paused(now) {
        cost *= 1e3;
    }
    if condition.is_silent(now) || condition.answer_at_once(now).is_some() {
        cost *= 1e6;
    }
    cost
}

impl Balancer for Oracle {
    fn pick(&mut self, now: Nanos, tried: &[usize], servers: &[Server]) -> Option<usize> {
        untried(servers.len(), tried)
            .map(|place| {
                let server = &servers[place];
                (
                    cost(server, now),
                    server.in_flight(),
                    self.chance.u32(..),
                    place,
                )
            })
            .min_by(|one, other| {
                let rest = |of: &(f64, usize, u32, usize)| (of.1, of.2);
                one.0.total_cmp(&other.0).then(rest(one).cmp(&rest(other)))
            })
            .map(|best| best.3)
    }
}
