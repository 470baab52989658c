//! Asks nodes beside the traffic, as part of the cluster's one task.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{Inner, live::Live, moment::Moment, probe::DueProbe};
use crate::{
    origin::Origin,
    probe::{Probing, Warm},
};

/// How long the task sleeps at most: nodes may have joined that are to be kept warm.
const MOST_SLEEP: Duration = Duration::from_secs(1);

/// Asks whoever is due, for as long as there is a cluster.
pub(super) async fn run(probing: &Probing, home: &Weak<Inner>) {
    let mut asking = JoinSet::new();
    let mut warmth = Warmth::default();
    loop {
        let Some(home) = home.upgrade() else { return };
        let common = Arc::clone(home.snapshot.load().common());
        while asking.len() < probing.concurrency {
            let Some(due) = home.due_probe() else { break };
            asking.spawn(ask(probing.clone(), due));
        }
        if let Some(warm) = probing.warm {
            warmth.keep(&home, warm, probing, &mut asking);
        }
        let sleeps = home.next_probe().unwrap_or(MOST_SLEEP).min(MOST_SLEEP);
        drop(home);
        tokio::select! {
            Some(_) = asking.join_next() => {}
            () = common.failing.notified() => {}
            () = sleep(sleeps) => {}
        }
    }
}

async fn ask(probing: Probing, due: DueProbe) {
    let answer = probing.probe.ask(Arc::clone(due.node()));
    match timeout(probing.timeout, answer).await {
        Ok(true) => due.succeeded(),
        Ok(false) | Err(_) => due.failed(),
    }
}

impl Inner {
    pub(super) fn due_probe(&self) -> Option<DueProbe> {
        let now = self.clock.now();
        let snapshot = self.snapshot.load();
        let mut nodes = snapshot.live().iter();
        nodes.find_map(|live| Some(DueProbe::new(live, &self.clock, live.due_probe(now)?)))
    }

    /// How long it is until a node is due.
    fn next_probe(&self) -> Option<Duration> {
        let snapshot = self.snapshot.load();
        let next = snapshot
            .live()
            .iter()
            .filter_map(|live| live.probe_at())
            .min()?;
        Some(next.since(self.clock.now()))
    }
}

/// When each node's connections were used last to keep them.
#[derive(Default)]
struct Warmth {
    used: HashMap<Origin, Moment>,
}

impl Warmth {
    /// Uses the connections of the nodes whose time has come.
    fn keep(&mut self, home: &Inner, warm: Warm, probing: &Probing, asking: &mut JoinSet<()>) {
        let now = home.clock.now();
        let snapshot = home.snapshot.load();
        let live = snapshot.live();
        self.used
            .retain(|origin, _| live.iter().any(|live| live.node().origin() == origin));
        for live in live {
            let used = self.used.get(live.node().origin());
            if used.is_some_and(|used| now.since(*used) < warm.every) {
                continue;
            }
            self.used.insert(live.node().origin().clone(), now);
            for due in connections(live, home, warm, now) {
                asking.spawn(ask(probing.clone(), due));
            }
        }
    }
}

/// One probe for each connection, all at the same time: each needs one of its own.
fn connections(
    live: &Arc<Live>,
    home: &Inner,
    warm: Warm,
    now: Moment,
) -> impl Iterator<Item = DueProbe> {
    (0..warm.connections).map(move |_| DueProbe::new(live, &home.clock, live.probe_begins(now)))
}
