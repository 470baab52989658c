//! Load that grows, that is mixed, and that has keys.

use super::{ALL, Scenario};
use crate::simulate::{
    client::Method,
    workload::{Keys, Rate, Service},
    world::World,
};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "S15",
        what: "the load grows from 41 to 95 % in nine steps of 3 s",
        world: |servers, _| {
            // The steps of Prequal's ramp (NSDI 2024): 0.75 to 1.74 times what was planned for.
            let planned = 0.55 * (servers * 4) as f64 / 0.002;
            World::sound(servers, 0.55)
                .lasting(27.0, 0.0)
                .at_rate(Rate::rising(0.75 * planned, 1.11, 3.0))
        },
        methods: ALL,
    },
    Scenario {
        id: "S17",
        what: "1,000 keys, asked for as Zipf has it, with a home each, 60 % load",
        world: |servers, _| World {
            keys: Some(Keys::new(1_000)),
            ..World::sound(servers, 0.6)
        },
        methods: &[
            Method::Ours,
            Method::OursByKey,
            Method::OursByKeyBounded,
            Method::RoundRobin,
            Method::Oracle,
        ],
    },
    Scenario {
        id: "S16",
        what: "one request of a hundred is 50 times as large, 60 % load",
        world: |servers, _| {
            let mean = 0.99 * 0.001 + 0.01 * 0.05;
            World {
                service: Service::new(0.001, 1.0).with_large(0.01, 0.05),
                ..World::with_service(servers, 0.6, mean)
            }
        },
        methods: ALL,
    },
];
