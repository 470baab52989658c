//! What the benchmarks over real sockets share: clusters, the SDK's client, a table, latencies.

pub(crate) mod cluster;
pub(crate) mod latency;
pub(crate) mod sdk;
pub(crate) mod table;

use std::error::Error;

use tower_muster::BoxError;

/// How many calls are made at a time.
pub(crate) const TASKS: usize = 16;

/// Runs a benchmark on a runtime of its own, with a thread for each core.
pub(crate) fn block_on<T>(
    benchmark: impl Future<Output = Result<T, BoxError>>,
) -> Result<T, BoxError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(benchmark)
}

/// An error with its causes, since the SDK's own words are only "dispatch failure".
pub(crate) fn describe(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
