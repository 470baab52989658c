//! What an assignment takes, how even it is, and how much it moves.

mod fairness;
mod groups;
mod speed;

use serde_json::json;
use tower_muster::BoxError;

use super::Part;
use crate::figures::{Better, Figure};

/// Measures assignments: no Redis has a part in them.
pub(super) fn measure() -> Result<Part, BoxError> {
    let speeds = speed::measure()?;
    let fairness = fairness::measure()?;
    let slowest = |of: fn(&speed::Speed) -> f64| speeds.iter().map(of).fold(0.0, f64::max);
    let worst = |of: fn(&fairness::Fairness) -> f64| fairness.iter().map(of).fold(0.0, f64::max);
    let figure = |id: &str, value, unit, bound| {
        Figure::new(format!("slots.{id}"), value, unit, bound, Better::Lower)
    };
    let balance = worst(|one| one.held.max(one.primaries));
    // On a leave it is in the detail: of two replicas in three racks and different weights up to 1.2 in two groups of
    // fewer than eight sites.
    let movement = worst(|one| one.join);
    Ok(Part {
        figures: vec![
            figure(
                "assign.ms",
                slowest(|one| one.assign_ms.median),
                "ms",
                250.0,
            ),
            figure("join.ms", slowest(|one| one.join_ms.median), "ms", 5.0),
            figure("balance", balance, "of share", 1.15),
            figure("movement", movement, "of least", 1.1),
        ],
        name: "assign",
        detail: json!({
            "aims": { "assign_ms": 100, "join_ms": 1, "balance": 1.08, "movement": 1.0 },
            "sites": speed::SITES,
            "slots": groups::SLOTS,
            "speed": speeds,
            "fairness": fairness,
        }),
    })
}
