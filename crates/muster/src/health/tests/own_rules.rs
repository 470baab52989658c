//! Each state and each event with the default thresholds, as the module's table has it.

use super::{
    Event, Health,
    State::{Active, Down, Quarantined},
    Thresholds, after, down, millis, shown,
};

#[test]
fn an_active_node_moves_as_documented() {
    let thresholds = Thresholds::default();
    let active = Health::active(&thresholds);
    assert_eq!(shown(active), (Active, 0, 10, 0));
    for (event, expected) in [
        (Event::Served, (Active, 0, 10, 0)),
        (Event::Failed, (Active, 1, 0, 0)),
        (Event::Refused, (Down, 1, 0, 1)),
        (Event::Silent, (Down, 1, 0, 1)),
        (Event::ProbeSucceeded, (Active, 0, 10, 0)),
        (Event::ProbeFailed, (Active, 0, 10, 0)),
    ] {
        let next = active.after(event, &thresholds);
        assert_eq!((shown(next), next.backoff()), (expected, 0), "{event:?}");
    }
}

#[test]
fn a_quarantined_node_moves_as_documented() {
    let thresholds = Thresholds::default();
    let joining = Health::joining();
    assert_eq!(shown(joining), (Quarantined, 0, 0, 0));
    for (event, expected) in [
        (Event::Served, (Quarantined, 0, 1, 0)),
        (Event::Failed, (Down, 1, 0, 1)),
        (Event::Refused, (Down, 1, 0, 1)),
        (Event::Silent, (Down, 1, 0, 1)),
        (Event::ProbeSucceeded, (Active, 0, 10, 0)),
        (Event::ProbeFailed, (Quarantined, 0, 0, 0)),
    ] {
        let next = joining.after(event, &thresholds);
        assert_eq!((shown(next), next.backoff()), (expected, 0), "{event:?}");
    }
}

#[test]
fn a_node_that_is_down_moves_as_documented() {
    let thresholds = Thresholds::default();
    let down = down(&thresholds);
    for (event, expected, backoff) in [
        (Event::Served, (Down, 1, 0, 1), 0),
        (Event::Failed, (Down, 1, 0, 1), 0),
        (Event::Refused, (Down, 1, 0, 1), 0),
        (Event::Silent, (Down, 1, 0, 1), 0),
        (Event::ProbeSucceeded, (Quarantined, 0, 0, 1), 1),
        (Event::ProbeFailed, (Down, 1, 0, 1), 1),
    ] {
        let next = down.after(event, &thresholds);
        assert_eq!(
            (shown(next), next.backoff()),
            (expected, backoff),
            "{event:?}"
        );
    }
}

#[test]
fn three_failures_in_a_row_put_a_node_out_and_a_good_answer_between_them_saves_it() {
    let thresholds = Thresholds::default();
    let active = Health::active(&thresholds);
    let twice = [Event::Failed, Event::Failed];
    let saved = after(active, &twice, &thresholds).after(Event::Served, &thresholds);
    assert_eq!(saved, active);
    let out = after(saved, &twice, &thresholds).after(Event::Failed, &thresholds);
    assert_eq!(shown(out), (Down, 3, 0, 1));
}

#[test]
fn a_node_that_comes_back_is_active_after_ten_served_requests() {
    let thresholds = Thresholds::default();
    let back = down(&thresholds).after(Event::ProbeSucceeded, &thresholds);
    let nine = after(back, &[Event::Served; 9], &thresholds);
    assert_eq!(shown(nine), (Quarantined, 0, 9, 1));
    let ten = nine.after(Event::Served, &thresholds);
    assert_eq!(shown(ten), (Active, 0, 10, 1));
}

#[test]
fn a_failure_in_quarantine_ends_what_was_served_in_a_row() {
    let thresholds = Thresholds::default()
        .quarantine_failures(2)
        .expect("a threshold");
    let nine = after(Health::joining(), &[Event::Served; 9], &thresholds);
    let failed = nine.after(Event::Failed, &thresholds);
    assert_eq!(shown(failed), (Quarantined, 1, 0, 0));
    assert_eq!(
        shown(failed.after(Event::Served, &thresholds)),
        (Quarantined, 0, 1, 0)
    );
}

#[test]
fn waits_double_from_a_quarter_of_a_second_to_eight_seconds() {
    let thresholds = Thresholds::default();
    let mut health = down(&thresholds);
    for expected in [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000] {
        assert_eq!(millis(health, &thresholds), expected);
        health = health.after(Event::ProbeFailed, &thresholds);
    }
    assert_eq!(
        health,
        health.after(Event::ProbeFailed, &thresholds),
        "nothing more to write"
    );
}

#[test]
fn a_promotion_does_not_shorten_the_next_wait_and_staying_active_does() {
    let thresholds = Thresholds::default();
    let back = after(
        down(&thresholds),
        &[Event::ProbeFailed, Event::ProbeSucceeded],
        &thresholds,
    );
    assert_eq!(back.backoff(), 2);
    assert_eq!(
        back.settled(),
        back,
        "a quarantined node has not stayed active"
    );
    let mut active = after(back, &[Event::Served; 10], &thresholds);
    for expected in [1_000, 500, 250, 250] {
        let again = active.after(Event::Refused, &thresholds);
        assert_eq!(millis(again, &thresholds), expected);
        assert_eq!(again.settled(), again, "nor has one that is down");
        active = active.settled();
    }
}

#[test]
fn generations_wrap() {
    let thresholds = Thresholds::default();
    let mut health = Health::active(&thresholds);
    for generation in (1..=u16::MAX).chain([0, 1]) {
        health = health.after(Event::Silent, &thresholds);
        assert_eq!((health.state(), health.generation()), (Down, generation));
        health = health.after(Event::ProbeSucceeded, &thresholds);
    }
}
