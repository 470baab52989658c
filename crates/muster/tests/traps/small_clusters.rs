//! Clusters of a few nodes, of which some or all are bad.

use tower_muster::{Outcome, policy::PowerOfTwo};

use crate::fleet::{Fleet, Reply, millis};

#[test]
fn however_many_nodes_are_bad_requests_are_sent_and_the_good_ones_get_them() {
    for nodes in [1, 2, 3, 9] {
        for bad in 0..=nodes {
            for outcome in [Outcome::REFUSED, Outcome::AMBIGUOUS] {
                let reply = |node| match node < bad {
                    true => Reply::Failed(millis(1), outcome),
                    false => Reply::Served(millis(4)),
                };
                let mut fleet = Fleet::new(nodes, PowerOfTwo::latency_aware());
                fleet.run(millis(5_000), millis(2), reply);
                // A request that finds no node fails the test.
                let counts = fleet.run(millis(10_000), millis(2), reply);
                let lost: u32 = counts[..bad].iter().sum();
                let of = counts.iter().sum::<u32>();
                if bad < nodes {
                    assert!(lost * 100 <= of, "{bad} of {nodes} bad: {counts:?}");
                }
            }
        }
    }
}

#[test]
fn when_all_were_bad_and_all_are_well_all_are_used() {
    for nodes in [1, 2, 3, 9] {
        let mut fleet = Fleet::new(nodes, PowerOfTwo::latency_aware());
        let refused = |_| Reply::Failed(millis(1), Outcome::REFUSED);
        fleet.run(millis(30_000), millis(2), refused);
        fleet.run(millis(20_000), millis(2), |_| Reply::Served(millis(4)));
        let counts = fleet.run(millis(5_000), millis(2), |_| Reply::Served(millis(4)));
        let (least, most) = (counts.iter().min(), counts.iter().max());
        let (least, most) = (*least.expect("nodes"), *most.expect("nodes"));
        assert!(least * 10 >= most * 8, "{counts:?}");
    }
}
