//! Readers beside the writer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

use super::{SLOT, id, notice, record, snapshot, table};
use crate::Epoch;

#[test]
fn a_reader_never_sees_an_epoch_with_another_epochs_primary() {
    const CHANGES: u64 = 20_000;
    let table = table();
    let done = Arc::new(AtomicBool::new(false));
    // Under even epochs it is the first site, under odd ones the second.
    let readers = (0..3).map(|_| {
        let (table, done) = (table.clone(), Arc::clone(&done));
        thread::spawn(move || {
            let mut last = Epoch::NONE;
            while !done.load(Relaxed) {
                let primary = table.primary(SLOT).expect("a primary");
                let expected = 1 + (primary.epoch().number() % 2) as u16;
                assert_eq!(primary.member().id(), &id(expected));
                let route = table.route(SLOT);
                let expected = 1 + (route.epoch().number() % 2) as u16;
                assert_eq!(route.primary().expect("a primary").id(), &id(expected));
                assert!(primary.epoch() >= last, "an epoch never goes back");
                last = primary.epoch();
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for change in 1..=CHANGES {
        let epoch = 100 + change;
        let record = record(SLOT, epoch, &[1 + (epoch % 2) as u16]);
        match change % 100 {
            0 => table.replace(&snapshot(10 + change, &[1, 2, 3], vec![record])),
            _ => {
                table.apply(&notice(10 + change, vec![record]));
            }
        }
    }
    done.store(true, Relaxed);
    for reader in readers {
        reader.join().expect("what it saw was whole");
    }
}
