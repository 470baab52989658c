//! Lists of nodes that are wrong.

use super::Scenario;
use crate::simulate::{
    client::Method,
    condition::{Condition, Span},
    events::nanos,
    world::{CallRules, World},
};

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    id: "S19",
    what: "the list is empty at 6 s, a third at 8, whole at 11, keeps a node that dies at 13 until 16, and \
           has it again at 19, 25 % load, 2 retries",
    world: |servers, _| {
        let dead = Span::new(13.0, 19.0);
        let down = Condition {
            down: vec![dead],
            ..Condition::default()
        };
        let calls = CallRules {
            retries: 2,
            ..CallRules::default()
        };
        let at = |second, list: std::ops::Range<usize>| (nanos(second), list.collect());
        World {
            lists: vec![
                at(6.0, 0..0),
                at(8.0, 0..servers.div_ceil(3)),
                at(11.0, 0..servers),
                at(16.0, 1..servers),
                at(19.0, 0..servers),
            ],
            ..World::sound(servers, 0.25)
                .lasting(30.0, 4.0)
                .calling(calls)
                .ailing([0], dead, &down)
        }
    },
    methods: &[Method::Ours, Method::OursInTurn, Method::Oracle],
}];
