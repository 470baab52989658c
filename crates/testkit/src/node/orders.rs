//! What a node tells all of its open connections at once, while it goes on listening.

use tokio::sync::watch;

use super::TestNode;
use super::close::Close;

/// Heard by the connections that are open when an order is given, and by no later one.
#[derive(Debug)]
pub(crate) struct Orders {
    go_away: watch::Sender<()>,
    close: watch::Sender<Close>,
}

/// One connection's ear.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) go_away: watch::Receiver<()>,
    pub(super) close: watch::Receiver<Close>,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            go_away: watch::channel(()).0,
            close: watch::channel(Close::Fin).0,
        }
    }
}

impl Orders {
    pub(super) fn listen(&self) -> Listening {
        Listening {
            go_away: self.go_away.subscribe(),
            close: self.close.subscribe(),
        }
    }
}

/// Open connections, all at once.
impl TestNode {
    /// Sends a GOAWAY on every open HTTP/2 connection.
    ///
    /// Streams under way end in peace, then the connection is closed; a client opens
    /// another for what comes next (RFC 9113, section 6.8). Connections of HTTP/1.1
    /// stay as they are.
    pub fn goaway(&self) {
        self.node().orders.go_away.send_replace(());
    }

    /// Closes every open connection, whatever is in flight on it.
    ///
    /// An operation that was accepted may or may not have been executed. New
    /// connections are accepted as ever, unlike after [`kill`](Self::kill).
    pub fn close_connections(&self, how: Close) {
        self.node().orders.close.send_replace(how);
    }
}
