//! The policies that ship, as a client of the simulation.

use std::{collections::HashMap, sync::Arc};

use fastrand::Rng;
use http::Request;
use tokio::runtime::Runtime;
use tower_muster::{
    Attempt, BoxError, Cluster, Node, Outcome, Policy,
    cluster::{ClusterBuilder, DueProbe},
    policy::{AffinityKey, PowerOfTwo, RackAffinity, Rendezvous, RoundRobin, Route},
    probe::Probing,
};

use super::{
    client::{End, Method, Origin, Ticket},
    condition::Failure,
    events::Nanos,
    listed::{self, Listed},
    world::{rack_of_client, rack_of_server},
};

const DATACENTER: &str = "dc1";

/// A cluster and a policy of its own for each client: clients know nothing of each other.
pub(crate) struct Ours {
    cluster: Cluster,
    policy: Box<dyn Policy>,
    /// By server.
    nodes: Vec<Arc<Node>>,
    servers: HashMap<tower_muster::Origin, usize>,
    first: Request<()>,
    chance: Rng,
    /// Where the nodes are found, if the list changes.
    listed: Option<Listed>,
}

impl Ours {
    pub(crate) fn new(
        number: usize,
        origin: &Origin<'_>,
        mut chance: Rng,
    ) -> Result<Self, BoxError> {
        let servers = origin.servers;
        // What the policy itself draws from the thread's generator repeats itself, too.
        fastrand::seed(chance.u64(..));
        let policy: Box<dyn Policy> = match origin.method {
            Method::OursInTurn => Box::new(RoundRobin::new()),
            Method::OursInRack => {
                let home = rack_name(rack_of_client(number));
                let inner = PowerOfTwo::latency_aware();
                Box::new(RackAffinity::new(DATACENTER, home, inner)?)
            }
            Method::OursByKey => Box::new(Rendezvous::new(PowerOfTwo::latency_aware())),
            Method::OursByKeyBounded => {
                Box::new(Rendezvous::new(PowerOfTwo::latency_aware()).bounded(1.25)?)
            }
            _ => Box::new(PowerOfTwo::latency_aware()),
        };
        let nodes = nodes(servers)?;
        let places = nodes.iter().enumerate();
        let places = places.map(|(server, node)| (node.origin().clone(), server));
        let listed = origin.changes.then(|| Listed::new(nodes.clone()));
        let builder = builder(origin);
        let cluster = match &listed {
            Some(listed) => builder.discover(listed.clone()),
            None => builder.fixed(nodes.clone())?,
        };
        listed::ready(&cluster, origin.runtime)?;
        Ok(Self {
            cluster,
            listed,
            policy,
            servers: places.collect(),
            nodes: nodes.into_iter().map(Arc::new).collect(),
            first: Request::new(()),
            chance,
        })
    }

    pub(crate) fn begin(
        &mut self,
        now: Nanos,
        key: Option<u32>,
        tried: &[usize],
    ) -> Option<Ticket> {
        let seed = self.chance.u64(..);
        let other;
        let request = if tried.is_empty() && key.is_none() {
            &self.first
        } else {
            other = self.request(key, tried);
            &other
        };
        let route = Route::of(request).seeded(seed);
        let lease = self.cluster.pick(&*self.policy, &route).ok()?;
        let server = *self.servers.get(lease.node().origin())?;
        Some(Ticket {
            server,
            begun: now,
            lease: Some(lease),
        })
    }

    /// A request for a key that follows attempts at the servers `tried`.
    fn request(&self, key: Option<u32>, tried: &[usize]) -> Request<()> {
        let nodes: Vec<_> = tried
            .iter()
            .map(|&server| Arc::clone(&self.nodes[server]))
            .collect();
        let mut request = Request::new(());
        if let Some(key) = key {
            let key = AffinityKey::of(&key.to_le_bytes());
            request.extensions_mut().insert(key);
        }
        if tried.is_empty() {
            return request;
        }
        let number = u32::try_from(tried.len() + 1).unwrap_or(u32::MAX);
        request.extensions_mut().insert(Attempt::new(number, nodes));
        request
    }

    pub(crate) fn end(ticket: Ticket, end: End) {
        let Some(mut lease) = ticket.lease else {
            return;
        };
        match end {
            End::Served => lease.learn(Outcome::SERVED),
            End::Failed(Failure::Refused) => lease.learn(Outcome::REFUSED),
            End::Failed(Failure::Ambiguous) | End::TimedOut => lease.learn(Outcome::AMBIGUOUS),
            End::Failed(Failure::Overloaded) => lease.learn(Outcome::OVERLOADED),
            End::Dropped => {}
        }
    }

    /// The source of nodes finds some servers, and no others.
    pub(crate) fn list(&self, servers: &[usize], runtime: &Runtime) {
        let nodes = servers
            .iter()
            .map(|&server| Node::clone(&self.nodes[server]));
        if let Some(listed) = &self.listed {
            listed.change(nodes.collect(), &self.cluster, runtime);
        }
    }

    pub(crate) fn hedge_after(&self) -> Option<Nanos> {
        let after = self.cluster.hedge_after()?;
        u64::try_from(after.as_nanos()).ok()
    }

    /// The node, if there is one, that should be asked beside the traffic.
    pub(crate) fn due_probe(&self) -> Option<Probe> {
        let due = self.cluster.due_probe()?;
        let server = *self.servers.get(due.node().origin())?;
        Some(Probe { server, due })
    }
}

/// A node that is asked beside the traffic.
#[derive(Debug)]
pub(crate) struct Probe {
    server: usize,
    due: DueProbe,
}

impl Probe {
    pub(crate) fn server(&self) -> usize {
        self.server
    }

    /// Tells the cluster how it went.
    pub(crate) fn end(self, succeeded: bool) {
        if succeeded {
            self.due.succeeded();
        } else {
            self.due.failed();
        }
    }
}

fn builder(origin: &Origin<'_>) -> ClusterBuilder {
    let builder = Cluster::builder().clock(origin.clock);
    match origin.probes {
        // The simulation asks itself, in its own time: the cluster's task never runs.
        true => builder.probing(Probing::new(async |_| false)),
        false => builder,
    }
}

/// The nodes that the servers are, in their order.
pub(crate) fn nodes(servers: usize) -> Result<Vec<Node>, BoxError> {
    (0..servers).map(|server| node(server, servers)).collect()
}

fn rack_name(rack: usize) -> String {
    format!("rack{}", rack + 1)
}

fn node(server: usize, servers: usize) -> Result<Node, BoxError> {
    let rack = rack_of_server(server, servers);
    let origin = format!("http://10.0.{}.{}:8000", rack + 1, server + 1);
    Ok(Node::new(&origin)?.in_rack(DATACENTER, rack_name(rack))?)
}
