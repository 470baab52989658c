//! What becomes of a notice.

use super::{LIFE, SLOT, group, id, notice, primary, record, snapshot, state, table};
use crate::{
    Epoch, Role, Slot,
    table::{Applied, SlotTable},
};

#[test]
fn a_notice_is_applied_only_if_it_is_the_next() {
    let other = |version| {
        let mut notice = notice(version, vec![record(SLOT, 200, &[2])]);
        notice.life = "another".into();
        notice
    };
    let of = |version| notice(version, vec![record(SLOT, 200, &[2])]);
    #[rustfmt::skip]
    let cases = [
        (of(11),    Applied::Taken,   2),
        (of(10),    Applied::Old,       1),
        (of(1),     Applied::Old,       1),
        (of(12),    Applied::Gap,       1),
        (of(1_000), Applied::Gap,       1),
        (other(11), Applied::OtherLife, 1),
        (other(1),  Applied::OtherLife, 1),
    ];
    for (notice, expected, owner) in cases {
        let table = table();
        assert_eq!(table.apply(&notice), expected, "{notice:?}");
        assert_eq!(primary(&table, SLOT), Some(id(owner)), "{notice:?}");
        let version = if expected == Applied::Taken { 11 } else { 10 };
        assert_eq!(table.head(), Some((LIFE.into(), version)), "{notice:?}");
    }
}

#[test]
fn before_the_first_snapshot_there_is_nothing_to_apply_to() {
    let table = SlotTable::empty();
    assert_eq!(
        table.apply(&notice(1, vec![record(SLOT, 1, &[1])])),
        Applied::OtherLife
    );
    assert_eq!((table.slots(), table.slot_of(b"key")), (None, None));
    assert_eq!(
        (primary(&table, SLOT), table.epoch(SLOT)),
        (None, Epoch::NONE)
    );
    assert!(!table.is_ready() && table.group().is_none() && table.members().is_empty());
    assert!(!table.learn(SLOT, Epoch::new(5), None), "of which group?");
}

#[test]
fn a_route_tells_every_holder_in_order_with_its_role() {
    let table = table();
    table.apply(&notice(11, vec![record(SLOT, 100, &[1, 3, 2])]));
    let route = table.route(SLOT);
    let holders: Vec<_> = route
        .holders()
        .map(|(member, role)| (member.id().clone(), role))
        .collect();
    let expected = [
        (1, Role::Primary),
        (3, Role::Secondary),
        (2, Role::Secondary),
    ];
    assert_eq!(holders, expected.map(|(number, role)| (id(number), role)));
    assert_eq!(table.route(Slot::new(4)).holders().count(), 0);
}

#[test]
fn one_slot_is_changed_and_no_other() {
    let table = SlotTable::empty();
    let all = group(16).slots().slots();
    let records = all.map(|slot| record(slot, 100, &[1])).collect();
    table.replace(&snapshot(1, &[1, 2], records));
    table.apply(&notice(2, vec![record(SLOT, 101, &[2])]));
    for slot in group(16).slots().slots() {
        let expected = if slot == SLOT { 2 } else { 1 };
        assert_eq!(primary(&table, slot), Some(id(expected)), "slot {slot}");
    }
}

#[test]
fn slots_that_the_group_does_not_have_are_nobodys() {
    let table = table();
    let beyond = Slot::new(16);
    table.apply(&notice(
        11,
        vec![
            record(beyond, 1, &[1]),
            record(Slot::new(u16::MAX), 1, &[1]),
        ],
    ));
    assert_eq!(state(&table, beyond), record(beyond, 0, &[]));
    assert_eq!(primary(&table, Slot::new(u16::MAX)), None);
}

#[test]
fn a_group_that_is_made_anew_with_fewer_slots_has_no_more_of_them() {
    let table = SlotTable::empty();
    let mut large = snapshot(1, &[1], vec![record(Slot::new(5_000), 7, &[1])]);
    large.group = group(16_384);
    table.replace(&large);
    assert_eq!(primary(&table, Slot::new(5_000)), Some(id(1)));
    let mut small = snapshot(1, &[1], vec![record(SLOT, 8, &[1])]);
    small.life = "two".into();
    table.replace(&small);
    assert_eq!(primary(&table, Slot::new(5_000)), None);
    assert_eq!(primary(&table, SLOT), Some(id(1)));
    assert_eq!(table.slots().map(|slots| slots.get()), Some(16));
}
