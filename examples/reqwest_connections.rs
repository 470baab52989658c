//! How do I spread the connections of a reqwest client, without a layer for each request?
//!
//! reqwest hands a connector layer neither the address nor the socket, but it asks for addresses anew for each
//! connection: here the cluster answers, another node first each time and the others behind it, in case it cannot be
//! reached. The name in the URL is made up. What happens on a connection is not seen here: for health and load put
//! the whole stack over reqwest (`over_reqwest`).

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc};

use http::Request;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tower_muster::{
    BoxError, Cluster, Node,
    policy::{RoundRobin, Route},
};
use tower_muster_testkit::{TestCluster, TestNode};

const NAME: &str = "alternator.cluster";

/// Answers for one made-up name with the nodes of a cluster.
#[derive(Debug)]
struct Nodes {
    cluster: Cluster,
    turns: Arc<RoundRobin>,
}

impl Nodes {
    /// The node that the policy chooses for the next connection, and then the others.
    fn addresses(cluster: &Cluster, policy: &RoundRobin) -> Result<Vec<SocketAddr>, BoxError> {
        let chosen = cluster.pick(policy, &Route::of(&Request::new(())))?;
        let topology = cluster.topology();
        let others = topology.nodes().iter();
        let others = others.filter(|node| node.origin() != chosen.node().origin());
        let all = std::iter::once(chosen.node()).chain(others);
        let addresses = all.map(|node| node.origin().authority().as_str().parse());
        Ok(addresses.collect::<Result<_, _>>()?)
    }
}

impl Resolve for Nodes {
    fn resolve(&self, name: Name) -> Resolving {
        let (cluster, turns) = (self.cluster.clone(), Arc::clone(&self.turns));
        Box::pin(async move {
            if name.as_str() != NAME {
                return Err(format!("{:?} is not {NAME}", name.as_str()).into());
            }
            cluster.ready().await?;
            let addresses = Self::addresses(&cluster, &turns)?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let servers = TestCluster::builder()
        .topology("dc1:rack1=3")
        .start()
        .await?;
    let nodes: Result<Vec<_>, _> = servers.urls().iter().map(|url| Node::new(url)).collect();
    let client = reqwest::Client::builder()
        .dns_resolver(Arc::new(Nodes {
            cluster: Cluster::fixed(nodes?)?,
            turns: Arc::new(RoundRobin::new()),
        }))
        // A connection for each request, to see them spread.
        .pool_max_idle_per_host(0)
        .build()?;
    let port = servers
        .nodes()
        .first()
        .map_or(0, |node| node.address().port());
    let url = format!("http://{NAME}:{port}/");

    let (killed, others) = servers.nodes().split_first().ok_or("no nodes")?;
    killed.kill();
    println!("{} was killed", killed.address());
    let mut reached = BTreeSet::new();
    for _ in 0..6 {
        let response = client.get(&url).send().await?.error_for_status()?;
        let address = response.remote_addr();
        println!("{address:?}: {}", response.text().await?);
        reached.extend(address);
    }
    let others: BTreeSet<_> = others.iter().map(TestNode::address).collect();
    match reached == others {
        true => Ok(()),
        false => Err(format!("connected to {reached:?} of {others:?}").into()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_ends_well() -> Result<(), tower_muster::BoxError> {
        super::main()
    }
}
