//! Groups of sites to assign slots to.

use tower_muster::BoxError;
use tower_muster_slots::{Group, Member};

/// As many slots as a group may have.
pub(super) const SLOTS: u32 = 16_384;

/// How the sites of a group differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weights {
    Equal,
    /// 1, 2, 3 and 4 by turns.
    Different,
}

/// A group of which only the number of sites is left open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case {
    pub(super) replicas: u16,
    pub(super) weights: Weights,
    /// Over how many racks the sites are spread by turns.
    pub(super) racks: usize,
}

impl Case {
    /// One, two and three replicas, each with equal and with different weights, without racks.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let with = |weights| {
            move |replicas| Self {
                replicas,
                weights,
                racks: 1_000,
            }
        };
        let equal = (1..=3).map(with(Weights::Equal));
        equal.chain((1..=3).map(with(Weights::Different)))
    }

    pub(super) fn group(&self) -> Result<Group, BoxError> {
        let group = Group::builder("bench").slots(SLOTS);
        Ok(group.replicas(self.replicas).build()?)
    }

    pub(super) fn weight(&self, site: usize) -> f64 {
        match self.weights {
            Weights::Equal => 1.0,
            Weights::Different => (site % 4 + 1) as f64,
        }
    }

    pub(super) fn site(&self, site: usize) -> Result<Member, BoxError> {
        let member = Member::new(&format!("site-{site}"), "http://10.0.0.1:7000")?;
        let member = member.in_rack("dc1", format!("rack-{}", site % self.racks))?;
        Ok(member.weighted(self.weight(site))?)
    }

    pub(super) fn sites(&self, count: usize) -> Result<Vec<Member>, BoxError> {
        (0..count).map(|site| self.site(site)).collect()
    }

    pub(super) fn name(&self) -> String {
        let Self {
            replicas,
            weights,
            racks,
        } = self;
        let racks = match racks {
            1_000.. => String::new(),
            _ => format!(", {racks} racks"),
        };
        format!("{replicas} replicas, {weights:?} weights{racks}").to_lowercase()
    }
}
