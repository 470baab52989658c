//! What it takes to find a slot's site, to apply a notice, and to write the whole table anew.

mod scene;

use serde::Serialize;
use serde_json::json;
use tower_muster::BoxError;

use self::scene::Scene;
use super::Part;
use crate::{
    figures::{Better, Figure},
    stats::Summary,
    time,
};

const LOOKUPS: usize = 1 << 20;
const NOTICES: usize = 1 << 14;
/// How many batches the median is of.
const BATCHES: usize = 30;
const REBUILDS: usize = 15;

/// What the parts of a table's work take.
#[derive(Debug, Serialize)]
struct Taken {
    /// From a slot to its primary's address.
    lookup_ns: Summary,
    /// The same from an object's key.
    object_ns: Summary,
    /// The same while another thread applies notices without a pause.
    beside_notices_ns: Summary,
    /// One slot with another primary, from the notice's making to the waking of those who wait.
    notice_us: Summary,
    /// All slots and all sites, from the snapshot's making to the last slot.
    rebuild_ms: Summary,
}

/// Measures a table of 16,384 slots and 1,000 sites: no Redis has a part in it.
pub(super) fn measure() -> Result<Part, BoxError> {
    let scene = Scene::new()?;
    let taken = Taken {
        lookup_ns: batches(BATCHES, || scene.lookups(LOOKUPS), LOOKUPS as f64 / 1e9)?,
        object_ns: batches(BATCHES, || scene.objects(LOOKUPS), LOOKUPS as f64 / 1e9)?,
        beside_notices_ns: scene
            .beside_notices(|| batches(BATCHES, || scene.lookups(LOOKUPS), LOOKUPS as f64 / 1e9))?,
        notice_us: batches(BATCHES, || scene.notices(NOTICES), NOTICES as f64 / 1e6)?,
        rebuild_ms: batches(REBUILDS, || scene.rebuild(), 1e-3)?,
    };
    let figure = |id: &str, value, unit, bound| {
        Figure::new(format!("slots.{id}"), value, unit, bound, Better::Lower)
    };
    Ok(Part {
        figures: vec![
            figure("lookup.ns", taken.lookup_ns.median, "ns", 20.0),
            figure("notice.us", taken.notice_us.median, "µs", 5.0),
            figure("rebuild.ms", taken.rebuild_ms.median, "ms", 50.0),
        ],
        name: "table",
        detail: json!({
            "aims": { "lookup_ns": 5, "notice_us": 1, "rebuild_ms": 10 },
            "sites": scene::SITES,
            "slots": scene::SLOTS,
            "taken": taken,
        }),
    })
}

/// The time of batches, in seconds by `units`.
fn batches(count: usize, mut batch: impl FnMut(), units: f64) -> Result<Summary, BoxError> {
    // The caches, and the branches.
    batch();
    let samples = (0..count).map(|_| {
        let begin = time::now();
        batch();
        begin.elapsed().as_secs_f64() / units
    });
    Summary::of(samples.collect()).ok_or_else(|| "no batches".into())
}
