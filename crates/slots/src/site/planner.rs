//! What the group's assignment is to one site.

use std::sync::Arc;

use super::{
    driver::Planner,
    state::{Target, Targets},
    step::Aim,
};
use crate::{Assignment, Group, SiteId, Slot};

/// Computes what each slot is to the site `me`.
pub(super) fn planner(group: Group, me: SiteId) -> Planner {
    Arc::new(move |members| {
        if members.len() < group.min_sites() as usize {
            return None;
        }
        let assignment = Assignment::of(&group, members.iter().cloned());
        // Members have different ids: they are the keys of a map.
        let assignment = assignment.ok()?;
        let target = |slot| target(&assignment, slot, &me);
        Some(Targets(group.slots().slots().map(target).collect()))
    })
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
mod tests {
    use super::planner;
    use crate::{Group, Member, SiteId, Slot};

    fn members(count: usize) -> Vec<Member> {
        let member = |number| Member::new(&format!("s{number}"), "http://10.0.0.1:7000");
        (0..count)
            .map(|number| member(number).expect("a member"))
            .collect()
    }

    #[test]
    fn nothing_is_assigned_while_too_few_sites_are_there() {
        let group = Group::builder("g").min_sites(3).build().expect("a group");
        let planner = planner(group, "s0".parse().expect("an id"));
        assert!(planner(&members(2)).is_none());
        assert!(planner(&members(3)).is_some());
    }

    #[test]
    fn sites_agree_on_who_holds_what_and_who_is_first() {
        let group = Group::builder("g")
            .slots(64)
            .replicas(2)
            .build()
            .expect("a group");
        let (members, slots) = (members(4), group.slots());
        let targets = members.iter().map(|member| {
            let planner = planner(group.clone(), member.id().clone());
            (member.id().clone(), planner(&members).expect("targets"))
        });
        let targets: Vec<_> = targets.collect();
        let of = |slot: Slot| {
            let site = |(id, targets): &(SiteId, super::Targets)| {
                let target = targets.0[slot.index()].clone();
                (id.clone(), target.aim, target.first)
            };
            targets.iter().map(site).collect::<Vec<_>>()
        };
        for slot in slots.slots() {
            let sites = of(slot);
            assert_eq!(
                sites.iter().filter(|(_, aim, _)| aim.wanted).count(),
                2,
                "{slot}"
            );
            let highest = sites
                .iter()
                .max_by_key(|(_, aim, _)| aim.claim)
                .expect("a site");
            assert!(highest.1.first && highest.1.wanted, "{slot}: {sites:?}");
            assert!(
                sites
                    .iter()
                    .all(|(.., first)| first.as_ref() == Some(&highest.0))
            );
        }
    }
}
