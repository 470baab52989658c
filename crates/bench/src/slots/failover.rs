//! How long it takes until the others know who is primary in the place of a site that was killed.

use std::time::Duration;

use serde_json::json;
use tokio::time::{sleep, timeout};
use tower_muster::BoxError;

use super::{Part, scene::Scene, site::GroupArguments};
use crate::{
    figures::{Better, Figure},
    live::block_on,
    stats::Summary,
    time,
};

const SITES: u32 = 3;
const KILLS: usize = 9;
const GROUP: GroupArguments = GroupArguments {
    slots: 512,
    replicas: 2,
    min_sites: SITES - 1,
    timeout_ms: 2_000,
};
/// No failover takes longer, or it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures real processes that are killed at moments of chance, one after the other.
pub(super) fn measure() -> Result<Part, BoxError> {
    let ratios = block_on(kills())?;
    let worst = ratios.iter().copied().fold(0.0, f64::max);
    let id = "slots.failover.ratio";
    Ok(Part {
        figures: vec![Figure::new(id, worst, "timeouts", 1.10, Better::Lower)],
        name: "failover",
        detail: json!({
            "aims": { "failover_ratio": 1.05 },
            "sites": SITES,
            "slots": GROUP.slots,
            "timeout_ms": GROUP.timeout_ms,
            "kills": KILLS,
            "ratio": Summary::of(ratios.clone()),
            "all": ratios,
            "notes": NOTES,
        }),
    })
}

/// How it was measured.
const NOTES: &[&str] = &[
    "from SIGKILL to the moment when a table that follows the group has a new primary for every slot of the site that \
     was killed; the figure is the worst of all kills",
];

async fn kills() -> Result<Vec<f64>, BoxError> {
    let mut scene = Scene::start(SITES, GROUP).await?;
    let (mut ratios, mut chance) = (Vec::new(), fastrand::Rng::with_seed(6));
    for kill in 0..KILLS {
        let victim = kill % scene.sites.len();
        // Anywhere between two heartbeats.
        sleep(GROUP.timeout().mul_f64(chance.f64() / 2.0)).await;
        let slots = scene.granted(victim);
        let begin = time::now();
        scene.sites[victim].kill()?;
        timeout(PATIENCE, scene.replaced(&slots)).await?;
        ratios.push(begin.elapsed().as_secs_f64() / GROUP.timeout().as_secs_f64());
        if kill + 1 < KILLS {
            scene.restart(victim)?;
            scene.settle().await?;
        }
    }
    Ok(ratios)
}
