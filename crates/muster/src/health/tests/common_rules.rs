//! The vectors of ScyllaDB's common rules (`feature-specs/vectors/node-health-transitions.tsv` in
//! scylladb/alternator-client-golang).

use std::time::Duration;

use super::{
    Event::{self, Failed as TF, ProbeFailed as PF, ProbeSucceeded as PS, Served as TS},
    Health, Shown,
    State::{self, Active, Down, Quarantined},
    Thresholds, after, shown,
};

/// Where it starts, how many failures put an active node out, what happens, what comes of it.
type Vector = (State, u32, &'static [Event], Shown);

const VECTORS: [Vector; 16] = [
    (Active, 3, &[TF, TF], (Active, 2, 0, 0)),
    (Active, 3, &[TF, TF, TF], (Down, 3, 0, 1)),
    (Active, 3, &[TF, TS], (Active, 0, 3, 0)),
    (Active, 3, &[PF, PS], (Active, 0, 3, 0)),
    (Quarantined, 3, &[TS, TS], (Quarantined, 0, 2, 0)),
    (Quarantined, 3, &[TS, TS, TS], (Active, 0, 3, 0)),
    (Quarantined, 3, &[TF, TF], (Quarantined, 2, 0, 0)),
    (Quarantined, 3, &[TF, TF, TF], (Down, 3, 0, 1)),
    (Quarantined, 3, &[TS, TF], (Quarantined, 1, 0, 0)),
    (Quarantined, 3, &[PS], (Active, 0, 3, 0)),
    (Quarantined, 3, &[PF], (Quarantined, 0, 0, 0)),
    (Active, 1, &[TF, PS], (Down, 1, 1, 1)),
    (Active, 1, &[TF, PS, PS], (Quarantined, 0, 0, 1)),
    (Active, 1, &[TF, PS, PF], (Down, 1, 0, 1)),
    (Active, 1, &[TF, TS], (Down, 1, 0, 1)),
    (Active, 1, &[TF, TF], (Down, 1, 0, 1)),
];

/// The numbers of the common rules: ten failures in a row put an active node out, three one in quarantine;
/// three probes bring it back, ten served requests make it active.
fn common_rules() -> Thresholds {
    let each = Duration::from_secs(30);
    let thresholds = Thresholds::default()
        .active_failures(10)
        .and_then(|thresholds| thresholds.recovery_probes(3))
        .and_then(|thresholds| thresholds.promotion_successes(10))
        .and_then(|thresholds| thresholds.quarantine_failures(3))
        .and_then(|thresholds| thresholds.waits(each, each));
    thresholds.expect("thresholds").refusal_is_enough(false)
}

fn of_the_vectors(active_failures: u32) -> Thresholds {
    let thresholds = common_rules()
        .active_failures(active_failures)
        .and_then(|thresholds| thresholds.recovery_probes(2))
        .and_then(|thresholds| thresholds.promotion_successes(3))
        .and_then(|thresholds| thresholds.quarantine_failures(3));
    thresholds.expect("thresholds")
}

fn start(state: State, thresholds: &Thresholds) -> Health {
    match state {
        Active => Health::active(thresholds),
        _ => Health::joining(),
    }
}

#[test]
fn the_common_rules_vectors_hold() {
    for (state, active_failures, events, expected) in VECTORS {
        let thresholds = of_the_vectors(active_failures);
        let health = after(start(state, &thresholds), events, &thresholds);
        assert_eq!(
            shown(health),
            expected,
            "{state:?} a{active_failures} {events:?}"
        );
    }
}

#[test]
fn by_the_common_rules_a_refusal_and_a_silence_are_failures_like_any_other() {
    for (state, active_failures, events, expected) in VECTORS {
        let thresholds = of_the_vectors(active_failures);
        for other in [Event::Refused, Event::Silent] {
            let swap = |event: &Event| if *event == TF { other } else { *event };
            let events: Vec<Event> = events.iter().map(swap).collect();
            let health = after(start(state, &thresholds), &events, &thresholds);
            assert_eq!(
                shown(health),
                expected,
                "{state:?} a{active_failures} {events:?}"
            );
        }
    }
}

#[test]
fn by_the_common_rules_a_node_is_probed_every_thirty_seconds() {
    let thresholds = common_rules();
    let mut health = Health::active(&thresholds);
    for _ in 0..10 {
        assert_eq!(health.state(), Active);
        health = health.after(TF, &thresholds);
    }
    for _ in 0..3 {
        assert_eq!(
            (health.state(), health.wait(&thresholds).as_secs()),
            (Down, 30)
        );
        health = health.after(PF, &thresholds);
    }
}
