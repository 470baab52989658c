//! A cluster whose nodes answer as told, in time that is set by hand.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use http::Request;
use tower_muster::{
    Cluster, Lease, Node, Outcome, Policy,
    cluster::{ManualClock, Moment},
    policy::Route,
};

pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Served(Duration),
    Failed(Duration, Outcome),
    /// The caller loses patience after so long.
    Dropped(Duration),
}

/// A client of its own, with its view of so many nodes.
pub(crate) struct Fleet<P> {
    pub(crate) cluster: Cluster,
    clock: ManualClock,
    policy: P,
    flights: BinaryHeap<Flight>,
    chance: u64,
}

/// One request that ends at a time; the earliest comes first.
struct Flight {
    end: Reverse<Moment>,
    number: Reverse<u64>,
    lease: Lease,
    outcome: Option<Outcome>,
}

pub(crate) fn node(number: usize) -> Node {
    Node::new(&format!("http://10.0.0.{}:8000", number + 1)).expect("an origin")
}

/// The number of a node.
pub(crate) fn number(node: &Node) -> usize {
    let host = node.origin().authority().host();
    let last = host
        .rsplit('.')
        .next()
        .and_then(|last| last.parse::<usize>().ok());
    last.expect("an address") - 1
}

impl<P: Policy> Fleet<P> {
    pub(crate) fn new(nodes: usize, policy: P) -> Self {
        let clock = ManualClock::new();
        clock.set(Moment::from_nanos(1));
        Self {
            cluster: Cluster::fixed_at((0..nodes).map(node), &clock).expect("nodes"),
            clock,
            policy,
            flights: BinaryHeap::new(),
            chance: 0,
        }
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Ends what ends until then.
    pub(crate) fn wait(&mut self, time: Duration) {
        let until = self.now().after(time);
        while self
            .flights
            .peek()
            .is_some_and(|flight| flight.end.0 <= until)
        {
            let Some(mut flight) = self.flights.pop() else {
                break;
            };
            self.clock.set(flight.end.0);
            if let Some(outcome) = flight.outcome {
                flight.lease.learn(outcome);
            }
        }
        self.clock.set(until);
    }

    /// Begins one request; returns which node it went to.
    pub(crate) fn send(&mut self, reply: impl Fn(usize) -> Reply) -> usize {
        self.chance += 1;
        let request = Request::new(());
        let route = Route::of(&request).seeded(self.chance);
        let lease = self.cluster.pick(&self.policy, &route).expect("a node");
        let node = number(lease.node());
        let (after, outcome) = match reply(node) {
            Reply::Served(after) => (after, Some(Outcome::SERVED)),
            Reply::Failed(after, outcome) => (after, Some(outcome)),
            Reply::Dropped(after) => (after, None),
        };
        self.flights.push(Flight {
            end: Reverse(self.now().after(after)),
            number: Reverse(self.chance),
            lease,
            outcome,
        });
        node
    }

    /// Sends one request after the other for so long; returns how many went to each node.
    pub(crate) fn run(
        &mut self,
        time: Duration,
        gap: Duration,
        reply: impl Fn(usize) -> Reply,
    ) -> Vec<u32> {
        let end = self.now().after(time);
        let mut counts = vec![0; self.cluster.topology().len()];
        while self.now() < end {
            counts[self.send(&reply)] += 1;
            self.wait(gap);
        }
        counts
    }
}

/// What one of them got, in units of what would be even.
pub(crate) fn share(counts: &[u32], node: usize) -> f64 {
    let all: u32 = counts.iter().sum();
    f64::from(counts[node]) * counts.len() as f64 / f64::from(all)
}

impl PartialEq for Flight {
    fn eq(&self, other: &Self) -> bool {
        (self.end, self.number) == (other.end, other.number)
    }
}

impl Eq for Flight {}

impl PartialOrd for Flight {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Flight {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.end, self.number).cmp(&(other.end, other.number))
    }
}
