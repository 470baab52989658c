//! What all handles of a cluster share.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{
        AtomicBool,
        Ordering::{Acquire, Release},
    },
};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::{
    sync::{
        Notify,
        futures::{Notified, OwnedNotified},
    },
    task::AbortHandle,
};

use super::{clock::Clock, common::Common, demand::Demand, snapshot::Snapshot, task::Work};
use crate::{BoxError, attempt::NoNode, node::Node, topology::Topology};

/// What all handles of a cluster share.
pub(crate) struct Inner {
    pub(super) clock: Clock,
    pub(super) snapshot: ArcSwap<Snapshot>,
    /// Why the last fetch failed, if it did.
    failure: ArcSwapOption<BoxError>,
    /// Whether there is a list, or at least an error to show for it.
    settled: AtomicBool,
    settling: Arc<Notify>,
    pub(super) demand: Arc<Demand>,
    running: AtomicBool,
    /// What there is to do in the background while no task does it, and the task while one does.
    work: Mutex<Option<Work>>,
    task: Mutex<Option<AbortHandle>>,
}

impl Inner {
    pub(super) fn new(topology: Topology, work: Work, clock: Clock, common: Arc<Common>) -> Self {
        // Without a source there is nothing to wait for.
        let is_fixed = work.source.is_none();
        let is_idle = work.is_none();
        Self {
            clock,
            snapshot: ArcSwap::from_pointee(Snapshot::new(topology, common)),
            failure: ArcSwapOption::empty(),
            settled: AtomicBool::new(is_fixed),
            settling: Arc::default(),
            demand: Arc::default(),
            running: AtomicBool::new(is_idle),
            work: Mutex::new((!is_idle).then_some(work)),
            task: Mutex::new(None),
        }
    }

    pub(super) fn topology(&self) -> Arc<Topology> {
        Arc::clone(self.snapshot.load().topology())
    }

    /// Takes in what a fetch found.
    ///
    /// A failed fetch keeps what is known, and so does an empty list: one node's view never takes all
    /// nodes away.
    pub(super) fn settle(&self, result: Result<Vec<Node>, BoxError>) {
        let known = self.snapshot.load_full();
        let found = result.and_then(|nodes| {
            if nodes.is_empty() && !known.topology().is_empty() {
                return Ok(None);
            }
            known.successor(nodes, self.clock.now()).map_err(Into::into)
        });
        match found {
            Ok(next) => {
                if let Some(next) = next {
                    self.snapshot.store(Arc::new(next));
                }
                self.failure.store(None);
            }
            Err(error) => self.failure.store(Some(Arc::new(error))),
        }
        self.settled.store(true, Release);
        self.settling.notify_waiters();
    }

    /// Resolves when there may be a list of nodes, or nobody any more who looks for one; `None` if there
    /// is a list, or a reason for none.
    ///
    /// To be called before discovery is started: a task that ends in between is then started again.
    pub(super) fn settling(&self) -> Option<OwnedNotified> {
        if self.settled.load(Acquire) {
            return None;
        }
        let settling = Arc::clone(&self.settling).notified_owned();
        // Settled between the first look and the listening?
        (!self.settled.load(Acquire)).then_some(settling)
    }

    /// Resolves with the next list of nodes from now on, or when nobody looks for one any more.
    pub(super) fn next_list(&self) -> Notified<'_> {
        self.settling.notified()
    }

    /// Why the last fetch failed; `None` if it did not.
    pub(super) fn failure(&self) -> Option<NoNode> {
        self.failure.load_full().map(NoNode::Undiscovered)
    }

    /// Why there are no nodes; `None` if there are.
    pub(super) fn why_empty(&self) -> Option<NoNode> {
        if !self.topology().is_empty() {
            return None;
        }
        Some(match self.failure.load_full() {
            Some(failure) => NoNode::Undiscovered(failure),
            None if self.settled.load(Acquire) => NoNode::Empty,
            None => NoNode::Undiscovered(Arc::new("the source has not answered yet".into())),
        })
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.load(Acquire)
    }

    /// Takes the work out, for a task to do it.
    pub(super) fn is_starting(&self) -> Option<Work> {
        let mut idle = lock(&self.work);
        let work = idle.take();
        if work.is_some() {
            self.running.store(true, Release);
        }
        work
    }

    pub(super) fn is_run_by(&self, spawn: impl FnOnce() -> AbortHandle) {
        let mut task = lock(&self.task);
        *task = Some(spawn());
    }

    /// Puts the work back; whoever waits starts it again.
    pub(super) fn is_idle(&self, work: Work) {
        let mut idle = lock(&self.work);
        *idle = Some(work);
        self.running.store(false, Release);
        drop(idle);
        self.settling.notify_waiters();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(task) = lock(&self.task).take() {
            task.abort();
        }
    }
}

/// These locks guard single assignments, which leave nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
