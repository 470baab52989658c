//! What the engine promises: the same each time, and nothing that a client could not see.

use tokio::runtime::Builder;

use super::*;
use crate::simulate::{
    condition::{Condition, Span},
    workload::Rate,
    world::CallRules,
};

const EVERY: [Method; 8] = [
    Method::Ours,
    Method::OursInTurn,
    Method::RoundRobin,
    Method::LeastLoaded,
    Method::Pending,
    Method::PeakEwma,
    Method::Penalized,
    Method::Oracle,
];

/// Half a second of three servers.
fn small() -> World {
    World::sound(3, 0.4).lasting(0.5, 0.0)
}

/// The first of the servers is ill from the beginning; calls are few enough for a node's part of the budget's reserve.
fn ailing(condition: &Condition) -> World {
    let few = small().at_rate(Rate::constant(300.0));
    few.ailing([0], Span::new(0.0, 1e6), condition)
}

fn log(world: &World, method: Method, seed: u64) -> Log {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    let _within = runtime.enter();
    run(&runtime, world, method, 2, seed).unwrap()
}

fn unanswered(log: &Log) -> usize {
    log.calls.iter().filter(|call| call.took.is_none()).count()
}

#[test]
fn a_run_repeats_itself_with_its_seed_and_with_no_other() {
    let calls = CallRules {
        retries: 2,
        timeout: Some(nanos(0.02)),
        hedges: true,
        probes: true,
    };
    let world = small().calling(calls);
    let story = |method, seed| {
        let log = log(&world, method, seed);
        let sent = log.sent.iter().map(|sent| (sent.at, sent.server));
        let took = log.calls.iter().map(|call| call.took);
        (sent.collect::<Vec<_>>(), took.collect::<Vec<_>>())
    };
    for method in EVERY {
        assert_eq!(story(method, 7), story(method, 7), "{method:?}");
        assert_ne!(story(method, 7), story(method, 8), "{method:?}");
    }
}

#[test]
fn a_sound_fleet_answers_each_call_with_one_attempt() {
    for method in EVERY {
        let log = log(&small(), method, 1);
        assert_eq!((unanswered(&log), log.calls.len()), (0, log.sent.len()));
        let fastest = log.calls.iter().filter_map(|call| call.took).min();
        assert!(fastest.unwrap() > 2 * ONE_WAY, "over the network and back");
    }
}

#[test]
fn requests_come_when_they_do_whatever_the_policy() {
    let begun = |method| {
        let log = log(&small(), method, 3);
        let calls = log.calls.iter().map(|call| (call.begun, call.client));
        calls.collect::<Vec<_>>()
    };
    assert_eq!(begun(Method::Ours), begun(Method::Oracle));
}

#[test]
fn a_call_that_was_refused_is_tried_again_at_another_server() {
    let down = Condition {
        down: vec![Span::new(0.0, 1e6)],
        ..Condition::default()
    };
    let calls = CallRules {
        retries: 1,
        ..CallRules::default()
    };
    for method in EVERY {
        let without = log(&ailing(&down), method, 1);
        let with = log(&ailing(&down).calling(calls), method, 1);
        assert_eq!(unanswered(&with), 0, "{method:?}");
        let again = with.sent.len() - with.calls.len();
        let refused = with.sent.iter().filter(|sent| sent.server == 0).count();
        assert_eq!(again, refused, "{method:?}");
        assert_eq!(without.sent.len(), without.calls.len(), "{method:?}");
    }
}

#[test]
fn a_call_to_a_silent_server_takes_its_timeout_and_no_attempt_ends_twice() {
    let silent = Condition {
        silent: Some(Span::new(0.0, 1e6)),
        ..Condition::default()
    };
    let calls = CallRules {
        retries: 1,
        timeout: Some(nanos(0.05)),
        ..CallRules::default()
    };
    let log = log(&ailing(&silent).calling(calls), Method::RoundRobin, 1);
    let late = |call: &&Called| call.took.is_some_and(|took| took > nanos(0.05));
    let again = log.sent.len() - log.calls.len();
    assert!(again > 0, "a third of the calls goes there");
    assert_eq!(log.calls.iter().filter(late).count(), again);
    assert_eq!(unanswered(&log), 0);
}

#[test]
fn of_two_attempts_the_faster_one_counts_and_there_are_few_of_them() {
    let slow = Condition {
        slower: Some((Span::new(0.0, 1e6), 50.0)),
        ..Condition::default()
    };
    let hedges = CallRules {
        hedges: true,
        ..CallRules::default()
    };
    let world = ailing(&slow).lasting(4.0, 0.0);
    let took = |world: &World| {
        let log = log(world, Method::PeakEwma, 1);
        assert_eq!(unanswered(&log), 0);
        let mean = log.calls.iter().filter_map(|call| call.took).sum::<Nanos>();
        let more = log.sent.len() as f64 / log.calls.len() as f64;
        (mean / log.calls.len() as Nanos, more)
    };
    let (alone, one) = took(&world);
    let (hedged, more) = took(&world.calling(hedges));
    assert!(hedged < alone, "{hedged} ns, and {alone} without");
    assert_eq!(one, 1.0);
    assert!(more > 1.01 && more <= 1.06, "{more} attempts for each call");
}

#[test]
fn work_is_lost_with_a_server_that_goes_down_unless_it_drains() {
    let errors = |drains| {
        let restart = Condition {
            down: vec![Span::new(0.2, 0.3)],
            drains,
            ..Condition::default()
        };
        // The one that knows when a server is down sends it nothing, so only lost work fails.
        let log = log(&ailing(&restart), Method::Oracle, 1);
        unanswered(&log)
    };
    assert_eq!(errors(true), 0);
    assert!(errors(false) > 0);
}
