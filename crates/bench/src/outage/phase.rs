//! One phase of a round.

use std::collections::BTreeMap;

use serde::Serialize;
use tower_muster::{BoxError, Cluster};

use crate::live::latency::Latency;

/// What calls noticed, and where attempts went.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Phase {
    /// In milliseconds.
    pub(super) latency: Latency,
    pub(super) failed: usize,
    pub(super) attempts_per_call: f64,
    /// How many attempts went to the node that dies, or is dead.
    attempts_at_the_victim: u64,
    /// Of all attempts.
    pub(super) share_of_the_victim: f64,
}

/// How many attempts each node was sent since the stack began.
pub(super) type Attempts = BTreeMap<String, u64>;

pub(super) fn attempts(cluster: &Cluster) -> Attempts {
    let nodes = cluster.nodes();
    nodes
        .iter()
        .map(|status| (status.node().origin().to_string(), status.requests()))
        .collect()
}

impl Phase {
    pub(super) fn of(
        latency: Latency,
        failed: usize,
        [before, after]: [&Attempts; 2],
        victim: &str,
    ) -> Result<Self, BoxError> {
        let since = |node: &str| {
            let [before, after] = [before, after].map(|attempts| attempts.get(node).copied());
            after.unwrap_or_default() - before.unwrap_or_default()
        };
        if !after.contains_key(victim) {
            return Err("the node that was killed is not listed any more".into());
        }
        let all: u64 = after.keys().map(|node| since(node)).sum();
        let at_the_victim = since(victim);
        Ok(Self {
            latency,
            failed,
            attempts_per_call: all as f64 / latency.calls as f64,
            attempts_at_the_victim: at_the_victim,
            share_of_the_victim: at_the_victim as f64 / all.max(1) as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn attempts(of: [(&str, u64); 2]) -> Attempts {
        of.map(|(node, count)| (node.to_owned(), count)).into()
    }

    #[test]
    fn attempts_are_those_of_the_phase() {
        let latency = Latency::of(vec![Duration::from_millis(1); 10]).expect("calls");
        let before = attempts([("a", 100), ("b", 5)]);
        let after = attempts([("a", 109), ("b", 8)]);
        let phase = Phase::of(latency, 0, [&before, &after], "b").expect("a phase");
        assert_eq!(
            (phase.attempts_per_call, phase.attempts_at_the_victim),
            (1.2, 3)
        );
        assert_eq!(phase.share_of_the_victim, 0.25);
        assert!(Phase::of(latency, 0, [&before, &after], "c").is_err());
    }
}
