//! How a node becomes a member of the cluster, and how it leaves.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::error::StartError;
use crate::node::TestNode;
use crate::node::shared::new_host_id;
use crate::node::state::NodeState;
use crate::sync::lock;

impl TestNode {
    /// Makes a node that is joining, or has left, a member that serves.
    ///
    /// Nodes that are joining come from
    /// [`TestClusterBuilder::joining`](crate::TestClusterBuilder::joining). The
    /// peers list the node at once. Does nothing if it is a member.
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
    pub async fn join(&self) -> Result<(), StartError> {
        if self.node().is_member() {
            return Ok(());
        }
        self.take_host_id();
        self.begin_again().await
    }

    /// Makes a node a member that does not serve for a while yet.
    ///
    /// When this returns the peers list the node, and its port refuses
    /// connections for this long, as with
    /// [`restart_slowly`](Self::restart_slowly).
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join).
    ///
    /// # Cancel safety
    ///
    /// Dropped before it is ready, the node stays as it was.
    pub async fn join_slowly(&self, window: Duration) -> Result<(), StartError> {
        if self.node().is_member() {
            return Ok(());
        }
        self.take_host_id();
        self.begin_slowly(window).await
    }

    /// Takes the node out of the cluster for good, as `nodetool decommission` does.
    ///
    /// It streams its data to the others, and serves and is listed as ever.
    /// Then its peers drop it, and it serves unlisted for a short while. Then
    /// it [drains](Self::drain) and has left; see [`join`](Self::join) for its
    /// return. Does nothing if the node does not serve.
    pub fn decommission(&self, streaming: Duration, unlisted: Duration) {
        let generation = {
            let mut life = lock(&self.node().life);
            if life.state != NodeState::Serving {
                return;
            }
            life.state = NodeState::Leaving;
            life.generation += 1;
            life.generation
        };
        let node = self.clone();
        self.shared.runtime.spawn(async move {
            let goes_on = || lock(&node.node().life).generation == generation;
            tokio::time::sleep(streaming).await;
            {
                // Under the lock, so that a restart comes before or after.
                let life = lock(&node.node().life);
                if life.generation != generation {
                    return;
                }
                node.node().member.store(false, Ordering::Release);
                node.shared.set_listed(node.index, false);
            }
            tokio::time::sleep(unlisted).await;
            if goes_on() {
                node.drain_into(NodeState::Left);
            }
        });
    }

    /// A node that comes back after it has left is a new one to the others.
    fn take_host_id(&self) {
        if self.state() == NodeState::Left {
            *lock(&self.node().host_id) = new_host_id();
        }
    }
}
