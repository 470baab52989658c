//! Whatever is lost, repeated and reordered: after a snapshot the table is as the snapshot.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{LIFE, group, id, member, notice, state};
use crate::{
    Epoch, Slot,
    record::{Event, Notice, SlotRecord, Snapshot},
    table::{Applied, SlotTable},
};

const SLOTS: u16 = 4;
const SITES: u16 = 4;

/// What happens to a group.
#[derive(Debug, Clone)]
enum Step {
    Joins(u16),
    Leaves(u16),
    Holds { slot: u16, sites: Vec<u16> },
}

/// What becomes of its notice on the way.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Arrives,
    IsLost,
    ComesTwice,
    ComesLate,
}

/// The group as Redis has it.
#[derive(Default)]
struct Truth {
    version: u64,
    members: Vec<u16>,
    slots: BTreeMap<u16, SlotRecord>,
}

impl Truth {
    fn hold(&mut self, slot: u16, holders: Vec<u16>) -> SlotRecord {
        let before = self.slots.get(&slot);
        let primary = holders.first().map(|number| id(*number));
        let epoch = before.map_or(0, |before| before.epoch.number());
        let is_same = before.is_some_and(|before| before.primary == primary);
        let record = SlotRecord {
            slot: Slot::new(slot),
            epoch: Epoch::new(if is_same { epoch } else { epoch + 1 }),
            primary,
            holders: holders.into_iter().map(id).collect(),
        };
        self.slots.insert(slot, record.clone());
        record
    }

    fn step(&mut self, step: &Step) -> Notice {
        self.version += 1;
        let version = self.version;
        match step {
            Step::Joins(number) => {
                if !self.members.contains(number) {
                    self.members.push(*number);
                }
                Notice {
                    event: Event::Joined,
                    site: Some(id(*number)),
                    member: Some(member(*number)),
                    ..notice(version, Vec::new())
                }
            }
            Step::Leaves(number) => {
                self.members.retain(|other| other != number);
                let held = self.slots.clone().into_iter().filter_map(|(slot, record)| {
                    let was_one = record.holders.contains(&id(*number));
                    let all = (0..SITES).filter(|other| other != number);
                    let left: Vec<_> = all
                        .filter(|other| record.holders.contains(&id(*other)))
                        .collect();
                    was_one.then(|| self.hold(slot, left))
                });
                Notice {
                    event: Event::Evicted,
                    site: Some(id(*number)),
                    slots: held.collect(),
                    ..notice(version, Vec::new())
                }
            }
            Step::Holds { slot, sites } => {
                let holders = sites
                    .iter()
                    .copied()
                    .filter(|site| self.members.contains(site));
                let record = self.hold(*slot, holders.collect());
                notice(version, vec![record])
            }
        }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            life: LIFE.into(),
            version: self.version,
            group: group(SLOTS.into()),
            members: self.members.iter().map(|number| member(*number)).collect(),
            slots: self.slots.values().cloned().collect(),
        }
    }

    fn is(&self, table: &SlotTable) {
        assert_eq!(table.version(), self.version);
        let mut members: Vec<_> = self
            .members
            .iter()
            .map(|number| member(*number).member)
            .collect();
        members.sort_by(|one, two| one.id().cmp(two.id()));
        assert_eq!(table.members(), members);
        for slot in (0..SLOTS).map(Slot::new) {
            let nothing = super::record(slot, 0, &[]);
            let expected = self.slots.get(&slot.number()).unwrap_or(&nothing);
            assert_eq!(&state(table, slot), expected);
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let sites = Just((0..SITES).collect::<Vec<_>>()).prop_shuffle();
    prop_oneof![
        2 => (0..SITES).prop_map(Step::Joins),
        1 => (0..SITES).prop_map(Step::Leaves),
        4 => (0..SLOTS, sites, 0..=SITES as usize).prop_map(|(slot, mut sites, count)| {
            sites.truncate(count);
            Step::Holds { slot, sites }
        }),
    ]
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Arrives),
        1 => Just(Fate::IsLost),
        1 => Just(Fate::ComesTwice),
        1 => Just(Fate::ComesLate),
    ]
}

proptest! {
    #[test]
    fn the_table_ends_as_the_snapshot_is(
        story in prop::collection::vec((step(), fate()), 1..60),
        first in 0_usize..10,
        rest in prop::collection::vec(step(), 0..10),
    ) {
        let (mut truth, table) = (Truth::default(), SlotTable::empty());
        let mut late = Vec::new();
        let mut epochs = [Epoch::NONE; SLOTS as usize];
        for (number, (step, fate)) in story.iter().enumerate() {
            let notice = truth.step(step);
            if number == first {
                table.replace(&truth.snapshot());
            }
            match fate {
                Fate::IsLost => {}
                Fate::ComesLate => late.push(notice),
                Fate::Arrives => {
                    table.apply(&notice);
                }
                Fate::ComesTwice => {
                    table.apply(&notice);
                    prop_assert_ne!(table.apply(&notice), Applied::Taken);
                }
            }
            if number % 7 == 6 {
                late.drain(..).rev().for_each(|notice| {
                    table.apply(&notice);
                });
            }
            for slot in (0..SLOTS).map(Slot::new) {
                let (before, now) = (epochs[slot.index()], table.epoch(slot));
                prop_assert!(now >= before, "slot {}: {} after {}", slot, now, before);
                epochs[slot.index()] = now;
            }
        }
        table.replace(&truth.snapshot());
        truth.is(&table);
        // And goes on from there, as long as nothing is lost; what comes late changes nothing.
        for step in &rest {
            let notice = truth.step(step);
            prop_assert_eq!(table.apply(&notice), Applied::Taken);
            for notice in &late {
                prop_assert_eq!(table.apply(notice), Applied::Old);
            }
            truth.is(&table);
        }
    }
}
