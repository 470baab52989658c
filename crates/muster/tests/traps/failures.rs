//! Nodes that fail, and how they come back.

use tower_muster::{Outcome, policy::PowerOfTwo};

use crate::fleet::{Fleet, Reply, millis, share};

const WELL: Reply = Reply::Served(millis(4));

fn fleet(nodes: usize) -> Fleet<PowerOfTwo> {
    let mut fleet = Fleet::new(nodes, PowerOfTwo::latency_aware());
    fleet.run(millis(2_000), millis(1), |_| WELL);
    fleet
}

/// The first node fails at once, the others are well.
fn failing(outcome: Outcome) -> impl Fn(usize) -> Reply {
    move |node| match node {
        0 => Reply::Failed(millis(0), outcome),
        _ => WELL,
    }
}

const FAILURES: [Outcome; 3] = [Outcome::REFUSED, Outcome::AMBIGUOUS, Outcome::OVERLOADED];

#[test]
fn a_node_that_fails_fast_does_not_draw_the_load() {
    for outcome in FAILURES {
        let mut fleet = fleet(10);
        let first = fleet.run(millis(1_000), millis(1), failing(outcome));
        assert!(first[0] <= 10, "{outcome:?}: {first:?}");
        let later = fleet.run(millis(20_000), millis(1), failing(outcome));
        assert!(share(&later, 0) < 0.02, "{outcome:?}: {later:?}");
    }
}

#[test]
fn a_node_that_fails_costs_few_requests_where_few_are_sent() {
    for outcome in [Outcome::REFUSED, Outcome::AMBIGUOUS] {
        let mut fleet = Fleet::new(3, PowerOfTwo::latency_aware());
        fleet.run(millis(3_000), millis(50), |_| WELL);
        let counts = fleet.run(millis(10_000), millis(50), failing(outcome));
        assert!(counts[0] <= 10, "of 200 at 20 a second: {counts:?}");
    }
}

#[test]
fn a_node_that_is_back_has_its_part_again_within_seconds() {
    for outcome in FAILURES {
        let mut fleet = fleet(9);
        fleet.run(millis(5_000), millis(1), failing(outcome));
        fleet.run(millis(10_000), millis(1), |_| WELL);
        let after = fleet.run(millis(5_000), millis(1), |_| WELL);
        assert!(share(&after, 0) > 0.9, "{outcome:?}: {after:?}");
    }
}

#[test]
fn a_request_that_was_to_find_out_and_is_lost_does_not_keep_a_node_out() {
    let mut fleet = fleet(5);
    fleet.run(millis(50), millis(1), failing(Outcome::REFUSED));
    // Whatever asks it again is given up without an answer, for a while.
    let lost = |node| match node {
        0 => Reply::Dropped(millis(5)),
        _ => WELL,
    };
    fleet.run(millis(20_000), millis(1), lost);
    fleet.run(millis(20_000), millis(1), |_| WELL);
    let after = fleet.run(millis(5_000), millis(1), |_| WELL);
    assert!(share(&after, 0) > 0.9, "{after:?}");
}

#[test]
fn callers_that_lose_patience_do_not_put_off_when_a_node_that_is_down_is_asked_again() {
    let mut fleet = fleet(9);
    let stuck = |node| match node {
        0 => Reply::Dropped(millis(100)),
        _ => Reply::Served(millis(100)),
    };
    for _ in 0..180 {
        fleet.send(stuck);
    }
    // It is known to be down while they wait.
    while fleet.send(failing(Outcome::REFUSED)) != 0 {}
    fleet.wait(millis(100));
    let asked = fleet.run(millis(400), millis(1), |_| WELL);
    assert!(
        asked[0] > 0,
        "it waits for a quarter of a second: {asked:?}"
    );
}

#[test]
fn no_error_takes_a_node_away_for_ever() {
    let mut fleet = fleet(9);
    fastrand::seed(3);
    for _ in 0..1_000 {
        let outcome = FAILURES[fastrand::usize(..3)];
        fleet.send(|_| Reply::Failed(millis(fastrand::u64(..20)), outcome));
        fleet.wait(millis(2));
    }
    assert_eq!(fleet.cluster.nodes().len(), 9);
    fleet.run(millis(30_000), millis(1), |_| WELL);
    let after = fleet.run(millis(10_000), millis(1), |_| WELL);
    for node in 0..9 {
        assert!(share(&after, node) > 0.9, "node {node}: {after:?}");
    }
}

#[test]
fn what_one_thread_has_found_out_every_thread_knows_with_its_next_request() {
    let mut fleet = fleet(9);
    while fleet.send(failing(Outcome::REFUSED)) != 0 {}
    fleet.wait(millis(0));
    let cluster = &fleet.cluster;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let (request, policy) = (http::Request::new(()), PowerOfTwo::latency_aware());
                for _ in 0..1_000 {
                    let route = tower_muster::policy::Route::of(&request);
                    let lease = cluster.pick(&policy, &route).expect("a node");
                    assert_ne!(crate::fleet::number(lease.node()), 0);
                }
            });
        }
    });
}

#[test]
fn an_overload_of_all_nodes_leaves_no_trace_once_it_is_over() {
    let mut fleet = fleet(9);
    let turned_away = |_| Reply::Failed(millis(1), Outcome::OVERLOADED);
    fleet.run(millis(10_000), millis(1), turned_away);
    fleet.run(millis(5_000), millis(1), |_| WELL);
    let after = fleet.run(millis(5_000), millis(1), |_| WELL);
    for node in 0..9 {
        assert!(share(&after, node) > 0.9, "node {node}: {after:?}");
    }
}
