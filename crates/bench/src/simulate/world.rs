//! What one run simulates: the fleet, what is wrong with it, what is asked of it, and how clients call.

use super::{
    condition::{Condition, Span},
    events::{Nanos, nanos},
    workload::{Keys, Rate, Service},
};

/// One way of the network, from a client to a server or back: half a millisecond there and back.
pub(crate) const ONE_WAY: Nanos = 250_000;

/// How many racks the servers are spread over.
pub(crate) const RACKS: usize = 3;

/// Everything about a run but the policy, the number of clients and the seed.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// One condition for each server.
    pub(crate) servers: Vec<Condition>,
    /// How many requests a server works on at a time.
    pub(crate) workers: usize,
    pub(crate) service: Service,
    pub(crate) rate: Rate,
    /// Which share of the requests comes from the clients of each rack; without, clients are alike.
    pub(crate) demand: Option<[f64; RACKS]>,
    /// Which keys the requests are for, if for any.
    pub(crate) keys: Option<Keys>,
    /// What the clients' source of nodes finds from a time on; where there is nothing, all servers stay.
    pub(crate) lists: Vec<(Nanos, Vec<usize>)>,
    /// Calls come so long.
    pub(crate) end: Nanos,
    /// Calls that come before are not counted.
    pub(crate) warm: Nanos,
    pub(crate) calls: CallRules,
    /// Which servers are sick, and when; for what is counted, not for what happens.
    pub(crate) sick: Vec<usize>,
    pub(crate) fault: Option<Span>,
}

/// What a client does about a call.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CallRules {
    /// How many further attempts a call may have after failures.
    pub(crate) retries: usize,
    /// After how long an attempt is given up.
    pub(crate) timeout: Option<Nanos>,
    /// Whether a second attempt is made when the first is late.
    pub(crate) hedges: bool,
    /// Whether nodes that are out are asked beside the traffic.
    pub(crate) probes: bool,
}

impl World {
    /// A sound fleet under `load`, a share of what it can do, for the usual time: 4 s to warm up and 10 s
    /// that count.
    pub(crate) fn sound(servers: usize, load: f64) -> Self {
        Self::with_service(servers, load, 0.002)
    }

    /// The same where a request is `mean` seconds of work.
    pub(crate) fn with_service(servers: usize, load: f64, mean: f64) -> Self {
        const WORKERS: usize = 4;
        let capacity = (servers * WORKERS) as f64 / mean;
        Self {
            servers: vec![Condition::default(); servers],
            workers: WORKERS,
            service: Service::new(mean, 1.0),
            rate: Rate::constant(capacity * load),
            demand: None,
            keys: None,
            lists: Vec::new(),
            end: nanos(14.0),
            warm: nanos(4.0),
            calls: CallRules::default(),
            sick: Vec::new(),
            fault: None,
        }
    }

    /// Calls come for so many seconds, of which the first `warm` do not count.
    pub(crate) fn lasting(self, seconds: f64, warm: f64) -> Self {
        Self {
            end: nanos(seconds),
            warm: nanos(warm),
            ..self
        }
    }

    pub(crate) fn calling(self, calls: CallRules) -> Self {
        Self { calls, ..self }
    }

    /// So many requests a second, whatever the fleet can do.
    pub(crate) fn at_rate(self, rate: Rate) -> Self {
        Self { rate, ..self }
    }

    /// Makes `sick` servers fall ill in `fault`.
    pub(crate) fn ailing(
        mut self,
        sick: impl IntoIterator<Item = usize>,
        fault: Span,
        condition: &Condition,
    ) -> Self {
        self.sick = sick.into_iter().collect();
        self.fault = Some(fault);
        for &server in &self.sick {
            self.servers[server] = condition.clone();
        }
        self
    }
}

/// The rack of one of so many servers: a third of them each, one after the other.
pub(crate) fn rack_of_server(server: usize, servers: usize) -> usize {
    server * RACKS / servers
}

/// The rack of a client.
pub(crate) fn rack_of_client(client: usize) -> usize {
    client % RACKS
}
