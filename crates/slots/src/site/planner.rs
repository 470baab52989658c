//! What the group's assignment is to one site.

use std::sync::{Arc, Mutex, PoisonError};

use super::{
    driver::Planner,
    state::{Target, Targets},
    step::Aim,
};
use crate::{Assignment, Group, Member, SiteId, Slot};

/// Computes what each slot is to the site `me`.
///
/// It keeps its last assignment, since sites come and go one by one; how much that is stands at [`Assignment`].
pub(super) fn planner(group: Group, me: SiteId) -> Planner {
    let plan = Mutex::new(Plan {
        group,
        me,
        kept: None,
    });
    // A panic of a call before has left no assignment behind.
    Arc::new(move |members| {
        let mut plan = plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.targets(members)
    })
}

/// What is known of the assignment from one change of the members to the next.
struct Plan {
    group: Group,
    me: SiteId,
    kept: Option<Assignment>,
}

impl Plan {
    fn targets(&mut self, members: &[Member]) -> Option<Targets> {
        if members.len() < self.group.min_sites() as usize {
            return None;
        }
        let assignment = match self.kept.take() {
            Some(kept) => kept.follow(&self.group, members),
            None => Assignment::of(&self.group, members.iter().cloned()),
        };
        // Members have different ids: they are the keys of a map.
        let assignment = assignment.ok()?;
        let slots = self.group.slots().slots();
        let target = |slot| target(&assignment, slot, &self.me);
        let targets = Targets(slots.map(target).collect());
        self.kept = Some(assignment);
        Some(targets)
    }
}

fn target(assignment: &Assignment, slot: Slot, me: &SiteId) -> Target {
    let first = assignment.sites(slot).next().cloned();
    let aim = Aim {
        wanted: assignment.sites(slot).any(|site| site == me),
        first: first.as_ref() == Some(me),
        claim: assignment.claim(slot, me),
    };
    Target { aim, first }
}

#[cfg(test)]
mod tests;
