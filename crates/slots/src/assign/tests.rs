mod defects;
mod following;
mod mending;
mod properties;

use super::Assignment;
use crate::{Group, Member, SiteId, Spread};

/// A site of a rack and a weight in thousandths.
fn site(id: &str, rack: u32, weight: u32) -> Member {
    let member = Member::new(id, "http://10.0.0.1:7000").expect("a member");
    let member = member
        .in_rack("dc1", format!("rack-{rack}"))
        .expect("a rack");
    member
        .weighted(f64::from(weight) / 1_000.0)
        .expect("a weight")
}

fn group(slots: u32, replicas: u16, spread: Spread) -> Group {
    let group = Group::builder("g")
        .slots(slots)
        .replicas(replicas)
        .spread(spread);
    group.build().expect("a group")
}

fn assigned(group: &Group, members: &[Member]) -> Assignment {
    Assignment::of(group, members.iter().cloned()).expect("an assignment")
}

fn id(id: &str) -> SiteId {
    id.parse().expect("an id")
}

/// All sites of all slots.
fn rows(assignment: &Assignment) -> Vec<Vec<String>> {
    let slots = assignment.rules.slots.slots();
    let row = |slot| assignment.sites(slot).map(ToString::to_string).collect();
    slots.map(row).collect()
}
