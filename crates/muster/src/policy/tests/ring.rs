use std::sync::{Arc, Mutex};

use super::{Candidate, Candidates, Policy, Route, pick};
use crate::{Cluster, Node, Place, Scope};

/// Asks each node of a place whether it may be chosen, and keeps what it saw.
struct Look {
    place: Place,
    within: Option<Place>,
    seen: Arc<Mutex<Vec<(String, bool)>>>,
}

impl Policy for Look {
    fn pick<'a>(&self, _: &Route<'_>, candidates: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        let candidates = match &self.within {
            Some(within) => candidates.in_place(within)?,
            None => *candidates,
        };
        let ring = candidates.ring(&self.place);
        let seen = (0..ring.len()).map(|nth| {
            let node = ring.node(nth).expect("a node");
            let candidate = ring.candidate(nth);
            assert!(candidate.is_none_or(|candidate| candidate.node() == node));
            (
                node.origin().authority().host().to_owned(),
                candidate.is_some(),
            )
        });
        *self.seen.lock().expect("no panic") = seen.collect();
        assert!(ring.node(ring.len()).is_none() && ring.candidate(ring.len()).is_none());
        Some(candidates.any())
    }
}

/// Nodes whose order by datacenter and rack is not that by origin.
fn cluster() -> Cluster {
    let places = [
        ("dc1", "r1", 7),
        ("dc1", "r1", 3),
        ("dc1", "r2", 1),
        ("dc2", "r1", 4),
        ("dc2", "r1", 2),
    ];
    let nodes = places.map(|(datacenter, rack, host)| {
        let node = Node::new(&format!("http://{host}:8000")).expect("an origin");
        node.in_rack(datacenter, rack).expect("names")
    });
    Cluster::fixed(nodes).expect("a cluster")
}

fn look(cluster: &Cluster, scope: &Scope, within: Option<&Scope>, tried: &[u8]) -> String {
    let seen = Arc::default();
    let policy = Look {
        place: scope.places()[0].clone(),
        within: within.map(|scope| scope.places()[0].clone()),
        seen: Arc::clone(&seen),
    };
    drop(pick(cluster, &policy, 0, tried).expect("a node"));
    let seen = seen.lock().expect("no panic");
    let shown = seen
        .iter()
        .map(|(host, may)| format!("{host}{}", if *may { "" } else { "-" }));
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_ring_has_the_nodes_of_a_place_in_the_order_of_their_origins() {
    let cluster = cluster();
    let ring = |scope| look(&cluster, &scope, None, &[]);
    assert_eq!(ring(Scope::cluster()), "1 2 3 4 7");
    assert_eq!(ring(Scope::datacenter("dc1")), "1 3 7");
    assert_eq!(ring(Scope::datacenter("dc2")), "2 4");
    assert_eq!(ring(Scope::rack("dc1", "r1")), "3 7");
    assert_eq!(ring(Scope::rack("dc1", "r9")), "");
    assert_eq!(ring(Scope::datacenter("dc9")), "");
}

#[test]
fn the_nodes_of_one_datacenter_are_those_of_the_cluster() {
    let nodes = [4, 2, 9].map(|host| Node::new(&format!("http://{host}:8000")).expect("an origin"));
    let nodes = nodes.map(|node| node.in_datacenter("dc1").expect("a name"));
    let cluster = Cluster::fixed(nodes).expect("a cluster");
    for scope in [Scope::cluster(), Scope::datacenter("dc1")] {
        assert_eq!(look(&cluster, &scope, None, &[]), "2 4 9");
    }
}

#[test]
fn a_node_that_may_not_be_chosen_keeps_its_place() {
    let cluster = cluster();
    let dc1 = Scope::datacenter("dc1");
    let narrow = look(&cluster, &dc1, Some(&Scope::rack("dc1", "r1")), &[]);
    assert_eq!(narrow, "1- 3 7");
    let elsewhere = look(&cluster, &dc1, Some(&Scope::datacenter("dc2")), &[]);
    assert_eq!(elsewhere, "1- 3- 7-");
}
