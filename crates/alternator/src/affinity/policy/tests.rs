use http::Request;
use tower_muster::{
    Cluster, Lease, Node, Outcome, Policy, Scope,
    policy::{Filter, FirstOf, InScope, Random, RoundRobin, Route},
};

use super::*;

/// Nodes whose order by rack is not that by origin: 10.0.0.1 to 10.0.0.9, in turn in three racks.
fn cluster() -> Cluster {
    let nodes = (1..=9).map(|host| {
        let node = Node::new(&format!("http://10.0.0.{host}:8043")).expect("an origin");
        node.in_rack("dc1", format!("r{}", host % 3))
            .expect("names")
    });
    Cluster::fixed(nodes).expect("a cluster")
}

fn request(keys: Option<PartitionKeys>) -> Request<()> {
    let mut request = Request::new(());
    if let Some(keys) = keys {
        request.extensions_mut().insert(keys);
    }
    request
}

fn pick(cluster: &Cluster, policy: &impl Policy, keys: Option<PartitionKeys>) -> Lease {
    let request = request(keys);
    cluster.pick(policy, &Route::of(&request)).expect("a node")
}

/// The last part of the address of the node that is picked.
fn picked(cluster: &Cluster, policy: &impl Policy, keys: &PartitionKeys) -> usize {
    host(&pick(cluster, policy, Some(keys.clone())))
}

fn host(lease: &Lease) -> usize {
    let host = lease.node().origin().authority().host();
    host.rsplit('.')
        .next()
        .expect("a part")
        .parse()
        .expect("a number")
}

/// The hosts in the order of a key, each of which is 1 more than its place in the ring.
fn line(seed: i64) -> Vec<usize> {
    let order = KeyHash::from_i64(seed).order(9);
    order.map(|nth| nth + 1).collect()
}

fn one(seed: i64) -> PartitionKeys {
    PartitionKeys::of(KeyHash::from_i64(seed))
}

/// Keys of which so many prefer each of these hosts.
fn batch(votes: &[(usize, usize)]) -> PartitionKeys {
    PartitionKeys::batch(votes.iter().flat_map(|&(host, count)| {
        let hashes = (0..).map(KeyHash::from_i64);
        hashes
            .filter(move |hash| hash.preferred(9) == Some(host - 1))
            .take(count)
    }))
}

fn affinity(scope: &Scope) -> KeyAffinity<RoundRobin> {
    KeyAffinity::new(scope, RoundRobin::new()).expect("names")
}

fn put_out(cluster: &Cluster, wanted: usize) {
    let mut lease = pick(
        cluster,
        &affinity(&Scope::cluster()),
        Some(batch(&[(wanted, 1)])),
    );
    assert_eq!(host(&lease), wanted, "it was a candidate");
    lease.learn(Outcome::REFUSED);
}

#[test]
fn a_key_goes_to_the_first_of_its_order() {
    let (cluster, policy) = (cluster(), affinity(&Scope::cluster()));
    for seed in [0, 1, -1, 42, 123, i64::MIN, i64::MAX] {
        for _ in 0..3 {
            assert_eq!(
                picked(&cluster, &policy, &one(seed)),
                line(seed)[0],
                "{seed}"
            );
        }
    }
}

#[test]
fn a_key_moves_along_its_order_while_nodes_are_out() {
    let (cluster, policy) = (cluster(), affinity(&Scope::cluster()));
    for out in &line(42)[..8] {
        assert_eq!(picked(&cluster, &policy, &one(42)), *out);
        put_out(&cluster, *out);
    }
    assert_eq!(picked(&cluster, &policy, &one(42)), line(42)[8]);
}

#[test]
fn most_votes_choose_the_node_of_a_batch() {
    let (cluster, policy) = (cluster(), affinity(&Scope::cluster()));
    let keys = batch(&[(7, 2), (3, 3), (9, 1), (5, 3)]);
    for expected in [3, 5, 7, 9, 1, 2, 4, 6, 8] {
        assert_eq!(picked(&cluster, &policy, &keys), expected);
        put_out(&cluster, expected);
    }
}

#[test]
fn a_batch_of_one_votes_for_its_node() {
    let (cluster, policy) = (cluster(), affinity(&Scope::cluster()));
    assert_eq!(picked(&cluster, &policy, &batch(&[(4, 1)])), 4);
}

#[test]
fn more_than_128_keys_are_not_counted() {
    let keys = batch(&[(2, 128), (6, 200)]);
    assert_eq!(keys.hashes().len(), 128);
    assert_eq!(picked(&cluster(), &affinity(&Scope::cluster()), &keys), 2);
}

#[test]
fn what_has_no_key_is_left_to_the_other_policy() {
    let (cluster, policy) = (cluster(), affinity(&Scope::cluster()));
    for keys in [
        None,
        Some(PartitionKeys::none()),
        Some(PartitionKeys::batch([])),
    ] {
        let hosts = [(); 9].map(|()| host(&pick(&cluster, &policy, keys.clone())));
        assert!((1..=9).all(|host| hosts.contains(&host)), "{hosts:?}");
    }
}

