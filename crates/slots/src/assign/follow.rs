//! From the sites of before to the sites of now.

use std::collections::BTreeMap;

use super::{AssignError, Assignment};
use crate::{
    group::Group,
    member::{Member, SiteId},
};

/// Who has left and who has joined; one that is another now has done both.
#[derive(Debug, Default)]
struct Changes {
    left: Vec<SiteId>,
    joined: Vec<Member>,
}

impl Assignment {
    /// Assigns the slots of the same group to other sites, as [`Assignment::of`] would: by joins and leaves if it
    /// takes few of them.
    ///
    /// # Errors
    ///
    /// [`AssignError::Twice`] if two sites have one id.
    pub(crate) fn follow(mut self, group: &Group, members: &[Member]) -> Result<Self, AssignError> {
        let changes = self.changes(members).filter(|changes| {
            // Racks keep their numbers when their sites have left: those of a long life are let go at times.
            self.sites.racks() <= 2 * members.len() && changes.are_few(members.len())
        });
        let Some(changes) = changes else {
            // Its memory is free before the other takes as much.
            drop(self);
            return Self::of(group, members.iter().cloned());
        };
        for id in &changes.left {
            self.leave(id)?;
        }
        for member in changes.joined {
            self.join(member)?;
        }
        Ok(self)
    }

    /// Who has left and who has joined; `None` if two sites have one id.
    fn changes(&self, members: &[Member]) -> Option<Changes> {
        let by_id: BTreeMap<_, _> = members.iter().map(|member| (member.id(), member)).collect();
        if by_id.len() < members.len() {
            return None;
        }
        let mut changes = Changes::default();
        for before in self.members() {
            if !by_id
                .get(before.id())
                .is_some_and(|now| is_alike(before, now))
            {
                changes.left.push(before.id().clone());
            }
        }
        for (id, now) in by_id {
            let before = self
                .sites
                .number(id)
                .and_then(|number| self.sites.get(number));
            if !before.is_some_and(|before| is_alike(&before.member, now)) {
                changes.joined.push(now.clone());
            }
        }
        Some(changes)
    }

    /// How often the last outcome has been mended since it was found anew.
    #[cfg(test)]
    pub(crate) fn mended(&self) -> usize {
        self.outcome.as_ref().map_or(0, |outcome| outcome.mended)
    }
}

impl Changes {
    /// Whether it is cheaper to go through them than to begin anew.
    ///
    /// Of 16,384 slots, in the worst of six groups with and without racks, a beginning took as long as 2 joins or
    /// leaves among 12 sites, 4 among 32, 10 among 100, 14 among 300 and 25 among 1,000; the square root of half the
    /// sites is a little less than each.
    fn are_few(&self, sites: usize) -> bool {
        let changes = self.left.len() + self.joined.len();
        2 * changes * changes <= sites
    }
}

/// Whether two sites of one id are assigned alike: where their requests go has no part in that.
fn is_alike(before: &Member, now: &Member) -> bool {
    let (before, now) = (before.node(), now.node());
    before.datacenter() == now.datacenter()
        && before.rack() == now.rack()
        && before.weight() == now.weight()
}
