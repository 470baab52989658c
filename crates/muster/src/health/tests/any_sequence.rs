//! What holds whatever happens to a node.

use std::time::Duration;

use proptest::{collection::vec, prelude::*, sample::select};

use super::{EVENTS, Event, Health, State, Thresholds};

fn thresholds() -> impl Strategy<Value = Thresholds> {
    let count = || prop_oneof![8 => 1_u32..6, 1 => 1_u32..=255];
    let counts = (count(), count(), count(), count());
    (counts, any::<bool>(), 1_u64..10_000, 0_u64..100_000).prop_map(
        |((active, quarantine, recovery, promotion), refusal, first, more)| {
            let waits = [first, first + more].map(Duration::from_millis);
            Thresholds::default()
                .refusal_is_enough(refusal)
                .active_failures(active)
                .and_then(|thresholds| thresholds.quarantine_failures(quarantine))
                .and_then(|thresholds| thresholds.recovery_probes(recovery))
                .and_then(|thresholds| thresholds.promotion_successes(promotion))
                .and_then(|thresholds| thresholds.waits(waits[0], waits[1]))
                .expect("thresholds")
        },
    )
}

/// An event, or none: the node settles.
fn steps() -> impl Strategy<Value = Vec<Option<Event>>> {
    vec(proptest::option::weighted(0.9, select(&EVENTS[..])), 0..300)
}

fn step(health: Health, event: Option<Event>, thresholds: &Thresholds) -> Health {
    event.map_or_else(|| health.settled(), |event| health.after(event, thresholds))
}

/// Checks what one step may change.
fn check(
    before: Health,
    event: Option<Event>,
    now: Health,
    thresholds: &Thresholds,
) -> Result<(), TestCaseError> {
    let put_out = before.state() != State::Down && now.state() == State::Down;
    let grown = now.generation().wrapping_sub(before.generation());
    prop_assert_eq!(grown, u16::from(put_out), "the generation counts ejections");
    let fails = matches!(event, Some(Event::Failed | Event::Refused | Event::Silent));
    prop_assert!(fails || !put_out, "only failures put a node out");
    if before.state() == State::Down && now.state() != State::Down {
        prop_assert_eq!(event, Some(Event::ProbeSucceeded));
        prop_assert_eq!(now.state(), State::Quarantined, "never at once");
    }
    prop_assert!(now.wait(thresholds) >= before.wait(thresholds) || event.is_none());
    prop_assert!(now.wait(thresholds) <= thresholds.longest_wait);
    prop_assert!(now.wait(thresholds) >= thresholds.first_wait);
    let failures = thresholds
        .active_failures
        .max(thresholds.quarantine_failures);
    prop_assert!(now.failures() <= failures);
    match now.state() {
        State::Active => {
            prop_assert!(now.failures() < thresholds.active_failures);
            let well = now.failures() == 0;
            let successes = if well {
                thresholds.promotion_successes
            } else {
                0
            };
            prop_assert_eq!(now.successes(), successes);
        }
        State::Quarantined => {
            prop_assert!(now.failures() < thresholds.quarantine_failures);
            prop_assert!(now.successes() < thresholds.promotion_successes);
        }
        State::Down => prop_assert!(now.successes() < thresholds.recovery_probes),
    }
    Ok(())
}

/// The successes that are heard in each state, until the node is active; `None` if that never comes.
fn steps_to_active(mut health: Health, thresholds: &Thresholds) -> Option<usize> {
    for steps in 0..=2 * usize::from(u8::MAX) {
        let event = match health.state() {
            State::Active => return Some(steps),
            State::Quarantined => Event::Served,
            State::Down => Event::ProbeSucceeded,
        };
        health = health.after(event, thresholds);
    }
    None
}

proptest! {
    #[test]
    fn whatever_happens_a_node_keeps_to_the_rules_and_finds_its_way_back(
        thresholds in thresholds(),
        joins in any::<bool>(),
        steps in steps(),
    ) {
        let mut health = if joins { Health::joining() } else { Health::active(&thresholds) };
        for event in steps {
            let before = health;
            health = step(before, event, &thresholds);
            check(before, event, health, &thresholds)?;
            let most = thresholds.recovery_probes as usize + thresholds.promotion_successes as usize;
            let way = steps_to_active(health, &thresholds);
            prop_assert!(way.is_some_and(|steps| steps <= most), "{health:?} is stuck");
        }
    }

    #[test]
    fn what_requests_show_of_a_node_that_is_down_is_not_heard(
        thresholds in thresholds(),
        requests in vec(select(&EVENTS[..4]), 1..50),
    ) {
        let thresholds = thresholds.refusal_is_enough(true);
        let down = Health::active(&thresholds).after(Event::Refused, &thresholds);
        for event in requests {
            prop_assert_eq!(down.after(event, &thresholds), down);
        }
    }
}
