//! Policies whose choice a test can foretell.

use tower_muster::{
    Policy,
    policy::{Candidate, Candidates, Route},
};
use tower_muster_testkit::TestNode;

/// Chooses the first node in the topology's order that was not tried.
#[derive(Debug, Clone, Copy)]
pub struct InOrder;

impl Policy for InOrder {
    fn pick<'a>(&self, _: &Route<'_>, candidates: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        Some(candidates.any())
    }
}

/// Chooses one node as long as it is a candidate.
#[derive(Debug, Clone)]
pub struct Only(String);

impl Only {
    /// Makes a policy for `node`.
    pub fn at(node: &TestNode) -> Self {
        Self(node.url())
    }
}

impl Policy for Only {
    fn pick<'a>(&self, _: &Route<'_>, candidates: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
        let wanted = candidates
            .iter()
            .find(|candidate| candidate.node().origin().as_str() == self.0);
        Some(wanted.unwrap_or(candidates.any()))
    }
}
