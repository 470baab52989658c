//! What moves a node, and what does not.

use std::time::Duration;

use super::{Event, Health, State, Thresholds};

// An atomic of loom exists only inside a model.
#[cfg(not(muster_loom))]
mod any_sequence;
#[cfg(not(muster_loom))]
mod cell;
#[cfg(not(muster_loom))]
mod common_rules;
#[cfg(not(muster_loom))]
mod flapping;
#[cfg(muster_loom)]
mod loom;
#[cfg(not(muster_loom))]
mod own_rules;
#[cfg(not(muster_loom))]
mod thresholds;

const EVENTS: [Event; 6] = [
    Event::Served,
    Event::Failed,
    Event::Refused,
    Event::Silent,
    Event::ProbeSucceeded,
    Event::ProbeFailed,
];

fn after(health: Health, events: &[Event], thresholds: &Thresholds) -> Health {
    events
        .iter()
        .fold(health, |health, event| health.after(*event, thresholds))
}

/// State, failures, successes, generation.
type Shown = (State, u8, u8, u16);

fn shown(health: Health) -> Shown {
    (
        health.state(),
        health.failures(),
        health.successes(),
        health.generation(),
    )
}

/// A node that was put out once, by a refusal.
fn down(thresholds: &Thresholds) -> Health {
    let down = Health::active(thresholds).after(Event::Refused, thresholds);
    assert_eq!(down.state(), State::Down);
    down
}

fn millis(health: Health, thresholds: &Thresholds) -> u128 {
    let wait: Duration = health.wait(thresholds);
    wait.as_millis()
}
