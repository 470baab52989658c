//! Sound fleets, and fleets with slow servers.

use super::{ALL, Scenario};
use crate::simulate::{
    condition::{Condition, Span},
    world::{CallRules, World},
};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "S1",
        what: "all healthy, 60 % load",
        world: |servers, _| World::sound(servers, 0.6),
        methods: ALL,
    },
    Scenario {
        id: "S1-hedged",
        what: "all healthy, 60 % load, 5 % hedges",
        world: |servers, _| World::sound(servers, 0.6).calling(HEDGED),
        methods: ALL,
    },
    Scenario {
        id: "S2",
        what: "one node 3x slow, 30 % load",
        world: |servers, _| one_slow(World::sound(servers, 0.3), 0.0, 3.0),
        methods: ALL,
    },
    Scenario {
        id: "S3",
        what: "one node 10x slow, 60 % load",
        world: |servers, _| one_slow(World::sound(servers, 0.6), 0.0, 10.0),
        methods: ALL,
    },
    Scenario {
        id: "S3-hedged",
        what: "one node 10x slow, 60 % load, 5 % hedges",
        world: |servers, _| one_slow(World::sound(servers, 0.6), 0.0, 10.0).calling(HEDGED),
        methods: ALL,
    },
    Scenario {
        id: "S3-onset",
        what: "one node becomes 10x slow within what is counted, 60 % load",
        world: |servers, _| one_slow(World::sound(servers, 0.6), 6.0, 10.0),
        methods: ALL,
    },
    Scenario {
        id: "S4",
        what: "half of the nodes 2x slow, 45 % load",
        world: |servers, _| {
            let world = World::sound(servers, 0.45);
            world.ailing(0..servers / 2, always(), &slower(always(), 2.0))
        },
        methods: ALL,
    },
];

const HEDGED: CallRules = CallRules {
    retries: 0,
    timeout: None,
    hedges: true,
    probes: false,
};

fn always() -> Span {
    Span::new(0.0, 1e6)
}

fn slower(span: Span, factor: f64) -> Condition {
    Condition {
        slower: Some((span, factor)),
        ..Condition::default()
    }
}

fn one_slow(world: World, from: f64, factor: f64) -> World {
    let span = Span::new(from, 1e6);
    world.ailing([0], span, &slower(span, factor))
}
