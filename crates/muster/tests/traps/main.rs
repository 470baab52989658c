//! Where balancers are known to go wrong, each as a test of what holds instead.
//!
//! These drive whole clusters by hand-set time. Others stand beside the code that they are about:
//!
//! - what hedges and retries may cost, and at whom: `failover::tests::{hedging, outage, nested, moving}`;
//! - stragglers, epochs and what is told to one thread only: `health::tests`;
//! - turns that begin together or fall to a successor: `policy::tests::round_robin`;
//! - what was sent on a connection that closed: `was_it_sent`;
//! - lists that are empty, partial or stale: `cluster::tests::lists`, and the discovery's own tests.
#![cfg(feature = "full")]
#![allow(
    clippy::expect_used,
    reason = "a failed expectation is the report of a test"
)]

mod crowds;
mod failures;
mod fleet;
mod latency;
mod small_clusters;
