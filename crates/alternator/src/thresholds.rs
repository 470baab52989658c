//! The numbers of ScyllaDB's own clients.

use std::time::Duration;

use tower_muster::health::{ThresholdError, Thresholds};

/// Returns the thresholds of ScyllaDB's common rules for Alternator clients.
///
/// For a fleet that has other clients of the cluster, too, and is to see its nodes as they do. Ten failures
/// in a row put an active node out, three one in quarantine; three probes in a row bring it back, ten
/// served requests make it active. A refused connection is one failure like any other, and a node that is
/// down is probed each 30 s. (`feature-specs/node-health.md` in scylladb/alternator-client-golang.)
///
/// The [defaults](tower_muster::health#thresholds) see a node that fails, and one that is back, sooner.
///
/// ```
/// use tower_muster_alternator::{Alternator, vendor_thresholds};
///
/// let config = Alternator::at("http://10.0.0.1:8000").thresholds(vendor_thresholds());
/// # let _ = config;
/// ```
pub fn vendor_thresholds() -> Thresholds {
    // All are in range, as the test below holds.
    numbers().unwrap_or_default()
}

fn numbers() -> Result<Thresholds, ThresholdError> {
    let each = Duration::from_secs(30);
    Thresholds::default()
        .active_failures(10)?
        .quarantine_failures(3)?
        .recovery_probes(3)?
        .promotion_successes(10)?
        .refusal_is_enough(false)
        .waits(each, each)
}

#[cfg(test)]
mod tests {
    use super::{numbers, vendor_thresholds};

    #[test]
    fn the_common_rules_have_their_published_numbers() {
        assert_eq!(numbers(), Ok(vendor_thresholds()));
        let shown = format!("{:?}", vendor_thresholds());
        for number in [
            "active_failures: 10",
            "quarantine_failures: 3",
            "recovery_probes: 3",
            "promotion_successes: 10",
            "refusal_is_enough: false",
            "first_wait: 30s",
            "longest_wait: 30s",
        ] {
            assert!(shown.contains(number), "{shown} has {number}");
        }
    }
}
