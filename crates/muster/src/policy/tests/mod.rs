mod any_policy;
mod candidates;
mod filter;
mod first_of;
mod in_scope;
mod power_of_two;
mod rack_affinity;
mod random;
mod rendezvous;
mod ring;
mod round_robin;
mod route;
mod weighted;

use std::collections::BTreeMap;

use http::Request;

use super::{Candidate, Candidates, Policy, Route};
use crate::{
    Cluster, Lease, NoNode, Outcome,
    tests::fakes::{attempt_after, host},
};

/// Chooses one node, if it may be chosen.
struct At(u8);

impl Policy for At {
    fn pick<'a>(&self, _: &Route<'_>, candidates: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        let mut candidates_at = candidates.iter().filter(|c| host(c.node()) == self.0);
        Some(candidates_at.next().unwrap_or(candidates.any()))
    }
}

/// A pick by chance of `seed`, after attempts at the nodes `tried`.
fn pick(
    cluster: &Cluster,
    policy: &(impl Policy + ?Sized),
    seed: u64,
    tried: &[u8],
) -> Result<Lease, NoNode> {
    let mut request = Request::new(());
    if !tried.is_empty() {
        let attempt = attempt_after(cluster, tried);
        request.extensions_mut().insert(attempt);
    }
    cluster.pick(policy, &Route::of(&request).seeded(seed))
}

/// Which node a pick falls to that ends at once.
fn picked(cluster: &Cluster, policy: &(impl Policy + ?Sized), seed: u64, tried: &[u8]) -> u8 {
    let lease = pick(cluster, policy, seed, tried).expect("a node");
    host(lease.node())
}

/// How many of so many picks fall to each node, none being in flight.
fn shares(cluster: &Cluster, policy: &(impl Policy + ?Sized), picks: u64) -> BTreeMap<u8, u64> {
    let mut shares = BTreeMap::new();
    for seed in 0..picks {
        *shares
            .entry(picked(cluster, policy, seed, &[]))
            .or_default() += 1;
    }
    shares
}

fn set_aside(cluster: &Cluster, wanted: u8) {
    let mut lease = pick(cluster, &At(wanted), 0, &[]).expect("a node");
    assert_eq!(host(lease.node()), wanted, "it was a candidate");
    lease.learn(Outcome::REFUSED);
}

/// Requests in flight at one node.
fn occupy(cluster: &Cluster, wanted: u8, requests: usize) -> Vec<Lease> {
    let leases = (0..requests).map(|_| pick(cluster, &At(wanted), 0, &[]).expect("a node"));
    leases.collect()
}

/// Asserts that all shares are within a part of their mean.
fn assert_even(shares: &BTreeMap<u8, u64>, tolerance: f64) {
    let mean = shares.values().sum::<u64>() as f64 / shares.len() as f64;
    for (host, share) in shares {
        let off = (*share as f64 - mean).abs() / mean;
        assert!(
            off <= tolerance,
            "node {host} is {off:.3} off the mean: {shares:?}"
        );
    }
}
