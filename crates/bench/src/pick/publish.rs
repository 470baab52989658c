//! A cluster whose list of nodes changes a hundred times a second.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    runtime::{Builder, Runtime},
    time::{MissedTickBehavior, interval},
};
use tower_muster::{BoxError, Cluster, Discover, Node, Topology};

/// How often the list changes.
pub(super) const PERIOD: Duration = Duration::from_millis(10);

/// The datacenter of all nodes.
pub(super) const DATACENTER: &str = "dc1";

/// A cluster that is discovered in a runtime of its own, and the beat at which its list changes.
pub(super) struct Published {
    pub(super) cluster: Cluster,
    beat: Beat,
    /// Dropped last, and with it the tasks.
    runtime: Runtime,
}

/// Counts the changes, for peers that take them in by other ways.
pub(super) type Beat = Arc<AtomicU64>;

impl Published {
    pub(super) fn start(nodes: usize) -> Result<Self, BoxError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()?;
        let cluster = Cluster::discover(Alternating::new(nodes)?);
        runtime.block_on(cluster.ready())?;
        let beat = Beat::default();
        runtime.spawn(refresh(cluster.clone(), Arc::clone(&beat)));
        Ok(Self {
            cluster,
            beat,
            runtime,
        })
    }

    pub(super) fn beat(&self) -> &Beat {
        &self.beat
    }

    /// How many lists were published.
    pub(super) fn version(&self) -> u64 {
        self.cluster.topology().version()
    }

    /// How long publishing has kept its thread busy.
    pub(super) fn busy(&self) -> Duration {
        self.runtime.metrics().worker_total_busy_duration(0)
    }
}

async fn refresh(cluster: Cluster, beat: Beat) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        beat.fetch_add(1, Relaxed);
        cluster.refresh();
    }
}

/// Two lists by turns, that differ in their last node. It is asked when the cluster is refreshed, and
/// hardly ever at its own pace.
struct Alternating {
    list: Vec<Node>,
    other: Node,
}

impl Alternating {
    fn new(nodes: usize) -> Result<Self, BoxError> {
        Ok(Self {
            list: (0..nodes).map(node).collect::<Result<_, _>>()?,
            other: node(nodes)?,
        })
    }
}

impl Discover for Alternating {
    type Error = BoxError;

    async fn nodes(&mut self, _: &Topology) -> Result<Vec<Node>, BoxError> {
        if let Some(last) = self.list.last_mut() {
            std::mem::swap(last, &mut self.other);
        }
        Ok(self.list.clone())
    }
}

/// The n-th node; every third one is in the same rack.
pub(super) fn node(n: usize) -> Result<Node, BoxError> {
    let (high, low) = (n / 256, n % 256);
    let node = Node::new(&format!("http://10.0.{high}.{low}:8000"))?;
    Ok(node.in_rack(DATACENTER, format!("rack{}", n % 3))?)
}
