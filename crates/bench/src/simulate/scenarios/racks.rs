//! Demand that is even over the racks, and demand that is not.

use super::{IN_RACKS, Scenario};
use crate::simulate::world::{RACKS, World};

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        id: "S12",
        what: "the racks' clients ask for 60, 20 and 20 %, 60 % load",
        world: |servers, _| demanding(servers, UNEVEN),
        methods: IN_RACKS,
    },
    Scenario {
        id: "S12-even",
        what: "the racks' clients ask for a third each, 60 % load",
        world: |servers, _| demanding(servers, [1.0 / RACKS as f64; RACKS]),
        methods: IN_RACKS,
    },
];

const UNEVEN: [f64; RACKS] = [0.6, 0.2, 0.2];
const LOAD: f64 = 0.6;

fn demanding(servers: usize, demand: [f64; RACKS]) -> World {
    World {
        demand: Some(demand),
        ..World::sound(servers, LOAD).lasting(24.0, 4.0)
    }
}

/// What must leave its rack in S12: what the rack is asked for beyond all that it can do, in percent of
/// all requests.
pub(crate) fn least_cross_percent() -> f64 {
    let capacity = 1.0 / RACKS as f64;
    let beyond = UNEVEN.map(|share| (share * LOAD - capacity).max(0.0));
    100.0 * beyond.iter().sum::<f64>() / LOAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_beyond_the_busy_rack_must_leave_it() {
        // 36 % of what the fleet can do, and a rack can do 33.3 %: 2.7 of 60 must go elsewhere.
        assert!((least_cross_percent() - 4.444).abs() < 0.001);
    }
}
