//! How long an assignment takes, from the beginning and when one site joins.

use std::hint::black_box;

use serde::Serialize;
use tower_muster::BoxError;
use tower_muster_slots::Assignment;

use super::groups::Case;
use crate::{stats::Summary, time};

/// How many sites there are.
pub(super) const SITES: usize = 1_000;
/// How often a group is assigned.
const ROUNDS: usize = 9;
/// How many sites join and leave again.
const JOINS: usize = 40;

/// What one group took.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Speed {
    pub(super) what: String,
    pub(super) assign_ms: Summary,
    pub(super) join_ms: Summary,
    pub(super) leave_ms: Summary,
}

/// Measures groups with and without racks.
pub(super) fn measure() -> Result<Vec<Speed>, BoxError> {
    let in_racks = Case::all().map(|case| Case { racks: 3, ..case });
    Case::all()
        .chain(in_racks.skip(2))
        .map(|case| one(&case))
        .collect()
}

fn one(case: &Case) -> Result<Speed, BoxError> {
    let (group, members) = (case.group()?, case.sites(SITES)?);
    let mut assigned = Vec::new();
    for _ in 0..ROUNDS {
        let members = members.clone();
        let begin = time::now();
        black_box(Assignment::of(&group, members)?);
        assigned.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    let mut assignment = Assignment::of(&group, members)?;
    let (mut joined, mut left) = (Vec::new(), Vec::new());
    for number in SITES..SITES + JOINS {
        let member = case.site(number)?;
        let id = member.id().clone();
        let begin = time::now();
        assignment.join(member)?;
        joined.push(begin.elapsed().as_secs_f64() * 1e3);
        let begin = time::now();
        assignment.leave(&id)?;
        left.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    let summary = |samples| Summary::of(samples).ok_or("nothing was measured");
    Ok(Speed {
        what: case.name(),
        assign_ms: summary(assigned)?,
        join_ms: summary(joined)?,
        leave_ms: summary(left)?,
    })
}
