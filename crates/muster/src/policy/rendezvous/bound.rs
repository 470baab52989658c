//! How much more than its part a node may have in flight.

use std::{error::Error, fmt};

use crate::policy::{Candidate, Candidates};

/// A multiple of the fair part, which is above 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound(f64);

/// What is fair, for one pick: what a unit of weight may have in flight.
#[derive(Clone, Copy)]
pub(super) struct Room {
    per_weight: f64,
}

impl Bound {
    pub(super) fn new(bound: f64) -> Result<Self, BoundError> {
        match bound > 1.0 && bound.is_finite() {
            true => Ok(Self(bound)),
            false => Err(BoundError { bound }),
        }
    }

    pub(super) fn among(self, candidates: &Candidates<'_, '_>) -> Room {
        let (mut in_flight, mut weight) = (1.0, 0.0);
        for candidate in candidates.iter() {
            in_flight += f64::from(candidate.in_flight());
            weight += candidate.node().weight();
        }
        Room {
            per_weight: self.0 * in_flight / weight,
        }
    }
}

impl Room {
    pub(super) fn at(self, candidate: &Candidate<'_>) -> bool {
        let most = (self.per_weight * candidate.node().weight()).ceil();
        f64::from(candidate.in_flight()) < most
    }
}

/// Says which number is no bound.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundError {
    bound: f64,
}

impl fmt::Display for BoundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "bound is {}, and must be a finite number above 1",
            self.bound
        )
    }
}

impl Error for BoundError {}
