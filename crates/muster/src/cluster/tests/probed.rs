//! A probe that answers as it is told and keeps whom it asked.

use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{
    Cluster, Lease, Node, Outcome, Policy,
    health::State,
    policy::{Candidate, Candidates, Route},
    probe::Probe,
    tests::fakes::{host, status},
};

/// What a node says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    Yes,
    No,
    /// Nothing, for ever.
    Silence,
    After(Duration, bool),
    Panic,
}

#[derive(Debug, Default)]
struct Log {
    /// Who was asked when, in order.
    asked: Vec<(u8, Instant)>,
    /// Who is being asked.
    now: Vec<u8>,
    /// The most nodes that were asked at one time.
    most_nodes: usize,
    /// The most probes of one node at one time.
    most_of_one: usize,
}

/// Asks nodes that answer by a function of their number.
#[derive(Clone)]
pub(super) struct Probed {
    answer: Arc<dyn Fn(u8) -> Answer + Send + Sync>,
    log: Arc<Mutex<Log>>,
}

impl Probed {
    pub(super) fn new(answer: impl Fn(u8) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            answer: Arc::new(answer),
            log: Arc::default(),
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("no panic")
    }

    /// When a node was asked.
    pub(super) fn asked(&self, node: u8) -> Vec<Instant> {
        let log = self.log();
        let of_it = log.asked.iter().filter(|(host, _)| *host == node);
        of_it.map(|(_, at)| *at).collect()
    }

    /// How often whoever was asked.
    pub(super) fn probes(&self) -> usize {
        self.log().asked.len()
    }

    /// How many probes are under way.
    pub(super) fn under_way(&self) -> usize {
        self.log().now.len()
    }

    pub(super) fn most_nodes(&self) -> usize {
        self.log().most_nodes
    }

    pub(super) fn most_of_one(&self) -> usize {
        self.log().most_of_one
    }

    /// How many hold the probe: the test, the cluster or its task, and each node that is being asked.
    pub(super) fn holders(&self) -> usize {
        Arc::strong_count(&self.log)
    }
}

impl Probe for Probed {
    async fn ask(&self, node: Arc<Node>) -> bool {
        let _under_way = UnderWay::begin(self, host(&node));
        match (self.answer)(host(&node)) {
            Answer::Yes => true,
            Answer::No => false,
            Answer::Silence => pending().await,
            Answer::After(wait, answer) => {
                sleep(wait).await;
                answer
            }
            #[expect(clippy::panic, reason = "a probe of somebody else's may")]
            Answer::Panic => panic!("the probe panics"),
        }
    }
}

/// Counts one probe until it has ended or was dropped.
struct UnderWay<'a>(&'a Probed, u8);

impl<'a> UnderWay<'a> {
    fn begin(probed: &'a Probed, host: u8) -> Self {
        let mut log = probed.log();
        log.asked.push((host, Instant::now()));
        log.now.push(host);
        let of_it = log.now.iter().filter(|other| **other == host).count();
        log.most_of_one = log.most_of_one.max(of_it);
        let mut nodes = log.now.clone();
        nodes.sort_unstable();
        nodes.dedup();
        log.most_nodes = log.most_nodes.max(nodes.len());
        drop(log);
        Self(probed, host)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut log = self.0.log();
        let one = log.now.iter().position(|host| *host == self.1);
        log.now.remove(one.expect("it began"));
    }
}

/// Chooses one node while it is a candidate.
struct At(u8);

impl Policy for At {
    fn pick<'a>(&self, _: &Route<'_>, candidates: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        let wanted = candidates
            .iter()
            .find(|candidate| host(candidate.node()) == self.0);
        Some(wanted.unwrap_or(candidates.any()))
    }
}

/// One request to a node that is a candidate.
pub(super) fn request(cluster: &Cluster, node: u8) -> Lease {
    let request = http::Request::new(());
    let lease = cluster.pick(&At(node), &Route::of(&request));
    let lease = lease.expect("a node");
    assert_eq!(host(lease.node()), node, "it is no candidate");
    lease
}

/// A node refuses one request.
pub(super) fn refuse(cluster: &Cluster, node: u8) {
    request(cluster, node).learn(Outcome::REFUSED);
}

pub(super) fn state(cluster: &Cluster, node: u8) -> State {
    status(cluster, node).state()
}
