//! An assignment that goes from one list of sites to the next.

use super::{assigned, group, rows, site};
use crate::Spread;

#[test]
fn racks_that_nobody_is_in_any_more_do_not_add_up() {
    let group = group(64, 2, Spread::Racks);
    let mut members: Vec<_> = (0..32).map(|n| site(&format!("s{n}"), n, 1_000)).collect();
    let mut assignment = assigned(&group, &members);
    let mut mended = 0;
    for rack in 32..232 {
        members[rack as usize % 32] = site(&format!("s{}", rack % 32), rack, 1_000);
        assignment = assignment.follow(&group, &members).expect("different ids");
        mended += usize::from(assignment.mended() > 0);
        assert!(assignment.sites.racks() <= 65, "after rack {rack}");
    }
    assert!(mended > 150, "only {mended} were mended");
    assert_eq!(rows(&assignment), rows(&assigned(&group, &members)));
}
