//! How nodes are found, and what is thought of them.

use std::{num::NonZeroU32, time::Duration};

use tower_muster::{discover::Pace, health::Thresholds, probe::Probing};

use super::{Config, Probes};

impl Config {
    /// Reads all members of the cluster from its system tables, and not from `/localnodes`.
    ///
    /// One seed then tells of every datacenter and rack, also before 2025.1. Requests for it are signed as all
    /// others are, with the [credentials](Self::credentials) of the stack: one that is
    /// [signed above](Self::signed_above) has none, and such a scan is refused where signatures are enforced. See
    /// [`SystemTables`](crate::SystemTables).
    pub fn system_tables(mut self) -> Self {
        self.system_tables = true;
        self
    }

    /// Sets how often the nodes are asked for each other.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Sets what puts a node out, and what brings it back.
    ///
    /// [`vendor_thresholds`](crate::vendor_thresholds) has those of ScyllaDB's own clients.
    pub fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// Sets how many requests may be in flight at one node; by default any number.
    ///
    /// See [`max_in_flight_per_node`](tower_muster::cluster::ClusterBuilder::max_in_flight_per_node) for what becomes
    /// of the rest.
    pub fn max_in_flight_per_node(mut self, requests: NonZeroU32) -> Self {
        self.max_in_flight = Some(requests);
        self
    }

    /// Asks nodes that are in trouble in another way.
    ///
    /// By default one that is down, or has begun to fail, is asked for `/localnodes`, by the very client that
    /// sends the requests, for no longer than the [attempt timeout](Self::attempt_timeout), and no more
    /// than four nodes at once. Every node serves that to anyone, also where requests must be signed, and
    /// it touches no data.
    pub fn probing(mut self, probing: Probing) -> Self {
        self.probes = Probes::Own(probing);
        self
    }

    /// Sends no probes: a node that is down is asked again by requests, one at a time.
    ///
    /// That risks the time of a request each time, but sends a node nothing that it was not sent anyway.
    pub fn no_probing(mut self) -> Self {
        self.probes = Probes::Off;
        self
    }

    /// Keeps `connections` to each node open ahead of the traffic, also while no request is sent.
    ///
    /// They are opened when the stack is first used, or
    /// [ready](tower_muster::Cluster::ready), and when a node joins or is back; each is then used by a
    /// probe `every` so often. That should be less than the time for which the client keeps an idle
    /// connection: 90 s for the built-in one. See [`Probing::keep_warm`].
    pub fn keep_warm(mut self, connections: u16, every: Duration) -> Self {
        self.warm = Some((connections, every));
        self
    }
}