#[test]
fn clients_in_two_racks_write_to_one_node_and_read_in_their_own() {
    let cluster = cluster();
    let clients = ["r0", "r1"].map(|rack| {
        let scope = Scope::rack("dc1", rack).or_datacenter("dc1");
        let near = InScope::new(scope.clone(), Random::new()).expect("names");
        (rack, KeyAffinity::new(&scope, near).expect("names"))
    });
    let mut left = 0;
    for seed in 0..100 {
        let nodes = clients
            .each_ref()
            .map(|(_, policy)| picked(&cluster, policy, &one(seed)));
        assert_eq!(nodes[0], nodes[1], "a write of key {seed}");
        left += usize::from(nodes[0] % 3 != 0);
        for (rack, policy) in &clients {
            let read = pick(&cluster, policy, None);
            assert_eq!(read.node().rack(), Some(*rack), "a read");
        }
    }
    assert!(
        (50..85).contains(&left),
        "{left} of 100 writes leave the first rack"
    );
}

#[test]
fn the_ring_is_the_first_place_with_nodes() {
    let nodes = [("dc2", 1), ("dc1", 2), ("dc2", 3), ("dc1", 4)].map(|(datacenter, host)| {
        let node = Node::new(&format!("http://10.0.0.{host}:8043")).expect("an origin");
        node.in_datacenter(datacenter).expect("a name")
    });
    let cluster = Cluster::fixed(nodes).expect("a cluster");
    let hosts = |scope: &Scope| {
        let policy = affinity(scope);
        let mut hosts: Vec<_> = (0..50)
            .map(|seed| picked(&cluster, &policy, &one(seed)))
            .collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    };
    assert_eq!(hosts(&Scope::datacenter("dc1")), [2, 4]);
    assert_eq!(hosts(&Scope::rack("dc2", "r1").or_cluster()), [1, 3]);
    assert_eq!(
        hosts(&Scope::rack("dc9", "r1").or_datacenter("dc1")),
        [2, 4]
    );
    assert_eq!(hosts(&Scope::rack("dc9", "r1").or_cluster()), [1, 2, 3, 4]);
    // Of a place without nodes the other policy makes what it will.
    assert_eq!(hosts(&Scope::datacenter("dc9")), [1, 2, 3, 4]);
}

#[test]
fn the_other_policy_is_asked_when_the_ring_is_out() {
    let nodes = [("dc1", 1), ("dc2", 2)].map(|(datacenter, host)| {
        let node = Node::new(&format!("http://10.0.0.{host}:8043")).expect("an origin");
        node.in_datacenter(datacenter).expect("a name")
    });
    let cluster = Cluster::fixed(nodes).expect("a cluster");
    let policy = affinity(&Scope::datacenter("dc1").or_cluster());
    let mut lease = pick(&cluster, &policy, Some(one(7)));
    assert_eq!(host(&lease), 1);
    lease.learn(Outcome::REFUSED);
    assert_eq!(picked(&cluster, &policy, &one(7)), 2);
}

/// Has no use for any node.
struct Nobody;

impl Policy for Nobody {
    fn pick<'a>(&self, _: &Route<'_>, _: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        None
    }
}

#[test]
fn the_last_node_of_a_large_ring_is_found() {
    let nodes = (0..200).map(|host| Node::new(&format!("http://10.0.0.{host}:8043")));
    let nodes: Result<Vec<_>, _> = nodes.collect();
    let cluster = Cluster::fixed(nodes.expect("origins")).expect("a cluster");
    for left in 0..200 {
        let affinity = KeyAffinity::new(&Scope::cluster(), Nobody).expect("names");
        let origin = format!("http://10.0.0.{left}:8043");
        let policy = Filter::new(
            move |_: &Route<'_>, node: &Node| node.origin().as_str() == origin,
            affinity,
        );
        assert_eq!(picked(&cluster, &policy, &one(42)), left);
        let of_batch = batch(&[(1, 1), (2, 2)]);
        assert_eq!(picked(&cluster, &policy, &of_batch), left);
    }
}

#[test]
fn racks_of_one_datacenter_are_one_ring() {
    let scope = Scope::rack("dc1", "r1")
        .or_rack("dc1", "r2")
        .or_datacenter("dc1")
        .or_cluster();
    let policy = affinity(&scope);
    let expected = [
        Place::Datacenter {
            datacenter: "dc1".into(),
        },
        Place::Cluster,
    ];
    assert_eq!(*policy.rings, expected);
}

#[test]
fn empty_names_are_refused() {
    for scope in [Scope::rack("dc1", ""), Scope::cluster().or_datacenter(" ")] {
        assert!(
            KeyAffinity::new(&scope, Random::new()).is_err(),
            "{scope:?}"
        );
    }
}

#[test]
fn it_may_stand_within_other_policies() {
    let policy = FirstOf::new(affinity(&Scope::cluster()), Random::new());
    assert_eq!(picked(&cluster(), &policy, &one(42)), line(42)[0]);
}
