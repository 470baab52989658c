//! Lets a connection that is on its way back be used before another one is opened.
//!
//! hyper-util's pool opens a connection for each request that finds none idle, and gives the request whichever
//! comes first: the new one, or one that another request is done with. At a node that answers within a
//! millisecond that is nearly always the one that comes back, and the new one was opened for nothing. So a
//! client that is as busy as ever still opens connections now and then: whenever more requests meet at a node
//! than ever before, be it for a fraction of a millisecond.
//!
//! Here such a request waits first, for at most [`LIMIT`], and only where connections may come back. If one
//! does, the pool moves the connecting to a task of its own, where it ends before it has begun. Requests to a
//! host wait for no more of the time than [`credit`] allows, a hundredth: where connections are too few for the
//! load, rather than for a moment, the next ones are opened at once.

mod background;
mod credit;

use std::{
    collections::HashMap,
    fmt,
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use http::{
    Uri,
    uri::{Authority, Scheme},
};
use tokio::time::{Instant, sleep};

pub(crate) use self::background::Background;
use self::{background::FirstPoll, credit::Credit};

/// How long one request waits at most: nearly every answer of a database is there within it, also while a busy
/// machine lets a process wait for its turn. TCP and TLS to another zone take about as long.
const LIMIT: Duration = Duration::from_millis(10);

/// The hosts of one pool to which connections are open, by what hyper-util's pool tells them apart by.
#[derive(Default)]
pub(crate) struct Hosts(Mutex<HashMap<(Scheme, Authority), Weak<Host>>>);

impl Hosts {
    /// Returns the host of a URI, which is new if there is no connection to it; `None` if it says no host.
    pub(crate) fn of(&self, uri: &Uri) -> Option<Arc<Host>> {
        let key = (uri.scheme()?.clone(), uri.authority()?.clone());
        let mut hosts = lock(&self.0);
        if let Some(known) = hosts.get(&key).and_then(Weak::upgrade) {
            return Some(known);
        }
        // Clusters change: whoever has no connections any more makes room for whoever is new.
        hosts.retain(|_, host| host.strong_count() > 0);
        let host = Arc::new(Host(Mutex::new(State {
            open: 0,
            credit: Credit::from(Instant::now()),
        })));
        hosts.insert(key, Arc::downgrade(&host));
        Some(host)
    }
}

/// One host, for as long as there are connections to it.
pub(crate) struct Host(Mutex<State>);

struct State {
    /// Connections that may come back to the pool.
    open: usize,
    credit: Credit,
}

impl Host {
    /// Counts a connection as open until what is returned is dropped.
    pub(crate) fn opened(self: &Arc<Self>) -> Open {
        lock(&self.0).open += 1;
        Open(Arc::clone(self))
    }

    /// Waits until a connection should be opened; for ever in a task of the pool, which ends there.
    ///
    /// # Cancel safety
    ///
    /// Dropping it ends the wait, and the time until then counts.
    pub(crate) async fn wait(&self) {
        let Some(waiting) = self.begin() else { return };
        let first_poll = FirstPoll::now();
        let mut over = pin!(sleep(LIMIT));
        poll_fn(|cx| {
            first_poll.end_if_moved();
            over.as_mut().poll(cx)
        })
        .await;
        drop(waiting);
    }

    fn begin(&self) -> Option<Waiting<'_>> {
        let mut state = lock(&self.0);
        let now = Instant::now();
        let may_wait = state.open > 0 && state.credit.begin(LIMIT, now);
        may_wait.then(|| Waiting(self))
    }
}

/// A connection that is open.
pub(crate) struct Open(Arc<Host>);

impl Drop for Open {
    fn drop(&mut self) {
        lock(&self.0.0).open -= 1;
    }
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").finish_non_exhaustive()
    }
}

/// One request that waits.
struct Waiting<'a>(&'a Host);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        lock(&self.0.0).credit.end(Instant::now());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
