//! Servers that go, and come back.

use super::{ALL, IN_RACKS, Scenario};
use crate::simulate::{
    condition::{Condition, Span},
    events::nanos,
    workload::Rate,
    world::{CallRules, RACKS, World},
};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "S8",
        what: "one node is dead for 10 s, 28 % load, 2 retries",
        world: |servers, _| dead(servers, 1, &[Span::new(10.0, 20.0)]),
        methods: ALL,
    },
    Scenario {
        id: "S9",
        what: "the nodes restart one after the other, 1 s each, 28 % load, 2 retries",
        world: |servers, _| rolling(servers, false),
        methods: ALL,
    },
    Scenario {
        id: "S9-drained",
        what: "the same, and each finishes what it works on",
        world: |servers, _| rolling(servers, true),
        methods: ALL,
    },
    Scenario {
        id: "S10",
        what: "a rack of three refuses connections for 10 s, 28 % load, 2 retries",
        world: |servers, _| dead(servers, servers / RACKS, &[Span::new(10.0, 20.0)]),
        methods: IN_RACKS,
    },
    Scenario {
        id: "S11",
        what: "the packets of a rack are dropped for 10 s, 28 % load, 2 retries, 200 ms timeout",
        world: |servers, _| {
            let calls = CallRules {
                timeout: Some(nanos(0.2)),
                ..RETRIED
            };
            let fault = Span::new(10.0, 20.0);
            let cut_off = Condition {
                silent: Some(fault),
                cut_off: true,
                ..Condition::default()
            };
            quiet(servers)
                .calling(calls)
                .ailing(0..servers / RACKS, fault, &cut_off)
        },
        methods: ALL,
    },
    Scenario {
        id: "S11-hang",
        what: "one node stops to answer, 60 % load, no timeout",
        world: |servers, _| hanging(World::sound(servers, 0.6)),
        methods: ALL,
    },
    Scenario {
        id: "S11-hang-1k",
        what: "one node stops to answer, 1,000 requests a second, no timeout",
        world: |servers, _| hanging(World::sound(servers, 0.6).at_rate(Rate::constant(1_000.0))),
        methods: ALL,
    },
    Scenario {
        id: "S13",
        what: "a node comes up at 6 s and is 5x slow for 10 s, 60 % load, 2 retries",
        world: |servers, _| {
            let cold = Condition {
                down: vec![Span::new(0.0, 6.0)],
                slower: Some((Span::new(6.0, 16.0), 5.0)),
                ..Condition::default()
            };
            World::sound(servers, 0.6)
                .lasting(30.0, 4.0)
                .calling(RETRIED)
                .ailing([0], Span::new(0.0, 16.0), &cold)
        },
        methods: ALL,
    },
    Scenario {
        id: "S14",
        what: "all nodes refuse connections for 15 s, 28 % load, 2 retries",
        world: |servers, _| dead(servers, servers, &[Span::new(10.0, 25.0)]).lasting(35.0, 5.0),
        methods: ALL,
    },
    Scenario {
        id: "S18",
        what: "one node is a second up and a second down, ten times, 28 % load, 2 retries",
        world: |servers, _| {
            let down: Vec<_> = (0..10)
                .map(|time| 6.0 + 2.0 * f64::from(time))
                .map(|from| Span::new(from, from + 1.0))
                .collect();
            dead(servers, 1, &down)
        },
        methods: ALL,
    },
];

const RETRIED: CallRules = CallRules {
    retries: 2,
    timeout: None,
    hedges: false,
    probes: false,
};

/// 5,000 requests a second to nine servers: any six of them can do it.
fn quiet(servers: usize) -> World {
    World::sound(servers, 5_000.0 / 18_000.0).lasting(30.0, 5.0)
}

/// The first so many servers refuse connections.
fn dead(servers: usize, sick: usize, down: &[Span]) -> World {
    let condition = Condition {
        down: down.to_vec(),
        ..Condition::default()
    };
    let fault = Span {
        from: down.first().map_or(0, |span| span.from),
        until: down.last().map_or(0, |span| span.until),
    };
    quiet(servers)
        .calling(RETRIED)
        .ailing(0..sick, fault, &condition)
}

/// From six seconds on one server answers nothing that arrives.
fn hanging(world: World) -> World {
    let fault = Span::new(6.0, 1e6);
    let silent = Condition {
        silent: Some(fault),
        ..Condition::default()
    };
    world.ailing([0], fault, &silent)
}

fn rolling(servers: usize, drains: bool) -> World {
    let mut world = quiet(servers).calling(RETRIED);
    for (place, server) in world.servers.iter_mut().enumerate() {
        let from = 6.0 + 2.0 * place as f64;
        server.down = vec![Span::new(from, from + 1.0)];
        server.drains = drains;
    }
    let last = 6.0 + 2.0 * servers as f64;
    world.lasting(last + 6.0, 5.0)
}
