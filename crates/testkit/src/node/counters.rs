//! What a node counts: the numbers that a test of a balancer asserts on.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use crate::sync::lock;

/// What one node has counted so far.
///
/// A restart sets nothing back; compare two snapshots instead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counters {
    /// Connections that were accepted.
    pub connections: u64,
    /// Requests of any kind whose head arrived.
    pub requests: u64,
    /// Operations that arrived: every `POST /`, whatever became of it.
    pub attempts: u64,
    /// Operations that the engine ran, also when nobody heard the answer.
    pub executed: u64,
    /// `GET /localnodes` that arrived.
    #[serde(rename = "localnodes")]
    pub local_nodes: u64,
    /// `GET /` that arrived.
    pub health: u64,
    /// Operations refused by the signature's check.
    pub signature_failures: u64,
    /// Operations that arrived and are not answered yet.
    pub in_flight: u64,
    /// The most operations that were in flight at one time.
    pub in_flight_peak: u64,
    /// The most requests that came over one connection.
    pub requests_per_connection_peak: u64,
    /// Different partitions, by table and hash key, that writes named; 1048576 at most.
    pub keys_written: u64,
    /// Conditional writes that met one of another node and were told of uncertainty.
    pub conflicts: u64,
    /// Operations shed because too many requests were in flight.
    pub shed: u64,
    /// Bytes that came over the sockets: heads and bodies of requests, and TLS.
    pub bytes_received: u64,
    /// Bytes that were sent: heads and bodies of answers, and TLS.
    pub bytes_sent: u64,
    /// TLS handshakes that were complete, and began a session.
    pub tls_full: u64,
    /// TLS handshakes that resumed a session.
    pub tls_resumed: u64,
    /// TLS handshakes that either side broke off.
    pub tls_failed: u64,
    /// TLS handshakes that agreed on `h2` (ALPN).
    pub alpn_h2: u64,
    /// TLS handshakes that agreed on `http/1.1` (ALPN).
    pub alpn_http1: u64,
    /// Connections that spoke HTTP/2, by ALPN or with a first request.
    pub http2_connections: u64,
}

/// What is kept of the keys that writes named, 8 bytes each.
const MOST_KEYS: usize = 1 << 20;

#[derive(Debug, Default)]
pub(crate) struct LiveCounters {
    pub(crate) connections: AtomicU64,
    requests: AtomicU64,
    pub(crate) executed: AtomicU64,
    pub(crate) local_nodes: AtomicU64,
    pub(crate) health: AtomicU64,
    pub(crate) signature_failures: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) shed: AtomicU64,
    pub(crate) bytes_received: AtomicU64,
    pub(crate) bytes_sent: AtomicU64,
    pub(crate) tls_full: AtomicU64,
    pub(crate) tls_resumed: AtomicU64,
    pub(crate) tls_failed: AtomicU64,
    pub(crate) alpn_h2: AtomicU64,
    pub(crate) alpn_http1: AtomicU64,
    pub(crate) http2_connections: AtomicU64,
    attempts: AtomicU64,
    in_flight: AtomicU64,
    in_flight_peak: AtomicU64,
    requests_per_connection_peak: AtomicU64,
    keys: Mutex<HashSet<u64>>,
}

/// Adds one; the counters order nothing, so the weakest order will do.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl LiveCounters {
    /// Counts an operation in, and out again when the guard is dropped.
    pub(crate) fn attempt(&self) -> InFlight<'_> {
        count(&self.attempts);
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        if now > self.in_flight_peak.load(Ordering::Relaxed) {
            self.in_flight_peak.fetch_max(now, Ordering::Relaxed);
        }
        InFlight(self)
    }

    /// Counts a request that is the given one of its connection.
    pub(crate) fn request(&self, of_connection: u64) {
        count(&self.requests);
        if of_connection > self.requests_per_connection_peak.load(Ordering::Relaxed) {
            self.requests_per_connection_peak
                .fetch_max(of_connection, Ordering::Relaxed);
        }
    }

    /// Counts a key that a write named, if it is a new one.
    pub(crate) fn key(&self, partition: &impl Hash) {
        // The hasher has no seed of its own, so a key is one number for good.
        let mut hasher = DefaultHasher::new();
        partition.hash(&mut hasher);
        let mut keys = lock(&self.keys);
        if keys.len() < MOST_KEYS {
            keys.insert(hasher.finish());
        }
    }

    pub(crate) fn snapshot(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            connections: read(&self.connections),
            requests: read(&self.requests),
            attempts: read(&self.attempts),
            executed: read(&self.executed),
            local_nodes: read(&self.local_nodes),
            health: read(&self.health),
            signature_failures: read(&self.signature_failures),
            in_flight: read(&self.in_flight),
            in_flight_peak: read(&self.in_flight_peak),
            requests_per_connection_peak: read(&self.requests_per_connection_peak),
            keys_written: lock(&self.keys).len() as u64,
            conflicts: read(&self.conflicts),
            shed: read(&self.shed),
            bytes_received: read(&self.bytes_received),
            bytes_sent: read(&self.bytes_sent),
            tls_full: read(&self.tls_full),
            tls_resumed: read(&self.tls_resumed),
            tls_failed: read(&self.tls_failed),
            alpn_h2: read(&self.alpn_h2),
            alpn_http1: read(&self.alpn_http1),
            http2_connections: read(&self.http2_connections),
        }
    }
}

/// Proof that an operation is counted as in flight.
#[derive(Debug)]
pub(crate) struct InFlight<'a>(&'a LiveCounters);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_flight_goes_up_and_down_and_the_peak_stays() {
        let counters = LiveCounters::default();
        let first = counters.attempt();
        let second = counters.attempt();
        drop(first);
        let third = counters.attempt();
        let now = counters.snapshot();
        assert_eq!((now.attempts, now.in_flight, now.in_flight_peak), (3, 2, 2));
        drop((second, third));
        assert_eq!(counters.snapshot().in_flight, 0);
    }
}
