//! Who is a member, and where.

use super::{LIFE, SLOT, id, member, notice, primary, record, site, snapshot, state, table};
use crate::{
    Epoch, Member, Slot,
    record::{Event, MemberRecord, Notice},
    table::SlotTable,
};

fn joins(version: u64, member: Member) -> Notice {
    Notice {
        event: Event::Joined,
        site: Some(member.id().clone()),
        member: Some(MemberRecord {
            member,
            leaving: false,
        }),
        ..notice(version, Vec::new())
    }
}

fn leaves(version: u64, number: u16, event: Event) -> Notice {
    Notice {
        event,
        site: Some(id(number)),
        ..notice(version, Vec::new())
    }
}

#[test]
fn who_left_is_nobodys_primary_even_if_no_slot_says_so() {
    for event in [Event::Left, Event::Evicted] {
        let table = table();
        table.apply(&leaves(11, 1, event));
        assert_eq!(primary(&table, SLOT), None);
        assert_eq!(state(&table, SLOT).holders, [id(2)]);
        assert_eq!(table.members(), [site(2), site(3)]);
    }
}

#[test]
fn a_site_without_slots_is_a_member() {
    let table = table();
    table.apply(&joins(11, site(7)));
    assert_eq!(table.members(), [site(1), site(2), site(3), site(7)]);
    assert_eq!(table.listed().number, 2);
}

#[test]
fn a_site_that_is_leaving_still_holds_what_it_holds() {
    let table = table();
    let mut notice = joins(11, site(1));
    notice.event = Event::Leaving;
    notice.member = Some(MemberRecord {
        leaving: true,
        ..member(1)
    });
    table.apply(&notice);
    assert_eq!(primary(&table, SLOT), Some(id(1)));
    let listed = table.listed();
    let leaving: Vec<_> = listed.iter().map(|listed| listed.leaving).collect();
    assert_eq!(leaving, [true, false, false]);
}

#[test]
fn a_site_that_moves_takes_its_slots_along() {
    let table = table();
    let moved = Member::new("site-1", "http://10.9.9.9:7000").expect("a site");
    table.apply(&joins(11, moved.clone()));
    let primary = table.primary(SLOT).expect("a primary");
    assert_eq!(primary.member(), &moved);
    assert_eq!(state(&table, SLOT).holders, [id(1), id(2)]);
}

#[test]
fn a_site_that_comes_back_as_it_was_takes_no_other_place() {
    let table = table();
    let place = |table: &SlotTable| table.primary(SLOT).map(|primary| primary.site().index());
    let before = place(&table);
    for version in (11..3_000).step_by(3) {
        table.apply(&leaves(version, 1, Event::Evicted));
        table.apply(&joins(version + 1, site(1)));
        let epoch = 100 + version;
        table.apply(&notice(version + 2, vec![record(SLOT, epoch, &[1])]));
    }
    assert!(before.is_some());
    assert_eq!(place(&table), before);
}

#[test]
fn sites_beyond_the_last_place_are_found_all_the_same() {
    const ROOM: u16 = 5;
    let table = table();
    table.0.roll.leave_room_for(usize::from(ROOM));
    let mut version = 10;
    for number in 100..100 + 2 * ROOM {
        table.apply(&joins(version + 1, site(number)));
        let epoch = 1_000 + u64::from(number);
        table.apply(&notice(
            version + 2,
            vec![record(SLOT, epoch, &[number, 1])],
        ));
        let primary = table.primary(SLOT).expect("a primary");
        assert_eq!(primary.member(), &site(number));
        assert_eq!(primary.epoch(), Epoch::new(epoch));
        let has_place = primary.site().index().place().is_some();
        assert_eq!(has_place, number < 100 + ROOM, "site {number}");
        table.apply(&leaves(version + 3, number, Event::Left));
        assert!(table.primary(SLOT).is_none(), "it has left");
        version += 3;
    }
    // The first of them is back where it was.
    table.apply(&joins(version + 1, site(100)));
    table.apply(&notice(version + 2, vec![record(SLOT, 5_000, &[100])]));
    assert!(
        table
            .primary(SLOT)
            .is_some_and(|primary| primary.site().index().place().is_some())
    );
}

#[test]
fn a_snapshot_says_who_is_a_member_and_who_is_not() {
    let table = table();
    table.replace(&snapshot(12, &[2, 8], vec![record(SLOT, 102, &[8, 2])]));
    assert_eq!(table.members(), [site(2), site(8)]);
    assert_eq!(state(&table, SLOT), record(SLOT, 102, &[8, 2]));
    let number = table.listed().number;
    table.replace(&snapshot(13, &[2, 8], vec![record(SLOT, 102, &[8, 2])]));
    assert_eq!(
        table.listed().number,
        number,
        "the same members are no new list"
    );
    assert_eq!(table.head(), Some((LIFE.into(), 13)));
}

#[test]
fn as_many_members_may_leave_as_join() {
    let table = table();
    table.replace(&snapshot(
        12,
        &[4, 5, 6],
        vec![record(Slot::new(1), 5, &[4])],
    ));
    assert_eq!(table.members(), [site(4), site(5), site(6)]);
    assert_eq!(primary(&table, SLOT), None);
}
