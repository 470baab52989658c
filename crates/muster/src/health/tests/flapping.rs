//! A node that comes and goes is put out less and less often.

use std::time::Duration;

use super::{Event, Health, State, Thresholds};
use crate::health::{HealthCell, SETTLES_IN};

/// One request in each.
const TICK: Duration = Duration::from_millis(10);

/// Counts how often a node is put out that is up and down in turns, and whether it is active at the end.
///
/// The first turn is `first` long and down.
fn ejections(first: Duration, up: Duration, down: Duration, length: Duration) -> (usize, State) {
    let thresholds = Thresholds::default();
    let cell = HealthCell::new(Health::active(&thresholds));
    let (mut now, mut ask_at, mut active_since) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut ejections = 0;
    while now < length {
        let health = cell.load();
        let is_up =
            now >= first && (now - first).as_nanos() % (up + down).as_nanos() < up.as_nanos();
        let event = match (health.state(), is_up) {
            (State::Down, _) if now < ask_at => None,
            (State::Down, true) => Some(Event::ProbeSucceeded),
            (State::Down, false) => Some(Event::ProbeFailed),
            (_, true) => Some(Event::Served),
            (_, false) => Some(Event::Refused),
        };
        let change = event.and_then(|event| cell.observe(event, health.generation(), &thresholds));
        if let Some(change) = change {
            ejections += usize::from(change.is_ejection());
            ask_at = now + change.to.wait(&thresholds);
            if change.is_move() {
                active_since = now;
            }
        }
        if now - active_since >= SETTLES_IN && cell.settle(cell.load().generation()).is_some() {
            active_since = now;
        }
        now += TICK;
    }
    (ejections, cell.load().state())
}

#[test]
fn a_node_that_is_up_and_down_each_second_is_put_out_once_in_ten_seconds_at_most() {
    let second = Duration::from_secs(1);
    for first in (0..20).map(|turn| Duration::from_millis(50 + 50 * turn)) {
        let (count, _) = ejections(first, second, second, 60 * second);
        assert!((2..=6).contains(&count), "{count} times, first {first:?}");
    }
}

#[test]
fn however_a_node_flaps_it_is_put_out_once_per_longest_wait_in_the_end() {
    let hour = Duration::from_secs(3_600);
    for (up, down) in [
        (100, 10),
        (300, 700),
        (1_000, 100),
        (5_000, 300),
        (9_900, 50),
        (11_000, 50),
    ] {
        let [up, down] = [up, down].map(Duration::from_millis);
        let (count, _) = ejections(down, up, down, hour);
        // Six more until the waits are at their longest.
        assert!(
            count <= 3_600 / 8 + 6,
            "{count} times, {up:?} up, {down:?} down"
        );
    }
}

#[test]
fn a_node_that_was_away_once_is_put_out_once_and_comes_back() {
    let (away, ever) = (Duration::from_secs(3), Duration::from_secs(1_000));
    assert_eq!(
        ejections(away, ever, away, Duration::from_secs(60)),
        (1, State::Active)
    );
}
