//! One client: how it chooses, and what it may spend.

use std::time::Duration;

use tokio::{runtime::Runtime, time::Instant};
use tower_muster::{Lease, Node, cluster::ManualClock, failover::Budget};

use super::{
    condition::Failure,
    events::Nanos,
    hedging::Trigger,
    ours::{self, Ours, Probe},
    peers::{Balancer, LeastLoaded, Oracle, PeakEwma, Pending, RoundRobin},
    server::Server,
    workload::generator,
};

/// How servers are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Method {
    /// `PowerOfTwo::latency_aware()`.
    Ours,
    /// The same within `RackAffinity`.
    OursInRack,
    /// `RoundRobin`, ours.
    OursInTurn,
    /// `Rendezvous`, without a bound and with one.
    OursByKey,
    OursByKeyBounded,
    RoundRobin,
    LeastLoaded,
    Pending,
    PeakEwma,
    Penalized,
    Oracle,
}

impl Method {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "muster latency aware",
            Self::OursInRack => "muster rack affinity",
            Self::OursInTurn => "muster round robin",
            Self::OursByKey => "muster rendezvous",
            Self::OursByKeyBounded => "muster rendezvous, 1.25",
            Self::RoundRobin => "round robin",
            Self::LeastLoaded => "least loaded of all",
            Self::Pending => "tower pending requests",
            Self::PeakEwma => "tower peak EWMA",
            Self::Penalized => "peak EWMA + 5 s penalty",
            Self::Oracle => "oracle",
        }
    }

    /// Whether it is one of the policies that ship.
    pub(crate) fn is_ours(self) -> bool {
        matches!(
            self,
            Self::Ours
                | Self::OursInRack
                | Self::OursInTurn
                | Self::OursByKey
                | Self::OursByKeyBounded
        )
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Served,
    Failed(Failure),
    /// It was given up because it took too long.
    TimedOut,
    /// Another attempt of the same call was faster.
    Dropped,
}

/// One attempt, as the client sees it.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) server: usize,
    pub(crate) begun: Nanos,
    pub(crate) lease: Option<Lease>,
}

pub(crate) struct Client {
    chooser: Chooser,
    /// For further attempts after failures.
    retries: Budget,
    /// For second attempts beside late ones.
    hedges: Budget,
    start: Instant,
    /// By server.
    nodes: Vec<Node>,
}

enum Chooser {
    Ours(Box<Ours>),
    Peer(Box<dyn Balancer>, Trigger),
}

/// What a client is made of.
pub(crate) struct Origin<'a> {
    pub(crate) method: Method,
    pub(crate) servers: usize,
    pub(crate) seed: u64,
    pub(crate) clock: &'a ManualClock,
    /// The beginning of simulated time, for the budgets.
    pub(crate) start: Instant,
    /// Whether nodes are asked beside the traffic.
    pub(crate) probes: bool,
    /// Whether the list of nodes changes.
    pub(crate) changes: bool,
    /// Where the tasks of clusters run whose list changes.
    pub(crate) runtime: &'a Runtime,
}

impl Client {
    pub(crate) fn new(number: usize, origin: &Origin<'_>) -> Result<Self, tower_muster::BoxError> {
        let Origin {
            method,
            servers,
            seed,
            start,
            ..
        } = *origin;
        // Streams below 100 are the world's.
        let mut chance = generator(seed, 100 + number as u64);
        let chooser = if method.is_ours() {
            let ours = Ours::new(number, origin, chance)?;
            Chooser::Ours(Box::new(ours))
        } else {
            let balancer: Box<dyn Balancer> = match method {
                Method::RoundRobin => Box::new(RoundRobin::new(servers, &mut chance)),
                Method::LeastLoaded => Box::new(LeastLoaded::new(servers, chance)),
                Method::Pending => Box::new(Pending::new(servers, chance)),
                Method::Penalized => Box::new(PeakEwma::penalized(servers, chance)),
                Method::Oracle => Box::new(Oracle::new(chance)),
                _ => Box::new(PeakEwma::new(servers, chance)),
            };
            Chooser::Peer(balancer, Trigger::new(servers))
        };
        Ok(Self {
            chooser,
            retries: Budget::default(),
            hedges: Budget::new(0.05, 0.0)?,
            start,
            nodes: ours::nodes(servers)?,
        })
    }

    /// A call comes.
    pub(crate) fn deposit(&self) {
        self.retries.deposit();
        self.hedges.deposit();
    }

    /// Whether a call may be sent again that failed at a server.
    pub(crate) fn may_retry(&self, now: Nanos, server: usize) -> bool {
        self.retries
            .withdraw_for(&self.nodes[server], self.instant(now))
    }

    /// Whether a call may be sent a second time that is late at a server.
    pub(crate) fn may_hedge(&self, now: Nanos, server: usize) -> bool {
        let (node, now) = (&self.nodes[server], self.instant(now));
        self.hedges.withdraw(now) && self.retries.withdraw_for(node, now)
    }

    fn instant(&self, now: Nanos) -> Instant {
        self.start + Duration::from_nanos(now)
    }

    /// Begins an attempt at a server that is not among `tried`.
    pub(crate) fn begin(
        &mut self,
        now: Nanos,
        key: Option<u32>,
        tried: &[usize],
        servers: &[Server],
    ) -> Option<Ticket> {
        match &mut self.chooser {
            Chooser::Ours(ours) => ours.begin(now, key, tried),
            Chooser::Peer(balancer, _) => {
                let server = balancer.pick(now, tried, servers)?;
                balancer.begin(server);
                Some(Ticket {
                    server,
                    begun: now,
                    lease: None,
                })
            }
        }
    }

    pub(crate) fn end(&mut self, ticket: Ticket, now: Nanos, end: End) {
        match &mut self.chooser {
            Chooser::Ours(_) => Ours::end(ticket, end),
            Chooser::Peer(balancer, trigger) => {
                let took = now - ticket.begun;
                balancer.end(ticket.server, took, now, end);
                if end == End::Served {
                    trigger.learn(ticket.server, took);
                }
            }
        }
    }

    /// After how long an attempt that begins now is late.
    pub(crate) fn hedge_after(&mut self) -> Option<Nanos> {
        match &mut self.chooser {
            Chooser::Ours(ours) => ours.hedge_after(),
            Chooser::Peer(_, trigger) => trigger.after(),
        }
    }

    /// The source of nodes finds some servers, and no others; peers know of no such source.
    pub(crate) fn list(&self, servers: &[usize], runtime: &Runtime) {
        if let Chooser::Ours(ours) = &self.chooser {
            ours.list(servers, runtime);
        }
    }

    pub(crate) fn due_probe(&self) -> Option<Probe> {
        match &self.chooser {
            Chooser::Ours(ours) => ours.due_probe(),
            Chooser::Peer(..) => None,
        }
    }
}
