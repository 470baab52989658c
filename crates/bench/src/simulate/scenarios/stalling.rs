//! Servers that stand still for a while.

use super::{ALL, Scenario};
use crate::simulate::{
    condition::{Condition, Span},
    events::nanos,
    workload::generator,
    world::{CallRules, World},
};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "S6",
        what: "every node stands still for 200 ms about every 10 s, 50 % load",
        world: pauses,
        methods: ALL,
    },
    Scenario {
        id: "S6-hedged",
        what: "the same, 5 % hedges",
        world: |servers, seed| {
            pauses(servers, seed).calling(CallRules {
                hedges: true,
                ..CallRules::default()
            })
        },
        methods: ALL,
    },
    Scenario {
        id: "S7",
        what: "one node stands still for a second, once, 60 % load",
        world: |servers, _| {
            let fault = Span::new(8.0, 9.0);
            let stalling = Condition {
                pauses: vec![fault],
                ..Condition::default()
            };
            World::sound(servers, 0.6)
                .lasting(39.0, 4.0)
                .ailing([0], fault, &stalling)
        },
        methods: ALL,
    },
];

/// As garbage collection does; each server in its own time.
fn pauses(servers: usize, seed: u64) -> World {
    const EVERY: f64 = 10.0;
    const LENGTH: f64 = 0.2;
    let mut world = World::with_service(servers, 0.5, 0.004).lasting(44.0, 4.0);
    let mut chance = generator(seed, 2);
    for server in &mut world.servers {
        let mut from = chance.f64() * EVERY;
        while nanos(from) < world.end {
            server.pauses.push(Span::new(from, from + LENGTH));
            from += EVERY * (0.5 + chance.f64());
        }
    }
    world
}
