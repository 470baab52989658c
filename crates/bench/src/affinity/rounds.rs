//! Many short rounds of one operation.

use std::time::Duration;

use tower_muster::BoxError;

use crate::{stats::Summary, time};

/// How many rounds the median is of.
pub(super) const ROUNDS: usize = 300;

/// How long one round is.
pub(super) const ROUND: Duration = Duration::from_millis(2);

/// How many rounds are not counted: they fill the caches.
const WARM_ROUNDS: usize = 10;

/// How many operations there are between two looks at the clock.
const STEP: usize = 256;

/// Nanoseconds per operation.
///
/// `operate` does so many of them.
pub(super) fn ns(
    mut operate: impl FnMut(usize) -> Result<(), BoxError>,
) -> Result<Summary, BoxError> {
    let mut samples = Vec::with_capacity(ROUNDS);
    for round in 0..WARM_ROUNDS + ROUNDS {
        let (begun, mut count) = (time::now(), 0);
        let elapsed = loop {
            operate(STEP)?;
            count += STEP;
            let elapsed = time::now() - begun;
            if elapsed >= ROUND {
                break elapsed;
            }
        };
        if round >= WARM_ROUNDS {
            samples.push(elapsed.as_nanos() as f64 / count as f64);
        }
    }
    Summary::of(samples).ok_or_else(|| "there were no rounds".into())
}
