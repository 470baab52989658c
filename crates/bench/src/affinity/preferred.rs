//! Which node of a ring a hash prefers.

use std::{hint::black_box, ops::RangeInclusive};

use tower_muster::BoxError;
use tower_muster_alternator::affinity::KeyHash;

use super::{allocations, rounds, rows::Row};

/// How large the rings are.
const RINGS: RangeInclusive<usize> = 3..=100;

/// Sizes that are also measured alone.
const ALONE: [usize; 3] = [3, 9, 100];

/// How many hashes take turns: a power of two.
const HASHES: usize = 4096;

pub(super) fn measure() -> Result<Vec<Row>, BoxError> {
    let mixed: Vec<_> = RINGS.collect();
    let mut rows = vec![row::<true>(None, &mixed)?, row::<false>(None, &mixed)?];
    for nodes in ALONE {
        rows.push(row::<true>(Some(nodes), &[nodes])?);
    }
    Ok(rows)
}

/// A choice may have to wait for the one before, as it stands alone in a request; or the processor works at
/// several of them.
fn row<const WAITS: bool>(nodes: Option<usize>, rings: &[usize]) -> Result<Row, BoxError> {
    let mut chance = fastrand::Rng::with_seed(1);
    let cases: Vec<_> = (0..HASHES)
        .map(|turn| (KeyHash::from_i64(chance.i64(..)), rings[turn % rings.len()]))
        .collect();
    // Nothing, which the compiler does not know.
    let nothing = black_box(0);
    let mut turn = 0;
    let mut choose = |count| {
        for _ in 0..count {
            let (hash, nodes) = cases[turn % HASHES];
            let node = black_box(hash.preferred(nodes)).unwrap_or_default();
            turn += if WAITS { 1 + (node & nothing) } else { 1 };
        }
        Ok(())
    };
    let what = if WAITS {
        "preferred"
    } else {
        "preferred, overlapping"
    };
    Ok(Row {
        what: what.to_owned(),
        nodes,
        bytes: None,
        ns: rounds::ns(&mut choose)?,
        gbps: None,
        allocations: allocations::per_operation(choose)?,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_choice_allocates_nothing() {
        let row = super::row::<true>(Some(9), &[9]).expect("a row");
        assert_eq!(row.allocations, 0.0);
    }
}
