//! Thresholds are checked.

use std::time::Duration;

use super::{Event, Health, State, Thresholds};
use crate::health::ThresholdError;

type Set = fn(Thresholds, u32) -> Result<Thresholds, ThresholdError>;

const COUNTS: [(&str, Set); 4] = [
    ("active_failures", Thresholds::active_failures),
    ("quarantine_failures", Thresholds::quarantine_failures),
    ("recovery_probes", Thresholds::recovery_probes),
    ("promotion_successes", Thresholds::promotion_successes),
];

#[test]
fn a_count_is_between_1_and_255() {
    for (field, set) in COUNTS {
        for value in [1, 255] {
            assert!(set(Thresholds::default(), value).is_ok(), "{field} {value}");
        }
        for value in [0, 256, u32::MAX] {
            let error = set(Thresholds::default(), value).expect_err("an error");
            assert_eq!((error.field(), error.value()), (field, &*value.to_string()));
        }
    }
}

#[test]
fn a_wait_is_longer_than_nothing_and_the_longest_is_not_shorter_than_the_first() {
    let (one, two) = (Duration::from_secs(1), Duration::from_secs(2));
    let error = |first, longest| Thresholds::default().waits(first, longest).unwrap_err();
    assert_eq!(
        error(Duration::ZERO, one).to_string(),
        "thresholds: first_wait is 0ns, and must be longer than nothing"
    );
    assert_eq!(
        error(two, one).to_string(),
        "thresholds: longest_wait is 1s, and must be at least first_wait (2s)"
    );
    assert!(Thresholds::default().waits(one, one).is_ok());
}

#[test]
fn a_longest_wait_that_is_no_doubling_of_the_first_is_reached_all_the_same() {
    let (first, longest) = (Duration::from_secs(2), Duration::from_secs(5));
    let thresholds = Thresholds::default().waits(first, longest).expect("waits");
    let waits = [0, 1, 2, 3, 255].map(|backoff| thresholds.wait(backoff).as_secs());
    assert_eq!(waits, [2, 4, 5, 5, 5]);
}

#[test]
fn the_longest_durations_do_not_overflow() {
    let thresholds = Thresholds::default()
        .waits(Duration::from_nanos(1), Duration::MAX)
        .expect("waits");
    assert_eq!(thresholds.wait(255), Duration::MAX);
}

#[test]
fn the_longest_counts_are_reached() {
    let thresholds = Thresholds::default().active_failures(255).expect("a count");
    let mut health = Health::active(&thresholds);
    for _ in 0..255 {
        assert_eq!(health.state(), State::Active);
        health = health.after(Event::Failed, &thresholds);
    }
    assert_eq!((health.state(), health.failures()), (State::Down, 255));
}
