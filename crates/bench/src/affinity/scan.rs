//! How fast the key of a put is found in its body.

use std::hint::black_box;

use bytes::Bytes;
use tower_muster::BoxError;
use tower_muster_alternator::affinity::{Mode, TableKeys};

use super::{
    allocations,
    bodies::{self, KEY, Put, TABLE},
    rounds,
    rows::Row,
};

/// How large bodies are, the one of the figure first.
const SIZES: [usize; 4] = [4 << 10, 1 << 10, 16 << 10, 64 << 10];

/// How many bodies take turns, so that none of them is learned by heart.
const BODIES: usize = 64;

pub(super) fn measure() -> Result<Vec<Row>, BoxError> {
    SIZES.into_iter().map(row).collect()
}

fn row(bytes: usize) -> Result<Row, BoxError> {
    let tables = TableKeys::new().given(TABLE, KEY)?;
    let mut chance = fastrand::Rng::with_seed(2);
    let puts: Vec<_> = (0..BODIES).map(|_| Put::new(&mut chance, bytes)).collect();
    check(&tables, &puts)?;
    let bodies: Vec<_> = puts.into_iter().map(|put| put.body).collect();
    let mut turn = 0;
    let mut scan = |count| {
        for _ in 0..count {
            let body = black_box(&bodies[turn % BODIES]);
            black_box(tables.keys_of(Mode::AnyWrite, "PutItem", body));
            turn += 1;
        }
        Ok(())
    };
    let ns = rounds::ns(&mut scan)?;
    let bytes = bodies::mean(bodies.iter().map(Bytes::len));
    Ok(Row {
        what: "scan, PutItem".to_owned(),
        nodes: None,
        bytes: Some(bytes),
        ns,
        gbps: Some(bytes / ns.median),
        allocations: allocations::per_operation(scan)?,
    })
}

/// What is measured finds the key.
fn check(tables: &TableKeys, puts: &[Put]) -> Result<(), BoxError> {
    for put in puts {
        let keys = tables.keys_of(Mode::AnyWrite, "PutItem", &put.body);
        if keys.is_none_or(|keys| keys.hashes() != [put.key]) {
            return Err("a put's key was not found".into());
        }
    }
    Ok(())
}
