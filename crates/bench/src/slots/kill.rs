//! What calls notice of a site that is killed and started again.

mod load;

use std::time::Duration;

use serde_json::json;
use tokio::time::{sleep, timeout};
use tower_muster::BoxError;

use self::load::{Load, Outcomes};
use super::{Part, scene::Scene, site::GroupArguments};
use crate::{
    figures::{Better, Figure},
    live::block_on,
    time,
};

const SITES: u32 = 3;
const GROUP: GroupArguments = GroupArguments {
    slots: 512,
    replicas: 2,
    min_sites: SITES - 1,
    timeout_ms: 2_000,
};
/// How long everything is well before, between and after.
const WELL: Duration = Duration::from_secs(2);
/// No failover takes longer, or it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the group took, and what became of the calls meanwhile.
struct Killed {
    outcomes: Outcomes,
    replaced_after: Duration,
    settled_after: Duration,
}

/// Measures calls that may be repeated, with a deadline of a timeout and a second.
pub(super) fn measure() -> Result<Part, BoxError> {
    let killed = block_on(kill())?;
    let Killed {
        mut outcomes,
        replaced_after,
        settled_after,
    } = killed;
    if outcomes.times.is_empty() {
        return Err("no call was made".into());
    }
    outcomes.times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let at = |share: f64| {
        let rank = outcomes.times.len() as f64 * share;
        // Below the length, for shares below 1.
        outcomes.times.get(rank as usize).copied().map(ms)
    };
    let (id, lost) = ("slots.kill.lost", outcomes.failed as f64);
    Ok(Part {
        figures: vec![Figure::new(id, lost, "calls", 0.0, Better::Lower)],
        name: "kill",
        detail: json!({
            "aims": { "kill_lost": 0 },
            "sites": SITES,
            "slots": GROUP.slots,
            "replicas": GROUP.replicas,
            "timeout_ms": GROUP.timeout_ms,
            "deadline_ms": load::DEADLINE.as_millis() as u64,
            "calls": outcomes.times.len(),
            "failures": outcomes.failures,
            "replaced_after_ms": ms(replaced_after),
            "settled_after_ms": ms(settled_after),
            "p50_ms": at(0.5),
            "p99_ms": at(0.99),
            "p999_ms": at(0.999),
            "slowest_ms": outcomes.times.last().copied().map(ms),
            "notes": NOTES,
        }),
    })
}

/// How it was measured.
const NOTES: &[&str] = &[
    "PUTs through RouteLayer over a table that follows the group, at a steady rate, each to a slot by chance; one site \
     is killed, and started again at its address when the others have replaced it",
    "lost: every call that failed, whatever the reason; the times are of all calls, the failed ones included",
    "settled after: from the restart until every slot has its holders, a primary, and nothing has changed for a moment",
];

async fn kill() -> Result<Killed, BoxError> {
    let mut scene = Scene::start(SITES, GROUP).await?;
    let load = Load::begin(&scene)?;
    sleep(WELL).await;
    let slots = scene.granted(0);
    let begin = time::now();
    scene.sites[0].kill()?;
    timeout(PATIENCE, scene.replaced(&slots)).await?;
    let replaced_after = begin.elapsed();
    sleep(WELL).await;
    let begin = time::now();
    scene.restart(0)?;
    scene.settle().await?;
    let settled_after = begin.elapsed();
    sleep(WELL).await;
    let outcomes = timeout(PATIENCE, load.end()).await??;
    Ok(Killed {
        outcomes,
        replaced_after,
        settled_after,
    })
}
