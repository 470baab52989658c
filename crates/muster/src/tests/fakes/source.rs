//! A source of node lists that does as it is told and keeps when it was asked.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{BoxError, Discover, Node, Topology, discover::Pace};

/// What one fetch finds.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    Nodes(Vec<Node>),
    Error(&'static str),
    /// Nothing, for ever.
    Silence,
    Panic,
    After(Duration, Vec<Node>),
}

/// Finds one thing after the other, and the last one again and again.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    found: Arc<Mutex<VecDeque<Found>>>,
    asked: Arc<Mutex<Vec<Instant>>>,
    pace: Pace,
    /// Counted by tests that want to know whether the source, or a fetch, is still there.
    alive: Arc<()>,
}

impl Source {
    pub(crate) fn new(found: impl IntoIterator<Item = Found>) -> Self {
        Self {
            found: Arc::new(Mutex::new(found.into_iter().collect())),
            asked: Arc::default(),
            pace: Pace::default(),
            alive: Arc::default(),
        }
    }

    pub(crate) fn of(nodes: impl IntoIterator<Item = Node>) -> Self {
        Self::new([Found::Nodes(nodes.into_iter().collect())])
    }

    pub(crate) fn with_pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// From now on finds this.
    pub(crate) fn find(&self, found: Found) {
        *self.found.lock().expect("no panic") = VecDeque::from([found]);
    }

    pub(crate) fn asked(&self) -> Vec<Instant> {
        self.asked.lock().expect("no panic").clone()
    }

    pub(crate) fn fetches(&self) -> usize {
        self.asked.lock().expect("no panic").len()
    }

    /// How many hold the source: this handle, the cluster or its task, and a fetch under way.
    pub(crate) fn holders(&self) -> usize {
        Arc::strong_count(&self.alive)
    }
}

impl Discover for Source {
    type Error = BoxError;

    fn nodes(&mut self, _: &Topology) -> impl Future<Output = Result<Vec<Node>, BoxError>> + Send {
        self.asked.lock().expect("no panic").push(Instant::now());
        let mut found = self.found.lock().expect("no panic");
        let next = match found.len() {
            0 | 1 => found.front().cloned(),
            _ => found.pop_front(),
        };
        let alive = Arc::clone(&self.alive);
        async move {
            let _alive = alive;
            match next.expect("something to find") {
                Found::Nodes(nodes) => Ok(nodes),
                Found::Error(text) => Err(text.into()),
                Found::Silence => pending().await,
                #[expect(clippy::panic, reason = "a source of somebody else's may")]
                Found::Panic => panic!("the source panics"),
                Found::After(wait, nodes) => {
                    sleep(wait).await;
                    Ok(nodes)
                }
            }
        }
    }

    fn pace(&self) -> Pace {
        self.pace
    }
}
