//! A source of nodes that finds what it is told.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{runtime::Runtime, task::yield_now};
use tower_muster::{BoxError, Cluster, Discover, Node, Topology, discover::Pace};

/// Longer than a simulation is: lists are asked for when it says so.
const NEVER: Duration = Duration::from_secs(86_400);

/// How often the cluster's task may run until it has taken a list in: it waits for nothing else.
const TURNS: usize = 16;

/// Clones find the same.
#[derive(Debug, Clone)]
pub(crate) struct Listed(Arc<Mutex<Vec<Node>>>);

impl Listed {
    pub(crate) fn new(nodes: Vec<Node>) -> Self {
        Self(Arc::new(Mutex::new(nodes)))
    }

    /// Finds other nodes, and lets the cluster's task take them in.
    pub(crate) fn change(&self, nodes: Vec<Node>, cluster: &Cluster, runtime: &Runtime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = nodes;
        cluster.refresh();
        runtime.block_on(async {
            for _ in 0..TURNS {
                yield_now().await;
            }
        });
    }
}

impl Discover for Listed {
    type Error = io::Error;

    async fn nodes(&mut self, _: &Topology) -> Result<Vec<Node>, io::Error> {
        Ok(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    fn pace(&self) -> Pace {
        Pace::new(NEVER, NEVER).unwrap_or_default()
    }
}

/// Waits for the first list.
pub(crate) fn ready(cluster: &Cluster, runtime: &Runtime) -> Result<(), BoxError> {
    Ok(runtime.block_on(cluster.ready())?)
}
