//! What a run was worth, in numbers.

mod faults;
mod latency;
mod shares;

use serde::Serialize;

use self::shares::Shares;
pub(crate) use self::{faults::Faults, latency::Latency};
use super::{events::Nanos, log::Log, world::World};

/// All that is known of one run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Summary {
    pub(crate) calls: usize,
    /// Calls that failed, or never ended.
    pub(crate) errors: usize,
    /// The most of them that one client saw.
    pub(crate) errors_of_worst_client: usize,
    pub(crate) errors_per_client: f64,
    pub(crate) latency: Latency,
    pub(crate) attempts_per_call: f64,
    pub(crate) shares: Shares,
    /// What became of the fault, if there was one.
    pub(crate) faults: Option<Faults>,
}

impl Summary {
    pub(crate) fn of(log: &Log, world: &World, clients: usize) -> Self {
        let counted = |at: Nanos| at >= world.warm;
        let calls: Vec<_> = log
            .calls
            .iter()
            .filter(|call| counted(call.begun))
            .collect();
        let sent: Vec<_> = log
            .sent
            .iter()
            .copied()
            .filter(|sent| counted(sent.at))
            .collect();
        let mut errors_of = vec![0; clients];
        for call in calls.iter().filter(|call| call.took.is_none()) {
            errors_of[call.client as usize] += 1;
        }
        let errors = errors_of.iter().sum();
        Self {
            calls: calls.len(),
            errors,
            errors_of_worst_client: errors_of.iter().copied().max().unwrap_or(0),
            errors_per_client: errors as f64 / clients as f64,
            latency: Latency::of(calls.iter().filter_map(|call| call.took).collect()),
            attempts_per_call: sent.len() as f64 / calls.len().max(1) as f64,
            shares: Shares::of(&sent, world),
            faults: world
                .fault
                .map(|fault| Faults::of(log, world, fault, clients)),
        }
    }

    /// In percent of the calls.
    pub(crate) fn error_percent(&self) -> f64 {
        100.0 * self.errors as f64 / self.calls.max(1) as f64
    }
}
