//! Slow nodes, slow moments, and what is forgotten of them.

use std::time::Duration;

use tower_muster::policy::PowerOfTwo;

use crate::fleet::{Fleet, Reply, millis, share};

const WELL: Reply = Reply::Served(millis(4));

fn fleet(nodes: usize) -> Fleet<PowerOfTwo> {
    Fleet::new(nodes, PowerOfTwo::latency_aware())
}

/// One node is slower, the others are well.
fn slow(node: usize, after: Duration) -> impl Fn(usize) -> Reply {
    move |chosen| match chosen == node {
        true => Reply::Served(after),
        false => WELL,
    }
}

#[test]
fn one_stall_of_a_second_costs_a_node_no_load_in_the_half_minute_after() {
    for nodes in [3, 9] {
        let mut fleet = fleet(nodes);
        fleet.run(millis(3_000), millis(1), |_| WELL);
        fleet.run(millis(50), millis(1), slow(0, millis(1_000)));
        fleet.run(millis(1_000), millis(1), |_| WELL);
        let after = fleet.run(millis(30_000), millis(1), |_| WELL);
        assert!(share(&after, 0) > 0.9, "{after:?}");
    }
}

#[test]
fn a_node_that_was_slow_is_still_doubted_after_minutes_without_a_request() {
    let mut fleet = fleet(9);
    fleet.run(millis(5_000), millis(1), slow(0, millis(80)));
    fleet.wait(Duration::from_secs(300));
    // A burst, before any answer: an estimate that had faded to nothing would draw it all.
    let mut counts = [0; 9];
    (0..90).for_each(|_| counts[fleet.send(slow(0, millis(80)))] += 1);
    let most = counts.iter().max().expect("nodes");
    assert!(*most <= 20, "twice what is even: {counts:?}");
    assert!(counts[0] <= 1, "one finds out: {counts:?}");
}

#[test]
fn requests_that_are_given_up_do_not_make_their_node_look_fast() {
    let mut fleet = fleet(9);
    fleet.run(millis(2_000), millis(1), |_| WELL);
    // It answers nothing; the callers, or their hedges, lose patience soon.
    let stuck = |node| match node {
        0 => Reply::Dropped(millis(10)),
        _ => WELL,
    };
    fleet.run(millis(1_000), millis(1), stuck);
    let later = fleet.run(millis(10_000), millis(1), stuck);
    assert!(share(&later, 0) < 0.1, "{later:?}");
}

#[test]
fn many_callers_that_lose_patience_at_once_keep_no_node_out_for_longer_than_one() {
    let mut fleet = fleet(9);
    fleet.run(millis(2_000), millis(1), |_| WELL);
    // It answers nothing for a moment, with a ninth of many requests in flight, of which each waits a little longer.
    for patience in 120..300 {
        fleet.send(|node| match node {
            0 => Reply::Dropped(millis(patience)),
            _ => WELL,
        });
    }
    fleet.wait(millis(300));
    let asked = fleet.run(millis(600), millis(1), |_| WELL);
    assert!(asked[0] > 0, "{asked:?}");
}

#[test]
fn a_slow_node_that_is_well_again_is_used_again() {
    let mut fleet = fleet(9);
    fleet.run(millis(2_000), millis(1), |_| WELL);
    let slow = fleet.run(millis(10_000), millis(1), slow(0, millis(80)));
    assert!(share(&slow, 0) < 0.05, "{slow:?}");
    fleet.run(millis(10_000), millis(1), |_| WELL);
    let after = fleet.run(millis(5_000), millis(1), |_| WELL);
    assert!(share(&after, 0) > 0.9, "{after:?}");
}

#[test]
fn requests_of_very_different_size_make_no_node_look_slow() {
    let mut fleet = fleet(9);
    fleet.run(millis(2_000), millis(1), |_| WELL);
    let counts = {
        let mut counts = vec![0; 9];
        for number in 0..20_000 {
            let size = if number % 100 == 0 { 50 } else { 1 };
            counts[fleet.send(|_| Reply::Served(millis(size * 2)))] += 1;
            fleet.wait(millis(1));
        }
        counts
    };
    for node in 0..9 {
        assert!((0.75..1.25).contains(&share(&counts, node)), "{counts:?}");
    }
}
