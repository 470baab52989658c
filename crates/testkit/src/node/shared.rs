//! What the nodes of one cluster share, and what each has of its own.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use socket2::Socket;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::close::Close;
use super::counters::LiveCounters;
use super::faults::FaultSwitch;
use super::gate::Gate;
use super::hearing::Hearing;
use super::hosts::Hosts;
use super::orders::Orders;
use super::security::Security;
use super::settings::Settings;
use super::state::NodeState;
use super::view::View;
use crate::clock::Clock;
use crate::engine::{Engine, Tables};
use crate::error::StartError;
use crate::lwt::{Partitions, Rules, WriteIsolation};
use crate::signature::{Credentials, KeyCache};
use crate::split::Split;
use crate::sync::lock;
use crate::tls::Certificates;
use crate::topology::Place;
use crate::version::Version;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) nodes: Vec<Node>,
    pub(crate) engine: Engine,
    /// What the tables are, as far as writes have asked.
    pub(crate) tables: Tables,
    pub(crate) credentials: Mutex<Credentials>,
    /// Whether anybody is named, so that signatures are verified.
    pub(crate) verifies: bool,
    /// There if the nodes speak TLS.
    pub(crate) certificates: Option<Certificates>,
    pub(crate) http2: bool,
    pub(crate) staleness: Duration,
    pub(crate) split: Split,
    pub(crate) isolation: WriteIsolation,
    pub(crate) conflict_rules: Rules,
    pub(crate) partitions: Arc<Partitions>,
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
    pub(crate) gate: Gate,
    pub(crate) hearing: Hearing,
    pub(crate) orders: Orders,
    pub(crate) security: Security,
    pub(crate) keys: KeyCache,
    pub(crate) settings: Mutex<Settings>,
    pub(crate) host_id: Mutex<String>,
    /// Whether it belongs to the cluster, dead or alive.
    pub(crate) member: AtomicBool,
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
    /// A socket that has the address and does not listen yet.
    pub(crate) starting: Option<Socket>,
    /// Taking it out closes it at once, on any thread.
    pub(crate) listener: Option<TcpListener>,
    /// Tells this life's connections how to end; closed when all have.
    pub(crate) end: watch::Sender<Option<Close>>,
}

impl Node {
    pub(crate) fn new(address: SocketAddr, place: Place, nodes: usize, version: Version) -> Self {
        Self {
            address,
            place,
            clock: Clock::default(),
            counters: LiveCounters::default(),
            hosts: Hosts::new(address.to_string()),
            faults: FaultSwitch::default(),
            gate: Gate::default(),
            hearing: Hearing::default(),
            orders: Orders::default(),
            security: Security::default(),
            keys: KeyCache::default(),
            settings: Mutex::new(Settings::new(version)),
            host_id: Mutex::new(new_host_id()),
            member: AtomicBool::new(false),
            view: Mutex::new(View::of_all(nodes)),
            advertised: Mutex::new(address.ip().to_string()),
            life: Mutex::new(Life {
                state: NodeState::Joining,
                generation: 0,
                starting: None,
                listener: None,
                end: watch::channel(None).0,
            }),
        }
    }

    pub(crate) fn is_member(&self) -> bool {
        self.member.load(Ordering::Acquire)
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

/// A random UUID, version 4, as a node makes for itself when it first joins.
pub(super) fn new_host_id() -> String {
    let random = fastrand::u128(..) & !(0xf_u128 << 76) & !(0x3_u128 << 62)
        | (0x4_u128 << 76)
        | (0x2_u128 << 62);
    let hex = format!("{random:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &hex[range]);
    parts.join("-")
}
