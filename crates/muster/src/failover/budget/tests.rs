use std::time::Duration;

use tokio::time::Instant;

use super::Budget;
use crate::{Node, tests::fakes::node};

const SECOND: Duration = Duration::from_secs(1);

fn deposit(budget: &Budget, calls: usize) {
    for _ in 0..calls {
        budget.deposit();
    }
}

/// How many attempts can be taken out at one moment.
fn drain(budget: &Budget, now: Instant) -> usize {
    (0..100_000).take_while(|_| budget.withdraw(now)).count()
}

#[test]
fn numbers_that_make_no_budget_are_refused_by_their_field() {
    for (share, per_second, field) in [
        (-0.1, 1.0, "share is -0.1"),
        (1.1, 1.0, "share is 1.1"),
        (f64::NAN, 1.0, "share is NaN"),
        (0.1, -1.0, "per_second is -1"),
        (0.1, f64::NAN, "per_second is NaN"),
        (0.1, f64::INFINITY, "per_second is inf"),
        (0.1, 10_001.0, "per_second is 10001"),
    ] {
        let error = Budget::new(share, per_second).expect_err(field).to_string();
        assert!(error.contains(field), "{error}");
    }
    for (share, per_second) in [(0.0, 0.0), (1.0, 0.0), (0.1, 1_000.0)] {
        assert!(Budget::new(share, per_second).is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn the_reserve_is_there_without_a_call_and_comes_back() {
    let budget = Budget::new(0.0, 3.0).expect("a budget");
    let now = Instant::now();
    assert_eq!(drain(&budget, now), 30, "three a second for ten seconds");
    assert_eq!(drain(&budget, now + SECOND * 10), 0);
    assert_eq!(drain(&budget, now + SECOND * 11), 30);
}

#[tokio::test(start_paused = true)]
async fn what_was_spent_comes_back_when_it_leaves_the_window() {
    let budget = Budget::new(0.0, 1.0).expect("a budget");
    let begun = Instant::now();
    for second in 0..5 {
        assert!(budget.withdraw(begun + SECOND * second));
        assert!(budget.withdraw(begun + SECOND * second));
    }
    assert!(!budget.withdraw(begun + SECOND * 9));
    assert_eq!(
        drain(&budget, begun + SECOND * 11),
        2,
        "those of the first second; the edge is within"
    );
}

#[tokio::test(start_paused = true)]
async fn a_tenth_of_the_calls_may_be_repeated() {
    let budget = Budget::new(0.1, 0.0).expect("a budget");
    let now = Instant::now();
    assert_eq!(drain(&budget, now), 0, "no call yet");
    deposit(&budget, 995);
    assert_eq!(drain(&budget, now + SECOND), 99, "99.5, rounded down");
    deposit(&budget, 1_000);
    assert_eq!(drain(&budget, now + SECOND), 100);
}

#[tokio::test(start_paused = true)]
async fn calls_that_left_the_window_no_longer_count() {
    let budget = Budget::new(0.1, 0.0).expect("a budget");
    let begun = Instant::now();
    deposit(&budget, 10_000);
    assert!(budget.withdraw(begun));
    for second in 1..=30 {
        // Withdrawals mark the time, as those of an outage do.
        deposit(&budget, 10);
        drain(&budget, begun + SECOND * second);
    }
    deposit(&budget, 10);
    let left = drain(&budget, begun + SECOND * 41);
    assert!(
        left <= 13,
        "a tenth of some 110 calls, and not of 10,310: {left}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_time_without_a_withdrawal_is_averaged() {
    let budget = Budget::new(0.1, 0.0).expect("a budget");
    deposit(&budget, 360_000);
    // 100 calls a second for an hour: the last ten seconds had a thousand.
    let left = drain(&budget, Instant::now() + SECOND * 3_600);
    assert!((90..=100).contains(&left), "{left}");
}

#[tokio::test(start_paused = true)]
async fn time_that_runs_backwards_does_no_harm() {
    let budget = Budget::new(0.0, 1.0).expect("a budget");
    let later = Instant::now() + SECOND * 100;
    assert!(budget.withdraw(later));
    assert_eq!(drain(&budget, later - SECOND * 50), 9);
    assert_eq!(drain(&budget, later + SECOND * 11), 10);
}

#[tokio::test(start_paused = true)]
async fn any_steady_outage_costs_a_tenth_over_any_ten_seconds() {
    for rate in [1, 10, 100, 1_000] {
        let budget = Budget::new(0.1, 0.0).expect("a budget");
        let begun = Instant::now();
        let mut spent = Vec::new();
        for tick in 0..rate * 40 {
            let now = begun + SECOND * tick / rate;
            budget.deposit();
            spent.extend(budget.withdraw(now).then_some(now));
        }
        for from in (0..30).map(|second| begun + SECOND * second) {
            let within = spent
                .iter()
                .filter(|at| (from..from + SECOND * 10).contains(at));
            let (extra, calls) = (within.count(), f64::from(rate) * 10.0);
            assert!(extra as f64 <= 0.1 * calls, "{extra} for {calls}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_bad_node_leaves_half_of_the_budget_to_the_others() {
    let [bad, good] = [1, 2].map(node);
    let budget = Budget::new(0.1, 0.0).expect("a budget");
    deposit(&budget, 1_000);
    let now = Instant::now() + SECOND;
    let drain_for = |node: &Node, now| {
        let withdrawals = (0..1_000).take_while(|_| budget.withdraw_for(node, now));
        withdrawals.count()
    };
    assert_eq!(drain_for(&bad, now), 50);
    assert_eq!(drain_for(&good, now), 50);
    assert!(!budget.withdraw(now));
    deposit(&budget, 1_000);
    let again = drain_for(&bad, now + SECOND * 11);
    assert!((40..=50).contains(&again), "its share is back: {again}");
}

#[test]
fn clones_are_one_budget() {
    let budget = Budget::new(0.0, 0.1).expect("a budget");
    let clone = budget.clone();
    let now = Instant::now();
    assert!(clone.withdraw(now));
    assert!(!budget.withdraw(now));
    assert!(
        format!("{budget:?}").contains("per_second: 0.1"),
        "{budget:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn calls_that_come_at_random_cost_no_more_either() {
    fastrand::seed(7);
    let budget = Budget::new(0.1, 10.0).expect("a budget");
    let begun = Instant::now();
    let (mut calls, mut spent, mut now) = (Vec::new(), Vec::new(), 0.0);
    while now < 40.0 {
        now += -(1.0 - fastrand::f64()).ln() / 5_000.0;
        budget.deposit();
        calls.push(now);
        // Ten seconds of peace come first.
        let instant = begun + Duration::from_secs_f64(now);
        if now > 10.0 && budget.withdraw(instant) {
            spent.push(now);
        }
    }
    let within = |times: &[f64], from: f64| {
        let until = times.partition_point(|time| *time < from + 10.0);
        until - times.partition_point(|time| *time < from)
    };
    for from in (0..300).map(|tenth| f64::from(tenth) / 10.0) {
        let (calls, extra) = (within(&calls, from) as f64, within(&spent, from) as f64);
        assert!(
            extra <= 0.1 * calls + 101.0,
            "{extra} for {calls} from {from}"
        );
    }
}
