use super::{MAX_NODES, Topology};
use crate::{Node, Origin};

fn node(host: u8, datacenter: &str, rack: &str) -> Node {
    Node::new(&format!("http://10.0.0.{host}:8000"))
        .map(|node| node.in_rack(datacenter, rack).expect("names"))
        .expect("an origin")
}

fn unplaced(host: u8) -> Node {
    Node::new(&format!("http://10.0.0.{host}:8000")).expect("an origin")
}

fn origins(topology: &Topology) -> Vec<&str> {
    topology
        .nodes()
        .iter()
        .map(|node| node.origin().as_str())
        .collect()
}

#[test]
fn the_order_does_not_depend_on_how_nodes_were_listed() {
    let nodes = [
        node(3, "dc1", "r2"),
        node(1, "dc2", "r1"),
        node(2, "dc1", "r1"),
        unplaced(9),
    ];
    let forward = Topology::new(nodes.clone()).expect("a topology");
    let backward = Topology::new(nodes.into_iter().rev()).expect("a topology");
    assert_eq!(origins(&forward), origins(&backward));
    assert_eq!(
        origins(&forward),
        [
            "http://10.0.0.9:8000",
            "http://10.0.0.2:8000",
            "http://10.0.0.3:8000",
            "http://10.0.0.1:8000"
        ]
    );
}

#[test]
fn an_origin_that_is_listed_twice_is_one_node_and_the_first_listing_stays() {
    let topology = Topology::new([node(1, "dc1", "r1"), unplaced(1), node(1, "dc1", "r2")])
        .expect("a topology");
    assert_eq!(topology.len(), 1);
    assert_eq!(topology.nodes()[0].rack(), Some("r1"));
}

#[test]
fn racks_and_datacenters_are_runs_of_nodes() {
    let topology = Topology::new([
        node(1, "dc1", "r1"),
        node(2, "dc1", "r1"),
        node(3, "dc1", "r2"),
        node(4, "dc2", "r1"),
        unplaced(5),
    ])
    .expect("a topology");
    let hosts = |range: std::ops::Range<usize>| {
        topology.nodes()[range]
            .iter()
            .map(|node| node.origin().as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        hosts(topology.rack("dc1", "r1")),
        ["http://10.0.0.1:8000", "http://10.0.0.2:8000"]
    );
    assert_eq!(hosts(topology.rack("dc2", "r1")), ["http://10.0.0.4:8000"]);
    assert_eq!(topology.datacenter("dc1").len(), 3);
    assert!(topology.rack("dc1", "r9").is_empty());
    assert!(topology.datacenter("dc9").is_empty());
}

#[test]
fn a_list_beyond_the_bound_is_refused() {
    let nodes = |count: usize| {
        (0..count).map(|n| {
            Node::new(&format!("http://10.{}.{}.1:8000", n / 256, n % 256)).expect("an origin")
        })
    };
    assert_eq!(
        Topology::new(nodes(MAX_NODES)).expect("at the bound").len(),
        MAX_NODES
    );
    let error = Topology::new(nodes(MAX_NODES + 1)).expect_err("beyond the bound");
    assert!(error.to_string().contains("10000"), "{error}");
}

#[cfg(feature = "select")]
#[test]
fn a_successor_shares_the_nodes_that_stayed() {
    let before = Topology::new([node(1, "dc1", "r1"), node(2, "dc1", "r1")]).expect("a topology");
    let after = before
        .successor([node(2, "dc1", "r1"), node(3, "dc1", "r1")], |origin| {
            before.nodes().iter().find(|node| node.origin() == origin)
        })
        .expect("a topology");
    assert_eq!(after.version(), before.version() + 1);
    assert!(std::sync::Arc::ptr_eq(
        &before.nodes()[1],
        &after.nodes()[0]
    ));
}

/// Spellings, and the canonical order with the spelling that stands for each.
type Endpoints = (&'static [&'static str], &'static [(&'static str, usize)]);

/// The common rules for Alternator clients: `feature-specs/vectors/endpoint-order.tsv` in
/// scylladb/alternator-client-golang.
#[test]
fn endpoints_are_known_and_ordered_as_every_alternator_client_does() {
    let vectors: [Endpoints; 7] = [
        (
            &["http://A", "http://a:80", "http://a.example"],
            &[("http://a", 0), ("http://a.example", 2)],
        ),
        (
            &["http://A:80", "http://a", "http://a.example"],
            &[("http://a", 0), ("http://a.example", 2)],
        ),
        (
            &["https://B:443", "https://a"],
            &[("https://a", 1), ("https://b", 0)],
        ),
        (
            &["HTTP://B:80", "http://a"],
            &[("http://a", 1), ("http://b", 0)],
        ),
        (
            &["http://user@b:80/path?x=y#fragment", "http://a"],
            &[("http://a", 1), ("http://b", 0)],
        ),
        (
            &["http://a:8080", "http://a.example:80", "http://a.example"],
            &[("http://a.example", 1), ("http://a:8080", 0)],
        ),
        (
            &["HTTP://[2001:DB8::1]:80/path", "http://a"],
            &[("http://[2001:db8::1]", 0), ("http://a", 1)],
        ),
    ];
    for (spellings, expected) in vectors {
        let nodes = spellings.iter().zip(1_u8..).map(|(spelling, weight)| {
            let uri = spelling.parse().expect("a URI");
            let node = Node::at(Origin::of_uri(&uri).expect("an origin"));
            // The weight tells which spelling a node is of.
            node.weighted(f64::from(weight)).expect("a weight")
        });
        let topology = Topology::new(nodes).expect("a topology");
        let found: Vec<_> = topology
            .nodes()
            .iter()
            .map(|node| (node.origin().as_str(), node.weight() as usize - 1))
            .collect();
        assert_eq!(found, expected, "{spellings:?}");
    }
}
