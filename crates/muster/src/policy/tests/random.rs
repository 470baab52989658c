use super::{assert_even, set_aside, shares};
use crate::{policy::Random, tests::fakes::cluster};

#[test]
fn every_node_is_as_likely_as_any_other() {
    let shares = shares(&cluster(9), &Random::new(), 90_000);
    assert_eq!(shares.len(), 9);
    assert_even(&shares, 0.05);
}

#[tokio::test(start_paused = true)]
async fn the_part_of_a_node_that_is_out_falls_to_all_others() {
    let cluster = cluster(4);
    set_aside(&cluster, 2);
    let shares = shares(&cluster, &Random::new(), 60_000);
    assert_eq!(shares.len(), 3);
    assert_even(&shares, 0.05);
}
