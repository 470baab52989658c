use super::{MAX_NODES, Topology};
use crate::Node;

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
