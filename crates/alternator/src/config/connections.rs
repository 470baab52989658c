//! How the built-in client connects.

use std::time::Duration;

use super::Config;

impl Config {
    /// Sets how long making a connection may take, for the built-in client.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connections.connect_timeout = timeout;
        self
    }

    /// Sets how long a connection may sit idle before it is closed, for the built-in client.
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.connections.idle_timeout = timeout;
        self
    }

    /// Sets how many idle connections to one node are kept, for the built-in client.
    ///
    /// Fewer than calls are under way at a node in busy times means new connections all the time.
    pub fn pool_max_idle_per_node(mut self, connections: usize) -> Self {
        self.connections.max_idle = connections;
        self
    }

    /// Sets after how long an idle connection's other side is asked whether it is there, for the built-in client;
    /// `None` never asks.
    pub fn tcp_keepalive(mut self, after: Option<Duration>) -> Self {
        self.connections.keepalive = after;
        self
    }
}
