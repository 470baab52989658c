//! What it takes to add slots to one site: one script each, and the site's part in it.

mod run;

use serde::Serialize;
use serde_json::json;
use tower_muster::BoxError;
use tower_muster_testkit::redis::RedisServer;

use self::run::Adding;
use super::Part;
use crate::{
    figures::{Better, Figure},
    live::block_on,
    stats::Summary,
};

/// As many slots as a group may have, and few.
const MANY: u32 = 16_384;
const FEW: u32 = 1_024;
/// How often the many are added; the few are before and after each time.
const ROUNDS: u32 = 3;
const FEW_ROUNDS: u32 = 8;

/// What one round took.
#[derive(Debug, Serialize)]
struct Round {
    many_s: f64,
    few_s: Summary,
    /// The time per slot of the many to that of the few around them.
    linearity: f64,
}

/// Measures one site that adds all slots, as its only member.
pub(super) fn measure() -> Result<Part, BoxError> {
    let rounds = block_on(rounds())?;
    let median = |of: fn(&Round) -> f64| {
        let summary = Summary::of(rounds.iter().map(of).collect());
        summary.map_or(f64::NAN, |summary| summary.median)
    };
    let figure = |id: &str, value, unit, bound| {
        Figure::new(format!("slots.{id}"), value, unit, bound, Better::Lower)
    };
    Ok(Part {
        figures: vec![
            figure("add16384.s", median(|round| round.many_s), "s", 3.0),
            figure(
                "add.linearity",
                median(|round| round.linearity),
                "times",
                1.3,
            ),
        ],
        name: "add",
        detail: json!({
            "aims": { "add16384_s": 1, "add_linearity": 1.1 },
            "few": FEW,
            "many": MANY,
            "rounds": rounds,
            "notes": NOTES,
        }),
    })
}

/// How it was measured.
const NOTES: &[&str] = &[
    "from the first request_add to the moment when the site may act as primary of the last slot; the handler does \
     nothing, and the hold of a new group has passed before",
    "linearity: the median of all rounds, each of which is the many with the few before and after them",
    "each time is a new group on one redis-server, which writes each command to its append-only file",
];

async fn rounds() -> Result<Vec<Round>, BoxError> {
    let redis = RedisServer::start().await?;
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        rounds.push(self::round(&redis.url(), round).await?);
    }
    Ok(rounds)
}

async fn round(url: &str, round: u32) -> Result<Round, BoxError> {
    let mut before = Vec::new();
    for number in 0..FEW_ROUNDS {
        before.push(Adding::prepare(url, FEW, round, number).await?);
    }
    let all = Adding::prepare(url, MANY, round, 0).await?;
    let after = before.split_off(before.len() / 2);
    let mut few = Vec::new();
    for adding in before {
        few.push(adding.run().await?);
    }
    let many_s = all.run().await?;
    for adding in after {
        few.push(adding.run().await?);
    }
    let few_s = Summary::of(few).ok_or("nothing was added")?;
    let per_slot = |seconds: f64, slots: u32| seconds / f64::from(slots);
    Ok(Round {
        many_s,
        few_s,
        linearity: per_slot(many_s, MANY) / per_slot(few_s.median, FEW),
    })
}
