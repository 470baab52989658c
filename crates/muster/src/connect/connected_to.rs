//! Which node a connection leads to, and the end of its use.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::Extensions;
use hyper_util::client::legacy::connect::CaptureConnection;

use crate::node::Node;

/// Tells which node a response came from, and can end the use of its connection.
///
/// It is in the extensions of each response that hyper-util's client got over a connection of the layer's.
///
/// # Clone
///
/// Clones are about the same connection.
#[derive(Clone)]
pub struct ConnectedTo {
    shared: Arc<Shared>,
}

struct Shared {
    node: Arc<Node>,
    state: Mutex<State>,
}

enum State {
    InUse,
    /// The pool's own handle is known. It holds one of ours in turn, until one of the two is let go.
    Captured(CaptureConnection),
    Retired,
}

impl ConnectedTo {
    pub(super) fn new(node: Arc<Node>) -> Self {
        Self {
            shared: Arc::new(Shared {
                node,
                state: Mutex::new(State::InUse),
            }),
        }
    }

    /// Returns the node.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        &self.shared.node
    }

    /// Ends the use of the connection: requests that are in flight on it end, no more are sent.
    ///
    /// That takes a [`Retire`](super::Retire) above the client. If the connection has not carried a request that
    /// went through one, it carries one more.
    pub fn retire(&self) {
        let before = std::mem::replace(&mut *self.lock(), State::Retired);
        if let State::Captured(captured) = before {
            self.poison(&captured);
        }
    }

    /// Tells whether its use is over.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        matches!(*self.lock(), State::Retired)
    }

    /// Takes in the pool's handle of the connection, or uses it if that is what was waited for.
    pub(super) fn is_captured_by(&self, captured: CaptureConnection) {
        let mut state = self.lock();
        match *state {
            // One that is known may have gone on to another connection.
            State::InUse | State::Captured(_) => *state = State::Captured(captured),
            State::Retired => self.poison(&captured),
        }
    }

    /// The pool passes over a connection that is poisoned, and lets it go, whenever it comes upon it.
    ///
    /// A handle that several attempts of a call carry is that of the last one's connection, which is not to be
    /// poisoned in this one's place.
    fn poison(&self, captured: &CaptureConnection) {
        let connected = captured.connection_metadata();
        let Some(connected) = &*connected else {
            return;
        };
        let mut extras = Extensions::new();
        connected.get_extras(&mut extras);
        let is_own = |to: &Self| Arc::ptr_eq(&to.shared, &self.shared);
        if extras.get().is_some_and(is_own) {
            connected.poison();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ConnectedTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectedTo")
            .field("node", self.node())
            .field("is_retired", &self.is_retired())
            .finish()
    }
}
