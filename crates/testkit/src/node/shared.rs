//! What the nodes of one cluster share, and what each has of its own.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::counters::LiveCounters;
use super::faults::FaultSwitch;
use super::hosts::Hosts;
use super::state::NodeState;
use super::view::View;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::error::StartError;
use crate::signature::Credentials;
use crate::sync::lock;
use crate::topology::Place;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) nodes: Vec<Node>,
    pub(crate) engine: Engine,
    pub(crate) credentials: Credentials,
    pub(crate) staleness: Duration,
    pub(crate) runtime: Handle,
    /// The cluster was dropped, and no node may begin again.
    pub(crate) gone: AtomicBool,
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    pub(crate) place: Place,
    pub(crate) clock: Clock,
    pub(crate) counters: LiveCounters,
    pub(crate) hosts: Hosts,
    pub(crate) faults: FaultSwitch,
    pub(crate) view: Mutex<View>,
    /// What the views of all nodes print for this one.
    pub(crate) advertised: Mutex<String>,
    pub(crate) life: Mutex<Life>,
}

/// From one start of a node to the next.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) state: NodeState,
    /// Grows with each change of state, so that what was planned before it is void.
    pub(crate) generation: u64,
    /// Taking it out closes it at once, on any thread.
    pub(crate) listener: Option<TcpListener>,
    /// Tells this life's connections how to end; closed when all have.
    pub(crate) end: watch::Sender<Option<End>>,
}

/// How a connection ends by the node's doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With an RST.
    Reset,
    /// With a FIN, and no answer.
    Finish,
}

impl Node {
    pub(crate) fn new(address: SocketAddr, place: Place, nodes: usize) -> Self {
        Self {
            address,
            place,
            clock: Clock::default(),
            counters: LiveCounters::default(),
            hosts: Hosts::new(address.to_string()),
            faults: FaultSwitch::default(),
            view: Mutex::new(View::of_all(nodes)),
            advertised: Mutex::new(address.ip().to_string()),
            life: Mutex::new(Life {
                state: NodeState::Killed,
                generation: 0,
                listener: None,
                end: watch::channel(None).0,
            }),
        }
    }
}

impl Shared {
    /// Refuses to begin a node of a cluster that was dropped.
    pub(crate) fn must_be_there(&self, address: SocketAddr) -> Result<(), StartError> {
        if self.gone.load(Ordering::Acquire) {
            return Err(StartError::ClusterGone { address });
        }
        Ok(())
    }

    /// Changes whether the peers of a node list it; it always lists itself.
    pub(crate) fn set_listed(&self, node: usize, listed: bool) {
        for (index, peer) in self.nodes.iter().enumerate() {
            if index != node {
                lock(&peer.view).set_listed(node, listed);
            }
        }
    }
}
