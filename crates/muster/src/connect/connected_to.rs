//! Which node a connection leads to, and the end of its use.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

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
            poison(&captured);
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
            State::InUse => *state = State::Captured(captured),
            State::Captured(_) => {}
            State::Retired => poison(&captured),
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

/// The pool passes over a connection that is poisoned, and lets it go, whenever it comes upon it.
fn poison(captured: &CaptureConnection) {
    if let Some(connected) = &*captured.connection_metadata() {
        connected.poison();
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
