//! A fake client stands for the nodes; the clock is paused where time matters.

mod asking;
mod confirming;
mod failing;
mod list;
mod places;
mod seeds;
mod versions;

use tower_muster::{Discover, Node, Scope, Topology};

use super::{LocalNodes, LocalNodesError};
use crate::tests::fakes::Client;

const SEED: &str = "http://10.0.0.1:8000";

fn dc1() -> Scope {
    Scope::datacenter("dc1")
}

fn rack1() -> Scope {
    Scope::rack("dc1", "rack1")
}

/// What is known already: the nodes 10.0.0.`host`.
fn topology(hosts: impl IntoIterator<Item = u8>) -> Topology {
    let nodes = hosts.into_iter().map(|host| {
        let node = Node::new(&format!("http://10.0.0.{host}:8000")).expect("an origin");
        node.in_rack("dc1", "rack1").expect("names")
    });
    Topology::new(nodes).expect("a topology")
}

/// One look for the nodes of `scope`, from `seeds` and `known`.
async fn look(
    client: &Client,
    seeds: &[&str],
    scope: Scope,
    known: &Topology,
) -> Result<Vec<Node>, LocalNodesError> {
    let source = LocalNodes::new(client.clone(), seeds).expect("seeds");
    source.scope(scope).expect("names").nodes(known).await
}

fn origins(nodes: &[Node]) -> Vec<&str> {
    nodes.iter().map(|node| node.origin().as_str()).collect()
}
