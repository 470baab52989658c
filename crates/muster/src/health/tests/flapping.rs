//! A node that comes and goes is put out less and less often.

use std::time::Duration;

use super::{Change, Event, Health, State, Thresholds};
use crate::health::{HealthCell, SETTLES_IN};

/// One request in each.
const TICK: Duration = Duration::from_millis(10);

/// A node that is up and down in turns; the first turn is down, and may have another length.
struct Flapping {
    first: Duration,
    up: Duration,
    down: Duration,
    /// Spreads the waits by a quarter, or not at all.
    jitter: Option<fastrand::Rng>,
}

/// Counts how often the node is put out in `length`, and says how it is at the end.
fn ejections(node: Flapping, length: Duration) -> (usize, State) {
    let Flapping {
        first,
        up,
        down,
        mut jitter,
    } = node;
    let mut part = || jitter.as_mut().map_or(1.0, |rng| 0.75 + 0.5 * rng.f64());
    let thresholds = Thresholds::default();
    let cell = HealthCell::new(Health::active(&thresholds));
    let (mut now, mut ask_at, mut active_since) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut ejections = 0;
    while now < length {
        let health = cell.load();
        let is_up =
            now >= first && (now - first).as_nanos() % (up + down).as_nanos() < up.as_nanos();
        if health.state() == State::Down && now < ask_at {
            now += TICK;
            continue;
        }
        let event = match (health.state(), is_up) {
            (State::Down, true) => Event::ProbeSucceeded,
            (State::Down, false) => Event::ProbeFailed,
            (_, true) => Event::Served,
            (_, false) => Event::Refused,
        };
        let change = cell.observe(event, health.generation(), &thresholds);
        if health.state() == State::Down || change.is_some_and(Change::is_ejection) {
            ask_at = now + cell.load().wait(&thresholds).mul_f64(part());
        }
        if let Some(change) = change {
            ejections += usize::from(change.is_ejection());
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
fn a_node_that_is_up_and_down_each_second_is_put_out_once_in_ten_seconds_on_average_at_most() {
    let second = Duration::from_secs(1);
    for turn in 0..20 {
        let node = Flapping {
            first: Duration::from_millis(50 + 50 * turn),
            up: second,
            down: second,
            jitter: Some(fastrand::Rng::with_seed(turn)),
        };
        let (count, _) = ejections(node, 600 * second);
        assert!((10..=60).contains(&count), "{count} times, turn {turn}");
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
        let node = Flapping {
            first: down,
            up,
            down,
            jitter: None,
        };
        let (count, _) = ejections(node, hour);
        // Six more until the waits are at their longest.
        assert!(
            (2..=3_600 / 8 + 6).contains(&count),
            "{count} times, {up:?} up"
        );
    }
}

#[test]
fn a_node_that_was_away_once_is_put_out_once_and_comes_back() {
    let node = Flapping {
        first: Duration::from_secs(3),
        up: Duration::from_secs(1_000),
        down: Duration::from_secs(1),
        jitter: None,
    };
    assert_eq!(ejections(node, Duration::from_secs(60)), (1, State::Active));
}
