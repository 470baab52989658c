//! Whether connections are kept.

use serde::Serialize;
use tower_muster::BoxError;

use super::{
    caller::{Caller, Load, slice},
    clients::{connector, pooled},
    http::Http,
    process::Server,
    rows::plain_stack,
};

/// 64 at a time, 100,000 together.
const MEASURED: Load = Load {
    tasks: 64,
    calls: 100_000_usize.div_ceil(64),
};

/// How often as many calls are made before: the pool has as many connections as there were ever calls at a node
/// whose connections were not back yet, and that grows seldom, but for long.
const WARM_UPS: usize = 3;

/// Connections that the servers accepted while the calls were made.
#[derive(Debug, Serialize)]
pub(super) struct Reconnects {
    pub(super) calls: usize,
    pub(super) ours: u64,
    /// During as many calls before, time after time.
    pub(super) warming_up: Vec<u64>,
    /// By the bare client, round robin, after as many calls.
    pub(super) bare: u64,
    pub(super) bare_warming_up: Vec<u64>,
}

pub(super) async fn measure(server: &mut Server) -> Result<Reconnects, BoxError> {
    let ours = plain_stack(server.nodes())?;
    let bare = Http::new(pooled(connector()), &server.nodes().plain())?;
    Ok(Reconnects {
        calls: MEASURED.all_calls(),
        warming_up: warm_up(server, &ours).await?,
        ours: accepted(server, &ours).await?,
        bare_warming_up: warm_up(server, &bare).await?,
        bare: accepted(server, &bare).await?,
    })
}

async fn warm_up(server: &mut Server, caller: &impl Caller) -> Result<Vec<u64>, BoxError> {
    let mut counts = Vec::with_capacity(WARM_UPS);
    for _ in 0..WARM_UPS {
        counts.push(accepted(server, caller).await?);
    }
    Ok(counts)
}

async fn accepted(server: &mut Server, caller: &impl Caller) -> Result<u64, BoxError> {
    let before = server.accepted()?;
    slice(caller, MEASURED).await?;
    Ok(server.accepted()? - before)
}
