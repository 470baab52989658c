//! Start, kill, drain; joining and leaving are next door.

mod membership;
mod start;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::watch;

use super::TestNode;
use super::close::Close;
use super::state::NodeState;
use crate::sync::lock;

pub(crate) use start::begin;

impl TestNode {
    /// Ends the node for good.
    pub(crate) fn end(&self) {
        self.shared.gone.store(true, Ordering::Release);
        self.stop(NodeState::Killed, Close::Reset);
    }

    /// Ends the node as `kill -9` does.
    ///
    /// When this returns new connections are refused; the open ones are reset.
    /// An operation that was already accepted may or may not have been
    /// executed. The peers go on listing the node for the cluster's
    /// [staleness](crate::TestClusterBuilder::staleness). Does nothing to a
    /// node that is joining or has left.
    pub fn kill(&self) {
        if matches!(self.state(), NodeState::Joining | NodeState::Left) {
            return;
        }
        let Some((generation, _)) = self.stop(NodeState::Killed, Close::Reset) else {
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
        if matches!(self.state(), NodeState::Serving | NodeState::Leaving) {
            self.drain_into(NodeState::Drained);
        }
    }

    /// Drains, and is in this state when that is done.
    fn drain_into(&self, last: NodeState) {
        let Some((generation, end)) = self.stop(NodeState::Draining, Close::Fin) else {
            return;
        };
        let (shared, index) = (Arc::clone(&self.shared), self.index);
        self.shared.runtime.spawn(async move {
            // No connection is left to hand in more, and the engine keeps its order.
            end.closed().await;
            let _ = shared.engine.run(|_| ()).await;
            let mut life = lock(&shared.nodes[index].life);
            if life.generation == generation {
                life.state = last;
                shared.set_listed(index, false);
            }
        });
    }

    /// Stops listening and tells the connections how to end.
    fn stop(&self, state: NodeState, how: Close) -> Option<(u64, watch::Sender<Option<Close>>)> {
        let mut life = lock(&self.node().life);
        if life.state == state {
            return None;
        }
        life.state = state;
        life.generation += 1;
        life.listener = None;
        life.starting = None;
        life.end.send_replace(Some(how));
        Some((life.generation, life.end.clone()))
    }
}
