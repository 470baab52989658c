//! What is simulated: one line for each scenario.

mod dying;
mod failing;
mod lists;
mod load;
mod racks;
mod slow;
mod stalling;

use super::{client::Method, world::World};

pub(crate) use self::racks::least_cross_percent;

/// One scenario.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    /// Its number, and which variant of it.
    pub(crate) id: &'static str,
    pub(crate) what: &'static str,
    /// The world, of so many servers; what is left to chance in it depends on the seed.
    pub(crate) world: fn(servers: usize, seed: u64) -> World,
    pub(crate) methods: &'static [Method],
}

impl Scenario {
    /// Whether it has the number, whichever variant it is.
    pub(crate) fn is_of(&self, number: &str) -> bool {
        number_of(self.id).eq_ignore_ascii_case(number) || self.id.eq_ignore_ascii_case(number)
    }

    /// How many clients there are where so many are asked for: where racks matter, as many in each.
    pub(crate) fn clients(&self, asked: usize) -> usize {
        if self.methods.contains(&Method::OursInRack) {
            asked.next_multiple_of(super::world::RACKS)
        } else {
            asked
        }
    }
}

/// `S3` of `S3-hedged`.
pub(crate) fn number_of(id: &str) -> &str {
    id.split('-').next().unwrap_or(id)
}

/// What every scenario is run with.
const ALL: &[Method] = &[
    Method::Ours,
    Method::OursInTurn,
    Method::RoundRobin,
    Method::LeastLoaded,
    Method::Pending,
    Method::PeakEwma,
    Method::Penalized,
    Method::Oracle,
];

/// What the scenarios are run with in which racks matter.
const IN_RACKS: &[Method] = &[
    Method::Ours,
    Method::OursInRack,
    Method::RoundRobin,
    Method::LeastLoaded,
    Method::PeakEwma,
    Method::Penalized,
    Method::Oracle,
];

/// What is not simulated, and why.
pub(crate) const NOT_SIMULATED: &[(&str, &str)] = &[(
    "S20",
    "an owner of slots that moves: there is no slot table yet",
)];

pub(crate) fn all() -> Vec<Scenario> {
    let groups = [
        slow::SCENARIOS,
        failing::SCENARIOS,
        stalling::SCENARIOS,
        dying::SCENARIOS,
        racks::SCENARIOS,
        load::SCENARIOS,
        lists::SCENARIOS,
    ];
    let mut all: Vec<_> = groups.concat();
    // S2 before S10; the variants of one stay in their order.
    all.sort_by_key(|scenario| number_of(scenario.id)[1..].parse::<u32>().unwrap_or(0));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_in_order_and_have_names_of_their_own() {
        let ids: Vec<_> = all().iter().map(|scenario| scenario.id).collect();
        assert_eq!(ids[0], "S1");
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ids.len());
        for number in 1..=20 {
            let number = format!("S{number}");
            let simulated = ids.iter().any(|id| number_of(id) == number);
            let explained = NOT_SIMULATED.iter().any(|(id, _)| *id == number);
            assert!(simulated ^ explained, "{number}");
        }
    }

    #[test]
    fn every_world_can_be_made_of_few_servers_and_of_many() {
        for scenario in all() {
            for servers in [3, 9, 100] {
                let world = (scenario.world)(servers, 1);
                assert!(world.warm < world.end, "{}", scenario.id);
                assert!(world.sick.iter().all(|&sick| sick < world.servers.len()));
            }
        }
    }
}
