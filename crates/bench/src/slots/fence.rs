//! What a site accepts that was stopped for so long that others took its place.

mod answers;
mod round;
mod writer;

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;
use tower_muster::BoxError;

use self::answers::Answers;
use super::{Part, scene::Scene, site::GroupArguments};
use crate::{
    figures::{Better, Figure},
    live::block_on,
};

const SITES: u32 = 3;
const GROUP: GroupArguments = GroupArguments {
    slots: 96,
    replicas: 2,
    min_sites: SITES - 1,
    timeout_ms: 1_000,
};
/// For how many timeouts a site stands still.
const PAUSE: u32 = 3;
const ROUNDS: usize = 4;
/// Fewer writes say too little.
const LEAST_TRIED: usize = 10_000;
/// No round takes longer, or it has failed.
const PATIENCE: Duration = Duration::from_secs(40);

/// Measures processes that are stopped and go on, while clients that know nothing of it write to them.
pub(super) fn measure() -> Result<Part, BoxError> {
    let (current, stale) = block_on(rounds())?;
    let (id, violations) = ("slots.fence.violations", stale.violations());
    if stale.tried < LEAST_TRIED {
        return Err(format!("only {} writes were tried", stale.tried).into());
    }
    Ok(Part {
        figures: vec![Figure::new(
            id,
            violations as f64,
            "writes",
            0.0,
            Better::Lower,
        )],
        name: "fence",
        detail: json!({
            "aims": { "fence_violations": 0 },
            "sites": SITES,
            "slots": GROUP.slots,
            "timeout_ms": GROUP.timeout_ms,
            "pause_timeouts": PAUSE,
            "rounds": ROUNDS,
            "tried": stale.tried,
            "current": current,
            "stale": stale,
            "notes": NOTES,
        }),
    })
}

/// How it was measured.
const NOTES: &[&str] = &[
    "a site's process is stopped with SIGSTOP, and goes on with SIGCONT when others have been primary of its slots \
     for two timeouts; writes under its old epochs are queued in its sockets when it has just stopped, when its slots \
     have been given to others, and right before it goes on; more come afterwards until it is primary of some again",
    "a violation is one of these writes that was answered with 200, or that the site has logged as committed: each of \
     them can only be carried out after a higher epoch was granted",
    "current: writes under the same epochs right before the site is stopped; all must be accepted",
];

async fn rounds() -> Result<(Answers, Answers), BoxError> {
    let mut scene = Scene::start(SITES, GROUP).await?;
    let (mut current, mut stale) = (Answers::default(), Answers::default());
    for round in 0..ROUNDS {
        let victim = round % scene.sites.len();
        let (before, after) = timeout(PATIENCE, round::run(&mut scene, victim)).await??;
        current.add(before);
        stale.add(after);
    }
    Ok((current, stale))
}
