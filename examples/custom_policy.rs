//! How do I choose nodes by a rule of my own?
//!
//! A policy is a type with one method. This one prefers cheap racks, and leaves the choice among the
//! nodes of a rack to another policy.

use std::collections::BTreeMap;

use tower_muster::{
    BoxError, Cluster, Node, Policy,
    policy::{Candidate, Candidates, PowerOfTwo, Route},
};

/// Sends a request to the cheapest rack that has a node for it.
#[derive(Debug)]
struct CheapestFirst<P> {
    /// Racks of `dc1`, by what a request to them costs.
    racks: BTreeMap<u32, &'static str>,
    inner: P,
}

impl<P: Policy> Policy for CheapestFirst<P> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let cheapest = self
            .racks
            .values()
            .find_map(|rack| candidates.in_rack("dc1", rack));
        self.inner.pick(route, &cheapest.unwrap_or(*candidates))
    }
}

fn main() -> Result<(), BoxError> {
    let cluster = Cluster::fixed([
        Node::new("http://10.0.0.1:8000")?.in_rack("dc1", "spot")?,
        Node::new("http://10.0.0.2:8000")?.in_rack("dc1", "reserved")?,
        Node::new("http://10.0.0.3:8000")?.in_rack("dc1", "reserved")?,
    ])?;
    let racks = BTreeMap::from([(1, "reserved"), (7, "spot")]);
    let policy = CheapestFirst {
        racks,
        inner: PowerOfTwo::latency_aware(),
    };

    // `SelectLayer::new(cluster, policy)` asks it for each request; here it is asked by hand.
    let request = http::Request::new(());
    let mut leases = Vec::new();
    for _ in 0..4 {
        let lease = cluster.pick(&policy, &Route::of(&request))?;
        println!(
            "{} in rack {}",
            lease.node(),
            lease.node().rack().unwrap_or("?")
        );
        leases.push(lease);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_ends_well() -> Result<(), tower_muster::BoxError> {
        super::main()
    }
}
