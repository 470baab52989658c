mod any_story;
mod applying;
mod crossing;
mod epochs;
mod members;
mod waiting;

use super::SlotTable;
use crate::{
    Epoch, Group, Member, SiteId, Slot,
    record::{Event, MemberRecord, Notice, SlotRecord, Snapshot},
};

pub(crate) const LIFE: &str = "one";
pub(crate) const SLOT: Slot = Slot::new(3);

pub(crate) fn group(slots: u32) -> Group {
    Group::builder("g").slots(slots).build().expect("a group")
}

/// The site with a number, at an address of its own.
pub(crate) fn site(number: u16) -> Member {
    let origin = format!("http://10.0.{}.{}:7000", number / 250, number % 250);
    Member::new(&format!("site-{number}"), &origin).expect("a site")
}

pub(crate) fn id(number: u16) -> SiteId {
    site(number).id().clone()
}

pub(crate) fn member(number: u16) -> MemberRecord {
    MemberRecord {
        member: site(number),
        leaving: false,
    }
}

/// A slot that is held by sites, of which the first is its primary.
pub(crate) fn record(slot: Slot, epoch: u64, holders: &[u16]) -> SlotRecord {
    SlotRecord {
        slot,
        epoch: Epoch::new(epoch),
        primary: holders.first().map(|number| id(*number)),
        holders: holders.iter().map(|number| id(*number)).collect(),
    }
}

pub(crate) fn notice(version: u64, slots: Vec<SlotRecord>) -> Notice {
    Notice {
        life: LIFE.into(),
        version,
        event: Event::Added,
        site: None,
        member: None,
        slots,
    }
}

pub(crate) fn snapshot(version: u64, members: &[u16], slots: Vec<SlotRecord>) -> Snapshot {
    Snapshot {
        life: LIFE.into(),
        version,
        group: group(16),
        members: members.iter().map(|number| member(*number)).collect(),
        slots,
    }
}

/// A table of three sites at version 10, of which the first is primary of [`SLOT`] under epoch 100.
pub(crate) fn table() -> SlotTable {
    let table = SlotTable::empty();
    table.replace(&snapshot(10, &[1, 2, 3], vec![record(SLOT, 100, &[1, 2])]));
    table
}

pub(crate) fn primary(table: &SlotTable, slot: Slot) -> Option<SiteId> {
    let primary = table.primary(slot)?;
    Some(primary.member().id().clone())
}

/// Epoch, primary and holders of a slot.
pub(crate) fn state(table: &SlotTable, slot: Slot) -> SlotRecord {
    let route = table.route(slot);
    assert_eq!(route.epoch(), table.epoch(slot), "entry and word agree");
    let primary = route.primary().map(|member| member.id().clone());
    assert_eq!(primary, self::primary(table, slot), "entry and word agree");
    SlotRecord {
        slot,
        epoch: route.epoch(),
        primary,
        holders: route
            .holders()
            .map(|(member, _)| member.id().clone())
            .collect(),
    }
}
