//! The cell in every interleaving of two or three threads.

use ::loom::{
    model,
    sync::Arc,
    thread::{self, JoinHandle},
};

use super::{Change, Event, Health, State, Thresholds, down};
use crate::health::HealthCell;

/// Observes in a thread of its own.
fn spawn(
    cell: &Arc<HealthCell>,
    event: Event,
    generation: u16,
    thresholds: Thresholds,
) -> JoinHandle<Option<Change>> {
    let cell = Arc::clone(cell);
    thread::spawn(move || cell.observe(event, generation, &thresholds))
}

fn joined<const N: usize>(threads: [JoinHandle<Option<Change>>; N]) -> [Option<Change>; N] {
    threads.map(|thread| thread.join().expect("a thread that ends"))
}

fn ejections(changes: &[Option<Change>]) -> usize {
    let all = changes.iter().flatten();
    all.filter(|change| change.is_ejection()).count()
}

fn cell(health: Health) -> Arc<HealthCell> {
    Arc::new(HealthCell::new(health))
}

#[test]
fn concurrent_failures_are_all_counted_and_one_of_them_ejects() {
    model(|| {
        let thresholds = Thresholds::default();
        let cell = cell(Health::active(&thresholds));
        let [second, third] = [(); 2].map(|()| spawn(&cell, Event::Failed, 0, thresholds));
        let first = cell.observe(Event::Failed, 0, &thresholds);
        let [second, third] = joined([second, third]);
        assert_eq!(ejections(&[first, second, third]), 1);
        let health = cell.load();
        assert_eq!(
            (health.state(), health.failures(), health.generation()),
            (State::Down, 3, 1)
        );
    });
}

#[test]
fn concurrent_refusals_eject_once() {
    model(|| {
        let thresholds = Thresholds::default();
        let cell = cell(Health::active(&thresholds));
        let others = [Event::Silent, Event::Refused];
        let others = others.map(|event| spawn(&cell, event, 0, thresholds));
        let first = cell.observe(Event::Refused, 0, &thresholds);
        let [second, third] = joined(others);
        assert_eq!(ejections(&[first, second, third]), 1);
        assert_eq!(cell.load(), down(&thresholds));
    });
}

#[test]
fn a_good_answer_beside_a_refusal_does_not_undo_the_ejection() {
    model(|| {
        let thresholds = Thresholds::default();
        let failing = Health::active(&thresholds).after(Event::Failed, &thresholds);
        let cell = cell(failing);
        let others = [Event::Served, Event::Failed];
        let others = others.map(|event| spawn(&cell, event, 0, thresholds));
        let refused = cell.observe(Event::Refused, 0, &thresholds);
        let [served, failed] = joined(others);
        assert_eq!(ejections(&[refused, served, failed]), 1);
        let health = cell.load();
        assert_eq!((health.state(), health.generation()), (State::Down, 1));
    });
}

#[test]
fn stragglers_beside_an_ejection_and_its_probe_never_promote() {
    model(|| {
        let thresholds = Thresholds::default()
            .promotion_successes(1)
            .expect("a threshold");
        let cell = cell(Health::active(&thresholds));
        let stragglers =
            [Event::Served, Event::ProbeSucceeded].map(|event| spawn(&cell, event, 0, thresholds));
        assert!(cell.observe(Event::Refused, 0, &thresholds).is_some());
        assert!(
            cell.observe(Event::ProbeSucceeded, 1, &thresholds)
                .is_some()
        );
        assert_eq!(joined(stragglers), [None, None]);
        let health = cell.load();
        assert_eq!(
            (health.state(), health.generation()),
            (State::Quarantined, 1)
        );
    });
}

#[test]
fn a_recovery_is_told_to_one_of_two_probes() {
    model(|| {
        let thresholds = Thresholds::default();
        let cell = cell(down(&thresholds));
        let probes = [(); 2].map(|()| spawn(&cell, Event::ProbeSucceeded, 1, thresholds));
        let changes = joined(probes);
        let recoveries = changes.iter().flatten();
        assert_eq!(recoveries.filter(|change| change.is_recovery()).count(), 1);
        assert_eq!(cell.load().generation(), 1);
    });
}

#[test]
fn to_settle_beside_an_ejection_neither_loses_it_nor_shortens_its_wait_twice() {
    model(|| {
        let thresholds = Thresholds::default();
        let back = down(&thresholds).after(Event::ProbeSucceeded, &thresholds);
        let active = back.after(Event::ProbeSucceeded, &thresholds);
        let cell = cell(active);
        let settling = Arc::clone(&cell);
        let settling = thread::spawn(move || settling.settle(1));
        let ejection = cell.observe(Event::Refused, 1, &thresholds);
        assert!(ejection.is_some_and(Change::is_ejection));
        let settled = settling.join().expect("a thread that ends");
        let health = cell.load();
        assert_eq!((health.state(), health.generation()), (State::Down, 2));
        assert_eq!(health.backoff(), u8::from(settled.is_none()));
    });
}
