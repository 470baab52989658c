//! The cell takes in what belongs to its generation, and tells each change once.

use super::{Event, Health, State, Thresholds, down};
use crate::health::HealthCell;

#[test]
fn a_change_is_told_with_both_its_ends() {
    let thresholds = Thresholds::default();
    let active = Health::active(&thresholds);
    let cell = HealthCell::new(active);
    let change = cell
        .observe(Event::Refused, 0, &thresholds)
        .expect("a change");
    assert_eq!((change.from, change.to), (active, down(&thresholds)));
    assert!(change.is_ejection() && change.is_move() && !change.is_recovery());
    assert_eq!(cell.load(), change.to);
    let change = cell
        .observe(Event::ProbeSucceeded, 1, &thresholds)
        .expect("a change");
    assert!(change.is_recovery() && change.is_move() && !change.is_ejection());
}

#[test]
fn what_changes_nothing_is_not_told() {
    let thresholds = Thresholds::default();
    let cell = HealthCell::new(Health::active(&thresholds));
    assert_eq!(cell.observe(Event::Served, 0, &thresholds), None);
    assert_eq!(cell.settle(0), None);
    let counted = cell
        .observe(Event::Failed, 0, &thresholds)
        .expect("a change");
    assert!(!counted.is_move() && !counted.is_ejection());
}

#[test]
fn what_began_before_an_ejection_says_nothing_after_it() {
    let thresholds = Thresholds::default();
    let down = down(&thresholds);
    for event in super::EVENTS {
        let cell = HealthCell::new(down);
        assert_eq!(cell.observe(event, 0, &thresholds), None, "{event:?}");
        assert_eq!(cell.load(), down, "{event:?}");
    }
}

#[test]
fn what_began_before_an_ejection_says_nothing_after_the_recovery_either() {
    let thresholds = Thresholds::default();
    let back = down(&thresholds).after(Event::ProbeSucceeded, &thresholds);
    let cell = HealthCell::new(back);
    for event in super::EVENTS {
        assert_eq!(cell.observe(event, 0, &thresholds), None, "{event:?}");
    }
    assert_eq!(cell.load().state(), State::Quarantined);
}

#[test]
fn a_node_settles_in_its_generation_only() {
    let thresholds = Thresholds::default();
    let active = down(&thresholds)
        .after(Event::ProbeSucceeded, &thresholds)
        .after(Event::ProbeSucceeded, &thresholds);
    let cell = HealthCell::new(active);
    assert_eq!(cell.settle(0), None);
    let change = cell.settle(1).expect("a change");
    assert_eq!((change.from.backoff(), change.to.backoff()), (1, 0));
}
