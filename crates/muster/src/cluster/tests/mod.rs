mod any_list;
mod failing;
mod full;
mod lists;
mod load;
mod moment;
mod pace;
mod probed;
mod probing;
mod running;
mod warm;

use std::error::Error;

use super::Cluster;
use crate::{
    Lease, NoNode, Node,
    policy::{PowerOfTwo, Route},
    sources,
    tests::fakes::host,
};

/// One call's pick.
fn pick(cluster: &Cluster) -> Result<Lease, NoNode> {
    let request = http::Request::new(());
    cluster.pick(&PowerOfTwo::least_in_flight(), &Route::of(&request))
}

fn hosts(cluster: &Cluster) -> Vec<u8> {
    let topology = cluster.topology();
    topology.nodes().iter().map(|node| host(node)).collect()
}

fn story(error: &(dyn Error + 'static)) -> String {
    sources(error)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[test]
fn a_fixed_cluster_needs_nodes_and_not_too_many() {
    let error = Cluster::fixed([]).expect_err("no nodes");
    assert_eq!(error.to_string(), "nodes: the list is empty");
    let error = Cluster::fixed(too_many()).expect_err("too many nodes");
    assert!(story(&error).contains("more than 10000"), "{error}");
}

/// One node more than a topology takes.
fn too_many() -> Vec<Node> {
    (0..=crate::MAX_NODES)
        .map(|n| Node::new(&format!("http://10.1.{}.{}:8000", n / 250, n % 250)).expect("origin"))
        .collect()
}

#[test]
fn a_fixed_cluster_needs_no_runtime() {
    let cluster = crate::tests::fakes::cluster(1);
    assert!(pick(&cluster).is_ok());
    assert!(tokio_test::block_on(cluster.ready()).is_ok());
}
