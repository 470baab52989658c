//! Many clients that know nothing of each other.

use tower_muster::{
    Policy,
    policy::{PowerOfTwo, RoundRobin},
};

use crate::fleet::{Fleet, Reply, millis};

/// What each node gets in each millisecond of clients that begin together.
fn load_by_millisecond<P: Policy>(clients: &mut [Fleet<P>]) -> Vec<[u32; 9]> {
    let mut load = vec![[0; 9]; 100];
    for counts in &mut load {
        for client in &mut *clients {
            counts[client.send(|_| Reply::Served(millis(4)))] += 1;
            client.wait(millis(1));
        }
    }
    load
}

#[test]
fn clients_that_take_turns_and_begin_together_do_not_march_together() {
    fastrand::seed(11);
    let mut clients: Vec<_> = (0..900).map(|_| Fleet::new(9, RoundRobin::new())).collect();
    for counts in load_by_millisecond(&mut clients) {
        let most = counts.iter().max().expect("nodes");
        assert!(f64::from(*most) <= 1.3 * 100.0, "{counts:?}");
    }
}

#[test]
fn clients_do_not_all_run_to_the_node_that_looks_best() {
    let mut clients: Vec<_> = (0..20)
        .map(|_| Fleet::new(9, PowerOfTwo::latency_aware()))
        .collect();
    // One node answers a little faster than the others, and every client knows.
    let reply = |node| Reply::Served(millis(if node == 0 { 3 } else { 4 }));
    let mut in_flight = [0_u32; 9];
    for client in &mut clients {
        client.run(millis(2_000), millis(2), reply);
        for _ in 0..9 {
            client.send(reply);
        }
        for (sum, node) in in_flight.iter_mut().zip(client.cluster.nodes()) {
            *sum += node.in_flight();
        }
    }
    let mean = f64::from(in_flight.iter().sum::<u32>()) / 9.0;
    let most = f64::from(*in_flight.iter().max().expect("nodes"));
    assert!(most <= 2.0 * mean, "{in_flight:?}");
}
