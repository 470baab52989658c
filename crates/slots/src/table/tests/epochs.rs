//! Epochs never go back.

use super::{SLOT, id, notice, primary, record, snapshot, state, table};
use crate::{
    Epoch, SiteId, Slot,
    table::{Applied, word::Word},
};

#[test]
fn a_record_with_a_lower_epoch_is_never_applied() {
    let table = table();
    assert_eq!(
        table.apply(&notice(11, vec![record(SLOT, 99, &[2])])),
        Applied::Taken
    );
    assert_eq!(state(&table, SLOT), record(SLOT, 100, &[1, 2]));
    table.replace(&snapshot(20, &[1, 2, 3], vec![record(SLOT, 50, &[3])]));
    assert_eq!(state(&table, SLOT), record(SLOT, 100, &[1, 2]));
    assert_eq!(table.version(), 20);
}

#[test]
fn a_lower_epoch_of_another_life_is_not_applied_either() {
    let table = table();
    let mut after = snapshot(1, &[2, 3], vec![record(SLOT, 50, &[3])]);
    after.life = "two".into();
    table.replace(&after);
    // Whom it knew has not joined this life.
    let known = state(&table, SLOT);
    assert_eq!((known.epoch, known.primary), (Epoch::new(100), None));
    let mut next = notice(2, vec![record(SLOT, 101, &[3])]);
    next.life = "two".into();
    assert_eq!(table.apply(&next), Applied::Taken);
    assert_eq!(state(&table, SLOT), record(SLOT, 101, &[3]));
}

#[test]
fn what_redis_has_lost_is_nobodys_and_keeps_its_epoch() {
    let table = table();
    let mut after = snapshot(1, &[1, 2, 3], Vec::new());
    after.life = "two".into();
    table.replace(&after);
    assert_eq!(state(&table, SLOT), record(SLOT, 100, &[]));
}

#[test]
fn what_a_site_tells_is_taken_if_it_is_newer() {
    let learn = |epoch, site: Option<SiteId>| {
        let table = table();
        let is_new = table.learn(SLOT, Epoch::new(epoch), site.as_ref());
        (is_new, state(&table, SLOT))
    };
    assert_eq!(learn(99, Some(id(2))), (false, record(SLOT, 100, &[1, 2])));
    assert_eq!(learn(100, Some(id(2))), (false, record(SLOT, 100, &[1, 2])));
    let (is_new, known) = learn(101, Some(id(2)));
    assert!(is_new);
    assert_eq!((known.epoch, known.primary), (Epoch::new(101), Some(id(2))));
    let (is_new, known) = learn(101, Some(id(3)));
    assert!(is_new);
    assert_eq!(known.holders, [id(3), id(1), id(2)], "the primary holds it");
    // One that is no member is nobody to send to.
    let (is_new, known) = learn(101, Some(id(9)));
    assert!(is_new && known.primary.is_none());
    assert_eq!(
        learn(Word::MAX_EPOCH.number() + 1, Some(id(2))).1,
        record(SLOT, 100, &[1, 2])
    );
}

#[test]
fn a_primary_that_was_not_named_is_named_later_under_the_same_epoch() {
    let table = table();
    assert!(table.learn(SLOT, Epoch::new(101), None));
    assert!(table.learn(SLOT, Epoch::new(101), Some(&id(2))));
    assert_eq!(primary(&table, SLOT), Some(id(2)));
    // The notice of the same change follows, and is the last word.
    table.apply(&notice(11, vec![record(SLOT, 101, &[2, 3])]));
    assert_eq!(state(&table, SLOT), record(SLOT, 101, &[2, 3]));
}

#[test]
fn what_was_told_is_kept_by_a_snapshot_that_is_older() {
    let table = table();
    table.learn(SLOT, Epoch::new(101), Some(&id(2)));
    table.replace(&snapshot(10, &[1, 2, 3], vec![record(SLOT, 100, &[1, 2])]));
    assert_eq!(primary(&table, SLOT), Some(id(2)));
    // It is not kept for a site that has left.
    table.replace(&snapshot(10, &[1, 3], vec![record(SLOT, 100, &[1])]));
    assert_eq!(primary(&table, SLOT), None);
}

#[test]
fn an_epoch_that_no_word_can_hold_is_not_taken() {
    let table = table();
    let mut record = record(Slot::new(4), 1, &[1]);
    record.epoch = Epoch::new(u64::MAX);
    table.apply(&notice(11, vec![record]));
    assert_eq!(primary(&table, Slot::new(4)), None);
    assert_eq!(table.version(), 11);
}
