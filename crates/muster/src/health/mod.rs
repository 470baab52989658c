//! Whether a node may be chosen: one state machine for each node, in one word.
//!
//! ```text
//!                    promotion_successes served in a row, or one probe
//!       ┌──────────────────────────────────────────────────────────────┐
//!       ▼                                                              │
//!  ┌──────────┐                                               ┌────────┴────────┐
//!  │  Active  │                                               │   Quarantined   │◄── a node that joins
//!  └────┬─────┘                                               └───┬─────────▲───┘
//!       │ active_failures in a row,          quarantine_failures  │         │
//!       │ or one that was refused            in a row, or one     │         │ recovery_probes
//!       │ or silent                          refused or silent    │         │ in a row
//!       ▼                                                         ▼         │
//!  ┌────────────────────────────────────────────────────────────────────────┴───┐
//!  │  Down      way in: generation + 1; each probe that fails, and way out:     │
//!  │            backoff + 1                                                     │
//!  └────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! - A node that is *active* serves. One that is *quarantined* has begun to answer and has yet to show
//!   that it goes on to. One that is *down* gets one request or probe at a time, after a wait.
//! - What requests show of a node that is down is not heard: they may have been sent long before it
//!   recovered. Only a probe is, or the one request that is let through in place of a probe.
//! - Each way down begins a new *generation*. What an attempt or a probe shows counts only in the
//!   generation that it began in, so that a late answer is never taken for a recovery.
//!
//! With the default thresholds, each event moves a node so; "-" is no change:
//!
//! | | served | failed | refused, silent | probe succeeded | probe failed |
//! |---|---|---|---|---|---|
//! | **active** | failures = 0 | failures + 1, at 3 down | down | - | - |
//! | **quarantined** | successes + 1, at 10 active | down | down | active | - |
//! | **down** | - | - | - | quarantined, backoff + 1 | backoff + 1 |
//!
//! # Thresholds
//!
//! The machine is that of ScyllaDB's common rules for Alternator clients (`feature-specs/node-health.md`
//! in [alternator-client-golang]). Our numbers see a node that fails, and one that is back, sooner than
//! theirs:
//!
//! | | ours | theirs | why |
//! |---|---|---|---|
//! | [`active_failures`](Thresholds::active_failures) | 3 | 10 | a mistake costs a quarter of a second, so it may be made early |
//! | [`quarantine_failures`](Thresholds::quarantine_failures) | 1 | 3 | a node that has just been down has no credit |
//! | [`recovery_probes`](Thresholds::recovery_probes) | 1 | 3 | what is wrong after one good answer shows in quarantine |
//! | [`promotion_successes`](Thresholds::promotion_successes) | 10 | 10 | |
//! | [`refusal_is_enough`](Thresholds::refusal_is_enough) | yes | no | nothing listens, or nothing moves: the next request would fail, too |
//! | [`waits`](Thresholds::waits) | 250 ms to 8 s | 30 s | a restarted node is back before anyone looks, and one that is dead for an hour costs little |
//!
//! # Flapping
//!
//! A node that recovers and fails again and again would take requests down with it each time. So the
//! wait is doubled by a recovery as by a probe that fails, and a promotion does not shorten it: only
//! staying active does, one doubling for each ten seconds. However a node flaps, it comes to be ejected
//! once per longest wait at most.
//!
//! # Example
//!
//! ```
//! use tower_muster::health::Thresholds;
//!
//! # fn main() -> Result<(), tower_muster::health::ThresholdError> {
//! let patient = Thresholds::default()
//!     .active_failures(5)?
//!     .refusal_is_enough(false);
//! let error = patient.recovery_probes(0).unwrap_err();
//! assert_eq!(error.to_string(), "thresholds: recovery_probes is 0, and must be between 1 and 255");
//! # Ok(())
//! # }
//! ```
//!
//! [alternator-client-golang]: https://github.com/scylladb/alternator-client-golang

mod cell;
mod event;
mod machine;
mod state;
mod thresholds;

pub(crate) use self::{
    cell::HealthCell,
    machine::{Health, SETTLES_IN},
};
pub use self::{
    event::Event,
    state::State,
    thresholds::{ThresholdError, Thresholds},
};

#[cfg(test)]
mod tests;
