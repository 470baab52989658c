//! A server that fails fast, and draws the load for it.

use super::{ALL, Scenario};
use crate::simulate::{
    condition::{Condition, Failure, Span},
    world::{CallRules, World},
};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "S5-5xx",
        what: "one node of ten answers at once with an error, 50 % load, no retries",
        world: |servers, _| black_hole(servers, Failure::Ambiguous),
        methods: ALL,
    },
    Scenario {
        id: "S5-429",
        what: "one node of ten turns all away at once, 50 % load, no retries",
        world: |servers, _| black_hole(servers, Failure::Overloaded),
        methods: ALL,
    },
    Scenario {
        id: "S5-refused",
        what: "one node of ten refuses connections, 50 % load, no retries",
        world: |servers, _| black_hole(servers, Failure::Refused),
        methods: ALL,
    },
];

/// One server more than in the other scenarios: one of ten.
fn black_hole(servers: usize, failure: Failure) -> World {
    let fault = Span::new(6.0, 26.0);
    let failing = Condition {
        failing: Some((fault, failure)),
        ..Condition::default()
    };
    let calls = CallRules {
        probes: true,
        ..CallRules::default()
    };
    World::sound(servers + 1, 0.5)
        .lasting(26.0, 4.0)
        .calling(calls)
        .ailing([0], fault, &failing)
}
