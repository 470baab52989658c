//! Start, kill, drain.

use std::net;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::shared::{End, Shared};
use super::state::NodeState;
use super::{TestNode, listener};
use crate::address;
use crate::error::StartError;
use crate::sync::lock;

/// Begins a life of a node on a socket that listens already.
pub(crate) fn begin(
    shared: &Arc<Shared>,
    index: usize,
    socket: net::TcpListener,
) -> Result<(), StartError> {
    let node = &shared.nodes[index];
    let address = node.address;
    let listener = {
        let _runtime = shared.runtime.enter();
        TcpListener::from_std(socket).map_err(|source| StartError::Listen { address, source })?
    };
    let (end, ended) = watch::channel(None);
    {
        let mut life = lock(&node.life);
        // Asked under the lock that the cluster's end takes too.
        shared.must_be_there(address)?;
        life.state = NodeState::Serving;
        life.generation += 1;
        life.listener = Some(listener);
        life.end = end;
    }
    shared.set_listed(index, true);
    shared
        .runtime
        .spawn(listener::accept(Arc::clone(shared), index, ended));
    Ok(())
}

impl TestNode {
    /// Ends the node for good.
    pub(crate) fn end(&self) {
        self.shared.gone.store(true, Ordering::Release);
        self.stop(NodeState::Killed, End::Reset);
    }

    /// Ends the node as `kill -9` does.
    ///
    /// When this returns new connections are refused; the open ones are reset.
    /// An operation that was already accepted may or may not have been
    /// executed. The peers go on listing the node for the cluster's
    /// [staleness](crate::TestClusterBuilder::staleness).
    pub fn kill(&self) {
        let Some((generation, _)) = self.stop(NodeState::Killed, End::Reset) else {
            return;
        };
        let (shared, index) = (Arc::clone(&self.shared), self.index);
        self.shared.runtime.spawn(async move {
            tokio::time::sleep(shared.staleness).await;
            let life = lock(&shared.nodes[index].life);
            if life.generation == generation {
                shared.set_listed(index, false);
            }
        });
    }

    /// Ends the node as SIGTERM or `nodetool drain` does.
    ///
    /// When this returns new connections are refused; all open ones are closed
    /// with a FIN and no answer, idle or not. What was accepted is executed,
    /// and only then do the peers stop listing the node (Seastar's
    /// `http_server::stop`). Does nothing if the node does not serve.
    pub fn drain(&self) {
        if self.state() != NodeState::Serving {
            return;
        }
        let Some((generation, end)) = self.stop(NodeState::Draining, End::Finish) else {
            return;
        };
        let (shared, index) = (Arc::clone(&self.shared), self.index);
        self.shared.runtime.spawn(async move {
            // No connection is left to hand in more, and the engine keeps its order.
            end.closed().await;
            let _ = shared.engine.run(|_| ()).await;
            let mut life = lock(&shared.nodes[index].life);
            if life.generation == generation {
                life.state = NodeState::Drained;
                shared.set_listed(index, false);
            }
        });
    }

    /// Starts a killed or drained node again, on the same address.
    ///
    /// Its faults stay; see [`heal`](Self::heal). The peers list it at once.
    /// Does nothing if the node serves.
    ///
    /// # Errors
    ///
    /// Returns [`StartError::Listen`] if the address cannot be listened on,
    /// because another process took it, and [`StartError::ClusterGone`] from a
    /// handle that outlived its cluster.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, the node stays as it was.
    pub async fn restart(&self) -> Result<(), StartError> {
        let end = {
            let life = lock(&self.node().life);
            if life.state == NodeState::Serving {
                return Ok(());
            }
            life.end.clone()
        };
        // The connections of the earlier life are gone before a new one begins.
        end.closed().await;
        self.shared.must_be_there(self.address())?;
        begin(&self.shared, self.index, address::listen(self.address())?)
    }

    /// Stops listening and tells the connections how to end.
    fn stop(&self, state: NodeState, how: End) -> Option<(u64, watch::Sender<Option<End>>)> {
        let mut life = lock(&self.node().life);
        if life.state == state {
            return None;
        }
        life.state = state;
        life.generation += 1;
        life.listener = None;
        life.end.send_replace(Some(how));
        Some((life.generation, life.end.clone()))
    }
}
