use std::{
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, advance};

use super::{At, Inner, Standing};
use crate::{Epoch, Role, Slot, SlotCount};

/// Far more than what any machine needs between two lines: the wall clock goes on in tests.
const HOUR: Duration = Duration::from_secs(3_600);
const MOMENT: Duration = Duration::from_millis(1);

fn standing() -> Standing {
    Standing::new(SlotCount::new(4).expect("a count"))
}

/// What the wall clock says, not as the code under test reads it.
fn wall() -> SystemTime {
    let since = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
    SystemTime::UNIX_EPOCH + since
}

/// This moment by the steady clock, and another one by the wall clock.
fn at(wall: SystemTime) -> At {
    let steady = Instant::now();
    At { steady, wall }
}

/// Of a site that began at some time by the wall clock, and is primary of the first slot.
fn begun(wall: SystemTime) -> Standing {
    let slots = (0..4).map(|_| AtomicU64::new(super::NOTHING));
    let standing = Standing(Arc::new(Inner {
        slots: slots.collect(),
        until: AtomicU64::new(0),
        until_wall: AtomicU64::new(0),
        start: at(wall),
    }));
    standing.set(Slot::new(0), Some(Role::Primary), Epoch::new(7));
    standing
}

fn acts(standing: &Standing) -> bool {
    let is_granted = standing.grant(Slot::new(0)).is_some();
    assert_eq!(
        is_granted,
        standing.is_live(),
        "a role is as long as its lease"
    );
    is_granted
}

#[tokio::test(start_paused = true)]
async fn a_role_ends_with_the_lease_and_comes_back_with_it() {
    let (standing, slot) = (standing(), Slot::new(1));
    standing.set(slot, Some(Role::Primary), Epoch::new(7));
    assert_eq!(standing.grant(slot), None, "there was no lease yet");
    standing.renew(At::now(), HOUR);
    let grant = standing.grant(slot).expect("a lease");
    assert_eq!((grant.role, grant.epoch), (Role::Primary, Epoch::new(7)));
    advance(HOUR + MOMENT).await;
    assert_eq!(standing.grant(slot), None);
    standing.renew(At::now(), HOUR);
    assert!(standing.grant(slot).is_some());
    standing.end();
    assert_eq!(standing.grant(slot), None);
}

#[tokio::test(start_paused = true)]
async fn a_lease_begins_when_it_was_asked_for() {
    let standing = standing();
    let asked = At::now();
    advance(HOUR / 2).await;
    standing.renew(asked, HOUR);
    assert!(standing.is_live());
    advance(HOUR / 2 + MOMENT).await;
    assert!(!standing.is_live());
}

#[tokio::test(start_paused = true)]
async fn a_lease_ends_while_the_machine_is_suspended_and_its_steady_clock_stands_still() {
    let now = wall();
    let standing = begun(now - HOUR * 4);
    standing.renew(at(now - HOUR * 2), HOUR);
    assert!(!acts(&standing), "an hour has passed since its end");
    // It is counted from when it was asked for by this clock, too.
    standing.renew(at(now - HOUR * 2), HOUR * 3);
    assert!(acts(&standing), "an hour is left");
    standing.renew(at(now - HOUR * 2), HOUR * 3 / 2);
    assert!(!acts(&standing), "half an hour has passed since");
    standing.renew(At::now(), HOUR);
    assert!(acts(&standing), "it was renewed since");
}

#[tokio::test(start_paused = true)]
async fn a_lease_ends_by_the_steady_clock_when_the_other_is_set_back() {
    let now = wall();
    // To before the lease, and to before the site was there.
    for (begin, asked) in [(now - HOUR, now + HOUR), (now + HOUR * 2, now + HOUR * 3)] {
        let standing = begun(begin);
        standing.renew(at(asked), HOUR);
        assert!(acts(&standing));
        advance(HOUR - MOMENT).await;
        assert!(acts(&standing), "it is not cut short");
        advance(MOMENT).await;
        assert!(!acts(&standing), "nor does it last longer");
        standing.renew(At::now(), HOUR);
        assert!(acts(&standing), "the next one is like any other");
    }
}

#[tokio::test]
async fn a_slot_that_the_group_does_not_have_is_nobodys() {
    let standing = standing();
    standing.renew(At::now(), HOUR);
    standing.set(Slot::new(9), Some(Role::Primary), Epoch::new(1));
    assert_eq!(standing.grant(Slot::new(9)), None);
}
