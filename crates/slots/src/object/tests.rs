use crate::{SlotCount, hash};

/// The chi-squared statistic of so many keys, as a number of standard deviations above what chance gives.
fn skew(slots: SlotCount, keys: u32, slot_of: impl Fn(SlotCount, &[u8]) -> crate::Slot) -> f64 {
    let mut found = vec![0_u32; usize::from(slots.get())];
    for key in 0..keys {
        found[slot_of(slots, format!("object:{key}").as_bytes()).index()] += 1;
    }
    let expected = f64::from(keys) / f64::from(slots.get());
    let squares = found
        .iter()
        .map(|found| (f64::from(*found) - expected).powi(2) / expected);
    let freedom = (f64::from(slots.get()) - 1.0).max(1.0);
    (squares.sum::<f64>() - freedom) / (2.0 * freedom).sqrt()
}

fn count(count: u32) -> SlotCount {
    SlotCount::new(count).expect("a count")
}

#[test]
fn no_slot_is_likelier_than_another_whatever_their_count() {
    let few = 1..=40;
    let powers = (6..=14).flat_map(|bits| [(1 << bits) - 1, 1 << bits]);
    let others = (0..12).map(|seed| (hash::mix(seed) % 16_384 + 1) as u32);
    for slots in few.chain(powers).chain([10_000, 16_383]).chain(others) {
        let skew = skew(count(slots), 60_000, SlotCount::slot_of);
        // Chance passes 5 of these at few slots, where the statistic leans to the right, once in some 10^4.
        assert!(skew < 5.0, "{slots} slots: {skew}");
    }
}

#[cfg(feature = "go")]
#[test]
fn the_go_library_skews_a_count_that_does_not_divide_its_hashes() {
    let slots = count(10_000);
    assert!(skew(slots, 600_000, SlotCount::slot_of) < 5.0);
    assert!(skew(slots, 600_000, SlotCount::go_slot_of) > 15.0);
}

#[cfg(feature = "go")]
#[test]
fn the_go_librarys_slots_are_those_of_md5() {
    // By Python's hashlib: int(md5(key).hexdigest()[:4], 16) % count.
    let keys: [(&[u8], [u16; 4]); 6] = [
        (b"", [0, 1, 301, 5_149]),
        (b"a", [0, 1, 265, 3_265]),
        (b"user:17", [0, 0, 346, 5_346]),
        (b"user:18", [0, 2, 771, 4_387]),
        (b"123456789", [0, 1, 721, 9_721]),
        ("größe".as_bytes(), [0, 2, 955, 15_803]),
    ];
    for (key, expected) in keys {
        let found = [1, 3, 1_000, 16_384].map(|slots| count(slots).go_slot_of(key).number());
        assert_eq!(found, expected, "{key:?}");
    }
}

#[test]
fn every_slot_is_some_objects() {
    let slots = count(1_000);
    let mut missing: std::collections::BTreeSet<_> = slots.slots().collect();
    for key in 0_u32..20_000 {
        missing.remove(&slots.slot_of(&key.to_be_bytes()));
    }
    assert!(missing.is_empty(), "{missing:?}");
}
