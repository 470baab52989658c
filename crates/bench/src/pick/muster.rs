//! The policies of this project.

use std::{cell::Cell, hint::black_box};

use tower_muster::{
    BoxError, Cluster, Lease, Outcome, Policy,
    policy::{Candidate, Candidates, PowerOfTwo, RackAffinity, RoundRobin, Route},
};

use super::{
    flights::Flights,
    publish::DATACENTER,
    subject::{Driver, Part, Subject},
};
use crate::time;

/// How often a policy is asked within one look at the cluster, when the pick alone is measured.
pub(super) const REPEATS: usize = 1_000;

pub(super) fn subjects(cluster: &Cluster) -> Result<Vec<Box<dyn Subject + '_>>, BoxError> {
    let near = || RackAffinity::new(DATACENTER, "rack0", PowerOfTwo::latency_aware());
    Ok(vec![
        alone("latency_aware", cluster, PowerOfTwo::latency_aware()),
        alone("least_in_flight", cluster, PowerOfTwo::least_in_flight()),
        alone("RoundRobin", cluster, RoundRobin::new()),
        alone("RackAffinity(latency_aware)", cluster, near()?),
        whole("latency_aware", cluster, PowerOfTwo::latency_aware()),
        whole("least_in_flight", cluster, PowerOfTwo::least_in_flight()),
        whole("RoundRobin", cluster, RoundRobin::new()),
        whole("RackAffinity(latency_aware)", cluster, near()?),
        whole("the first candidate", cluster, First),
        Box::new(Look { cluster }),
        Box::new(Clock),
    ])
}

fn alone<'a, P: Policy>(
    name: &'static str,
    cluster: &'a Cluster,
    policy: P,
) -> Box<dyn Subject + 'a> {
    let policy = Repeated(policy);
    Box::new(Alone {
        name,
        cluster,
        policy,
    })
}

fn whole<'a, P: Policy>(
    name: &'static str,
    cluster: &'a Cluster,
    policy: P,
) -> Box<dyn Subject + 'a> {
    Box::new(Whole {
        name,
        cluster,
        policy,
    })
}

struct Alone<'a, P> {
    name: &'static str,
    cluster: &'a Cluster,
    policy: Repeated<P>,
}

impl<P: Policy> Subject for Alone<'_, P> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn part(&self) -> Part {
        Part::Pick
    }

    fn driver(&self, _: usize) -> Driver<'_> {
        let request = http::Request::new(());
        Box::new(move |count| {
            for _ in 0..count / REPEATS {
                ASKED.set(false);
                // Declined: a lease that lasts a thousand picks would say that its node is slow.
                let _ = black_box(self.cluster.pick(&self.policy, &Route::of(&request)));
            }
            Ok(())
        })
    }
}

struct Whole<'a, P> {
    name: &'static str,
    cluster: &'a Cluster,
    policy: P,
}

impl<P: Policy> Subject for Whole<'_, P> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn part(&self) -> Part {
        Part::Whole
    }

    fn driver(&self, _: usize) -> Driver<'_> {
        let request = http::Request::new(());
        let serve = |mut lease: Lease| {
            lease.learn(Outcome::SERVED);
            Ok(())
        };
        Box::new(move |count| {
            let mut leases = Flights::new();
            for _ in 0..count {
                let free = leases.ended(serve)?;
                *free = Some(self.cluster.pick(&self.policy, &Route::of(&request))?);
            }
            leases.end(serve)
        })
    }
}

struct Look<'a> {
    cluster: &'a Cluster,
}

impl Subject for Look<'_> {
    fn name(&self) -> &'static str {
        "snapshot, candidates, clock"
    }

    fn part(&self) -> Part {
        Part::Look
    }

    fn driver(&self, _: usize) -> Driver<'_> {
        let request = http::Request::new(());
        Box::new(move |count| {
            for _ in 0..count {
                // Declined, as it should be.
                let _ = black_box(self.cluster.pick(&Nobody, &Route::of(&request)));
            }
            Ok(())
        })
    }
}

/// What reading the clock costs: once in a look, and twice in a whole request.
struct Clock;

impl Subject for Clock {
    fn name(&self) -> &'static str {
        "clock"
    }

    fn part(&self) -> Part {
        Part::Look
    }

    fn driver(&self, _: usize) -> Driver<'_> {
        Box::new(|count| {
            for _ in 0..count {
                black_box(time::now());
            }
            Ok(())
        })
    }
}

/// Asks a policy again and again, so that nothing but the pick is left to measure, and declines.
struct Repeated<P>(P);

impl<P: Policy> Policy for Repeated<P> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        // Asked about the nodes that do not look well, it has done its picks.
        if !ASKED.replace(true) {
            for _ in 0..REPEATS {
                black_box(self.0.pick(black_box(route), black_box(candidates)));
            }
        }
        None
    }
}

thread_local! {
    /// Whether the picks of this look were made.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

/// No choice: always the same node.
struct First;

impl Policy for First {
    fn pick<'a>(&self, _: &Route<'_>, candidates: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        Some(candidates.any())
    }
}

/// No node at all.
struct Nobody;

impl Policy for Nobody {
    fn pick<'a>(&self, _: &Route<'_>, _: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        None
    }
}
