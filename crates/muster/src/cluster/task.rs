//! The one background task of a cluster.

use std::{
    pin::Pin,
    sync::{Arc, Weak},
    thread,
    time::Duration,
};

use tokio::{runtime::Handle, time::timeout};

use super::{Inner, demand::Demand, prober};
use crate::{
    BoxError,
    discover::{Discover, Pace},
    node::Node,
    probe::Probing,
    topology::Topology,
};

/// How soon a first list is asked for again after a failure; doubled each time up to the active pace.
const FIRST_RETRY: Duration = Duration::from_millis(100);
/// How long calls wait for a first list; then they fail, and the asking goes on. ScyllaDB's Java client
/// gives a whole cycle of discovery as long.
const FIRST_LIST: Duration = Duration::from_secs(30);

type Fetch<'a> = Pin<Box<dyn Future<Output = Result<Vec<Node>, BoxError>> + Send + 'a>>;

/// What one task does for a cluster, side by side.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) source: Option<Box<dyn Source>>,
    pub(crate) probing: Option<Probing>,
}

impl Work {
    pub(crate) fn is_none(&self) -> bool {
        self.source.is_none() && self.probing.is_none()
    }
}

/// A [`Discover`] of any type; boxing a fetch is nothing beside its network round trip.
pub(crate) trait Source: Send {
    fn fetch<'a>(&'a mut self, known: &'a Topology) -> Fetch<'a>;
    fn pace(&self) -> Pace;
}

impl<D: Discover> Source for D {
    fn fetch<'a>(&'a mut self, known: &'a Topology) -> Fetch<'a> {
        Box::pin(async move { self.nodes(known).await.map_err(Into::into) })
    }

    fn pace(&self) -> Pace {
        Discover::pace(self)
    }
}

/// The first list, or an error for those who wait for it before it comes.
async fn first(mut fetch: Fetch<'_>, home: &Weak<Inner>) -> Result<Vec<Node>, BoxError> {
    if let Ok(result) = timeout(FIRST_LIST, &mut fetch).await {
        return result;
    }
    if let Some(home) = home.upgrade() {
        home.settle(Err(
            format!("the source was silent for {FIRST_LIST:?}").into()
        ));
    }
    fetch.await
}

/// Starts the task in the current runtime, if the cluster has a source that is not running.
///
/// Returns whether somebody will find the nodes.
pub(crate) fn start(inner: &Arc<Inner>) -> bool {
    let Ok(runtime) = Handle::try_current() else {
        return false;
    };
    if let Some(work) = inner.is_starting() {
        let running = Running {
            work,
            home: Arc::downgrade(inner),
        };
        // A runtime that is shutting down drops the task here and now, which gives the source back.
        inner.is_run_by(|| {
            let task = runtime.spawn(run(running, Arc::clone(&inner.demand)));
            task.abort_handle()
        });
    }
    true
}

/// Gives the work back when the task ends with its runtime, so that a call in another runtime can start it
/// again.
struct Running {
    work: Work,
    home: Weak<Inner>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(home) = self.home.upgrade() {
            if thread::panicking() {
                home.settle(Err("the source panicked".into()));
            }
            home.is_idle(std::mem::take(&mut self.work));
        }
    }
}

/// Holds the cluster only while it writes to it: the last handle's drop ends the task.
async fn run(mut running: Running, demand: Arc<Demand>) {
    let Running { work, home } = &mut running;
    tokio::join!(
        discover(work.source.as_deref_mut(), home, demand),
        probe(work.probing.as_ref(), home),
    );
}

async fn probe(probing: Option<&Probing>, home: &Weak<Inner>) {
    if let Some(probing) = probing {
        prober::run(probing, home).await;
    }
}

async fn discover(
    source: Option<&mut (dyn Source + 'static)>,
    home: &Weak<Inner>,
    demand: Arc<Demand>,
) {
    let Some(source) = source else { return };
    let mut failures = 0;
    loop {
        let Some(known) = home.upgrade().map(|home| home.topology()) else {
            return;
        };
        demand.is_met();
        let fetch = source.fetch(&known);
        let result = match known.is_empty() {
            true => first(fetch, home).await,
            false => fetch.await,
        };
        let pace = source.pace();
        let Some(home) = home.upgrade() else {
            return;
        };
        failures = if result.is_ok() { 0 } else { failures + 1 };
        home.settle(result);
        let topology = home.topology();
        if !Arc::ptr_eq(&topology, &known) {
            // Nodes that have joined are to be kept warm.
            home.snapshot.load().common().failing.notify_one();
        }
        let waiting = topology.is_empty();
        let common = Arc::clone(home.snapshot.load().common());
        drop(home);
        if waiting && failures > 0 {
            let wait = FIRST_RETRY * 2u32.saturating_pow(failures.min(16) - 1);
            demand.retry(wait.min(pace.active())).await;
        } else {
            demand.due(pace, &common.lost).await;
        }
    }
}
