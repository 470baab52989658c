//! What moves a node, and what does not.

use std::time::Duration;

use super::{Event, Health, State, Thresholds, cell::Change};

mod any_sequence;
mod cell;
mod common_rules;
mod flapping;
#[cfg(muster_loom)]
mod loom;
mod own_rules;
mod thresholds;

const EVENTS: [Event; 6] = [
    Event::Served,
    Event::Failed,
    Event::Refused,
    Event::Silent,
    Event::ProbeSucceeded,
    Event::ProbeFailed,
];

impl Change {
    /// Whether it put the node out.
    fn is_ejection(self) -> bool {
        self.from.generation() != self.to.generation()
    }

    /// Whether a node that was down may be chosen again.
    fn is_recovery(self) -> bool {
        self.from.state() == State::Down && self.to.state() == State::Quarantined
    }
}

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
