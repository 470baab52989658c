//! The connection that a link has at present.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Mutex as AsyncMutex, watch},
    time::{Instant, timeout_at},
};

use crate::redis::{
    Redis, RedisError,
    connection::{Connected, Dialer, Name},
    endpoint::Endpoint,
    master,
    place::Place,
};

/// Bounds the connections that are still to be ended.
const MOST_GHOSTS: usize = 8;

/// The connection that a link has at present, and what is needed to make another.
#[derive(Debug)]
pub(in crate::redis) struct Current {
    place: Place,
    dialer: Dialer,
    timeout: Duration,
    connected: Mutex<Option<Arc<Connected>>>,
    /// Held by the one caller that connects, while others wait for its connection.
    dialing: AsyncMutex<()>,
    /// Connections that were left, from which the server may yet read what was sent on them.
    ghosts: Mutex<Vec<(Endpoint, Name)>>,
    /// Nodes of the cluster beside those that were named.
    known: Mutex<Vec<Endpoint>>,
    /// Where the last connection went to.
    at: watch::Sender<Option<Endpoint>>,
}

impl Current {
    pub(super) async fn new(redis: &Redis, timeout: Duration) -> Result<Self, RedisError> {
        Ok(Self {
            place: redis.place.clone(),
            dialer: Dialer::new(redis).await?,
            timeout,
            connected: Mutex::default(),
            dialing: AsyncMutex::default(),
            ghosts: Mutex::default(),
            known: Mutex::default(),
            at: watch::Sender::default(),
        })
    }

    pub(in crate::redis) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(in crate::redis) fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    /// Tells where the last connection went to, and when the next goes elsewhere.
    pub(in crate::redis) fn at(&self) -> watch::Receiver<Option<Endpoint>> {
        self.at.subscribe()
    }

    /// Returns the connection, or makes one.
    pub(in crate::redis) async fn connected(
        &self,
        deadline: Instant,
    ) -> Result<Arc<Connected>, RedisError> {
        if let Some(connected) = self.alive() {
            return Ok(connected);
        }
        self.within(deadline, async {
            let _dialing = self.dialing.lock().await;
            // Somebody may have connected while this waited.
            if let Some(connected) = self.alive() {
                return Ok(connected);
            }
            let known = lock(&self.known).clone();
            let connected = master::find(&self.dialer, &self.place, &known).await?;
            Ok(self.keep(connected).await)
        })
        .await
    }

    /// Connects to the server that another has named.
    pub(super) async fn move_to(
        &self,
        endpoint: Endpoint,
        deadline: Instant,
    ) -> Result<Arc<Connected>, RedisError> {
        self.within(deadline, async {
            let _dialing = self.dialing.lock().await;
            if let Some(connected) = self.alive().filter(|c| *c.endpoint() == endpoint) {
                return Ok(connected);
            }
            let connected = self.dialer.server(&endpoint, None).await?;
            Ok(self.keep(connected).await)
        })
        .await
    }

    /// Connects to another server than this one, if there is another.
    pub(super) async fn another(
        &self,
        than: &Connected,
        deadline: Instant,
    ) -> Option<Arc<Connected>> {
        let found = self.connected(deadline).await.ok()?;
        (found.endpoint() != than.endpoint()).then_some(found)
    }

    /// Leaves a connection that ended, does not answer, or goes to a server that is not in charge.
    pub(super) fn forget(&self, connected: &Arc<Connected>) {
        let mut current = lock(&self.connected);
        current.take_if(|current| Arc::ptr_eq(current, connected));
        drop(current);
        self.bury(connected);
    }

    /// Remembers a connection that was left: what was sent on it may still be on its way.
    fn bury(&self, connected: &Connected) {
        let Some(name) = connected.name() else {
            return;
        };
        let mut ghosts = lock(&self.ghosts);
        let ghost = (connected.endpoint().clone(), name.clone());
        if ghosts.contains(&ghost) {
            return;
        }
        if ghosts.len() == MOST_GHOSTS {
            ghosts.remove(0);
        }
        ghosts.push(ghost);
    }

    fn alive(&self) -> Option<Arc<Connected>> {
        let mut current = lock(&self.connected);
        let ended = current.take_if(|connected| connected.has_ended());
        let alive = current.clone();
        drop(current);
        if let Some(ended) = ended {
            self.bury(&ended);
        }
        alive
    }

    /// Makes a connection the current one, after what was before it has been ended.
    async fn keep(&self, connected: Connected) -> Arc<Connected> {
        let ghosts = lock(&self.ghosts).clone();
        for (endpoint, name) in &ghosts {
            if endpoint == connected.endpoint() {
                connected.end(name).await;
            }
        }
        // Not taken out before: this may have been dropped while it waited. Those of other servers stay for when it
        // comes back to them.
        lock(&self.ghosts)
            .retain(|ghost| ghost.0 != *connected.endpoint() || !ghosts.contains(ghost));
        if let Place::Cluster(_) = self.place {
            let nodes = master::nodes(&connected).await;
            if !nodes.is_empty() {
                drop(mem::replace(&mut *lock(&self.known), nodes));
            }
        }
        let connected = Arc::new(connected);
        *lock(&self.connected) = Some(Arc::clone(&connected));
        self.at.send_if_modified(|at| {
            let other = at.as_ref() != Some(connected.endpoint());
            *at = Some(connected.endpoint().clone());
            other
        });
        connected
    }

    async fn within<T>(
        &self,
        deadline: Instant,
        connecting: impl Future<Output = Result<T, RedisError>>,
    ) -> Result<T, RedisError> {
        match timeout_at(deadline, connecting).await {
            Ok(connected) => connected,
            Err(elapsed) => Err(RedisError::unreachable(&self.place, elapsed)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
