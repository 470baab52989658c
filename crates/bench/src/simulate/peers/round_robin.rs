//! Each server in turn, whatever became of it.

use fastrand::Rng;

use super::Balancer;
use crate::simulate::{events::Nanos, server::Server};

#[derive(Debug)]
pub(crate) struct RoundRobin {
    turn: usize,
    servers: usize,
}

impl RoundRobin {
    pub(crate) fn new(servers: usize, chance: &mut Rng) -> Self {
        Self {
            turn: chance.usize(..servers),
            servers,
        }
    }
}

impl Balancer for RoundRobin {
    fn pick(&mut self, _now: Nanos, tried: &[usize], _servers: &[Server]) -> Option<usize> {
        (0..self.servers).find_map(|_| {
            self.turn = (self.turn + 1) % self.servers;
            (!tried.contains(&self.turn)).then_some(self.turn)
        })
    }
}
