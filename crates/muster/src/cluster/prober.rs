//! Asks nodes beside the traffic, as part of the cluster's one task.

use std::{
    collections::HashMap,
    future::{pending, poll_fn},
    sync::{Arc, Weak},
    task::Poll,
    time::Duration,
};

use tokio::{
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};

use super::{Inner, live::Live, moment::Moment, probe::DueProbe};
use crate::{
    health::State,
    node::Node,
    origin::Origin,
    probe::{Asking, Probing, Warm},
};

/// Asks whoever is due, for as long as there is a cluster.
///
/// In between it waits for what may make another node due: the end of a probe, a node that begins to fail
/// or that joins, or time.
pub(super) async fn run(probing: &Probing, home: &Weak<Inner>) {
    let mut prober = Prober::new(probing);
    loop {
        let Some(home) = home.upgrade() else { return };
        let common = Arc::clone(home.snapshot.load().common());
        prober.begin(&home);
        let wait = prober.wait(&home);
        drop(home);
        tokio::select! {
            Some(_) = prober.asking.join_next() => {}
            () = common.failing.notified() => {}
            () = sleep_or_never(wait) => {}
        }
    }
}

struct Prober<'a> {
    probing: &'a Probing,
    asking: JoinSet<()>,
    /// The nodes that are asked now, each by one task at a time.
    asked: HashMap<Origin, AbortHandle>,
    /// When the connections to each node are to be used next to keep them.
    warm_at: HashMap<Origin, Moment>,
}

impl<'a> Prober<'a> {
    fn new(probing: &'a Probing) -> Self {
        Self {
            probing,
            asking: JoinSet::new(),
            asked: HashMap::new(),
            warm_at: HashMap::new(),
        }
    }

    fn has_room(&self) -> bool {
        self.asked.len() < self.probing.concurrency
    }

    fn is_asked(&self, node: &Node) -> bool {
        self.asked.contains_key(node.origin())
    }

    /// Begins to ask those that are due: first the ones in trouble, then the ones to be kept warm.
    fn begin(&mut self, home: &Inner) {
        self.asked.retain(|_, task| !task.is_finished());
        while self.has_room() {
            let Some(due) = home.due_probe(|node| !self.is_asked(node)) else {
                break;
            };
            let origin = due.node().origin().clone();
            self.spawn(origin, ask(self.probing.clone(), due));
        }
        if let Some(warm) = self.probing.warm {
            self.keep_warm(home, warm);
        }
    }

    fn spawn(&mut self, origin: Origin, task: impl Future<Output = ()> + Send + 'static) {
        let task = self.asking.spawn(task);
        self.asked.insert(origin, task);
    }

    fn keep_warm(&mut self, home: &Inner, warm: Warm) {
        let now = home.clock.now();
        let snapshot = home.snapshot.load();
        // A node that is down has lost its connections: it is warmed as soon as it is back.
        let is_up = |live: &&Arc<Live>| live.state() != State::Down;
        let live: Vec<_> = snapshot.live().iter().filter(is_up).collect();
        self.warm_at
            .retain(|origin, _| live.iter().any(|live| live.node().origin() == origin));
        for node in live.iter().map(|live| live.node()) {
            if !self.has_room() {
                return;
            }
            let at = self.warm_at.get(node.origin());
            if self.is_asked(node) || at.is_some_and(|at| *at > now) {
                continue;
            }
            // Up to a tenth sooner, so that clients which started together do not ask together.
            let next = now.after(warm.every.mul_f64(1.0 - 0.1 * fastrand::f64()));
            self.warm_at.insert(node.origin().clone(), next);
            let task = use_connections(self.probing.clone(), Arc::clone(node), warm.connections);
            self.spawn(node.origin().clone(), task);
        }
    }

    /// How long it is until time makes another node due, if it does.
    fn wait(&self, home: &Inner) -> Option<Duration> {
        // A full house waits for one to leave.
        if !self.has_room() {
            return None;
        }
        let now = home.clock.now();
        let snapshot = home.snapshot.load();
        let free = snapshot.live().iter();
        let free = free.filter(|live| !self.is_asked(live.node()));
        let at = free.flat_map(|live| [live.probe_at(), self.warm_at(live.node())]);
        at.flatten().min().map(|at| at.since(now))
    }

    fn warm_at(&self, node: &Node) -> Option<Moment> {
        self.warm_at.get(node.origin()).copied()
    }
}

async fn sleep_or_never(wait: Option<Duration>) {
    match wait {
        Some(wait) => sleep(wait).await,
        None => pending().await,
    }
}

async fn ask(probing: Probing, due: DueProbe) {
    let answer = probing.probe.ask(Arc::clone(due.node()));
    match timeout(probing.timeout, answer).await {
        Ok(true) => due.succeeded(),
        Ok(false) | Err(_) => due.failed(),
    }
}

/// Sends so many probes at the same time that each needs a connection of its own.
///
/// Their answers teach nothing: what recovers must show that it serves requests.
async fn use_connections(probing: Probing, node: Arc<Node>, connections: u16) {
    let one = |_| Arc::clone(&probing.probe).ask(Arc::clone(&node));
    let asking = (0..connections).map(one).collect();
    let _ = timeout(probing.timeout, all(asking)).await;
}

/// Polls them one after another, so that the last has begun before the first has ended.
async fn all(mut asking: Vec<Asking>) {
    poll_fn(|cx| {
        asking.retain_mut(|one| one.as_mut().poll(cx).is_pending());
        match asking.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}

impl Inner {
    /// The probe that has been due for longest, of a node that `may` be asked.
    pub(super) fn due_probe(&self, may: impl Fn(&Node) -> bool) -> Option<DueProbe> {
        let now = self.clock.now();
        let snapshot = self.snapshot.load();
        let asked = snapshot.live().iter().filter(|live| may(live.node()));
        let due = asked.filter_map(|live| Some((live.probe_at()?, live)));
        let (_, live) = due.min_by_key(|(at, _)| *at)?;
        Some(DueProbe::new(live, &self.clock, live.due_probe(now)?))
    }
}
