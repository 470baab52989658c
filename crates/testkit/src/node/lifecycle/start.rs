//! The beginning of a node's life, at once or after a while.

use std::io;
use std::net::TcpListener as Listening;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::address;
use crate::error::StartError;
use crate::node::shared::{Life, Shared};
use crate::node::state::NodeState;
use crate::node::{TestNode, listener};
use crate::sync::lock;

/// Begins a life of a node on a socket that listens already.
pub(crate) fn begin(
    shared: &Arc<Shared>,
    index: usize,
    socket: Listening,
) -> Result<(), StartError> {
    let node = &shared.nodes[index];
    {
        let mut life = lock(&node.life);
        // Asked under the lock that the cluster's end takes too.
        shared.must_be_there(node.address)?;
        life.generation += 1;
        serve(shared, index, &mut life, socket).map_err(|source| StartError::Listen {
            address: node.address,
            source,
        })?;
    }
    shared.set_listed(index, true);
    Ok(())
}

/// Accepts from now on.
fn serve(shared: &Arc<Shared>, index: usize, life: &mut Life, socket: Listening) -> io::Result<()> {
    let node = &shared.nodes[index];
    let listener = {
        let _runtime = shared.runtime.enter();
        TcpListener::from_std(socket)?
    };
    let (end, ended) = watch::channel(None);
    node.hearing.reset();
    node.member.store(true, Ordering::Release);
    life.state = NodeState::Serving;
    life.starting = None;
    life.listener = Some(listener);
    life.end = end;
    shared
        .runtime
        .spawn(listener::accept(Arc::clone(shared), index, ended));
    Ok(())
}

impl TestNode {
    /// Starts a killed or drained node again, on the same address.
    ///
    /// Its faults stay; see [`heal`](Self::heal). The peers list it at once.
    /// Does nothing if the node serves.
    ///
    /// # Errors
    ///
    /// Returns [`StartError::Listen`] if the address cannot be listened on,
    /// because another process took it, [`StartError::NotAMember`] for a node
    /// that has to [`join`](Self::join), and [`StartError::ClusterGone`] from a
    /// handle that outlived its cluster.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, the node stays as it was.
    pub async fn restart(&self) -> Result<(), StartError> {
        self.must_be_a_member()?;
        self.begin_again().await
    }

    /// Starts a killed or drained node again, which takes a while.
    ///
    /// When this returns the peers list the node, and its port refuses
    /// connections for this long: about 13 s in scylladb issue 26326. Does
    /// nothing if the node serves.
    ///
    /// # Errors
    ///
    /// As [`restart`](Self::restart).
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, the node stays as it was.
    pub async fn restart_slowly(&self, window: Duration) -> Result<(), StartError> {
        self.must_be_a_member()?;
        self.begin_slowly(window).await
    }

    pub(super) async fn begin_again(&self) -> Result<(), StartError> {
        if !self.is_down().await {
            return Ok(());
        }
        self.shared.must_be_there(self.address())?;
        begin(&self.shared, self.index, address::listen(self.address())?)
    }

    pub(super) async fn begin_slowly(&self, window: Duration) -> Result<(), StartError> {
        if !self.is_down().await {
            return Ok(());
        }
        let (shared, index) = (Arc::clone(&self.shared), self.index);
        // A socket that is bound and does not listen refuses connections.
        let socket = address::bind(self.address())?;
        let generation = {
            let mut life = lock(&self.node().life);
            shared.must_be_there(self.address())?;
            self.node().member.store(true, Ordering::Release);
            life.state = NodeState::Starting;
            life.starting = Some(socket);
            life.generation += 1;
            life.generation
        };
        shared.set_listed(index, true);
        self.shared.runtime.spawn(async move {
            tokio::time::sleep(window).await;
            let mut life = lock(&shared.nodes[index].life);
            if life.generation != generation {
                return;
            }
            let listening = life.starting.take().map(|socket| {
                socket.listen(address::BACKLOG)?;
                serve(&shared, index, &mut life, socket.into())
            });
            if !matches!(listening, Some(Ok(()))) {
                // As a node that cannot listen: it ends.
                life.state = NodeState::Killed;
            }
        });
        Ok(())
    }

    /// Waits until the connections of the node's earlier life are gone; false if it serves.
    async fn is_down(&self) -> bool {
        let end = {
            let life = lock(&self.node().life);
            if matches!(life.state, NodeState::Serving | NodeState::Leaving) {
                return false;
            }
            life.end.clone()
        };
        end.closed().await;
        true
    }

    fn must_be_a_member(&self) -> Result<(), StartError> {
        if self.node().is_member() {
            return Ok(());
        }
        Err(StartError::NotAMember {
            address: self.address(),
        })
    }
}
