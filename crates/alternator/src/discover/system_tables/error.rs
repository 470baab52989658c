//! What can be wrong with what nodes answer.

use std::{error::Error, fmt, time::Duration};

use http::StatusCode;
use tower_muster::{BoxError, MAX_NODES, Origin};

use super::super::root;

/// Says why the members of the cluster are not known, with what each node that was asked answered.
#[derive(Debug)]
pub struct SystemTablesError {
    pub(super) refusals: Vec<Refusal>,
}

/// What one node answered.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) origin: Origin,
    pub(super) cause: Cause,
}

#[derive(Debug)]
pub(super) enum Cause {
    Empty,
    TooMany,
    Silent(Duration),
    Refused { status: StatusCode, code: String },
    Failed(BoxError),
}

impl fmt::Display for SystemTablesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no members in the system tables")?;
        let mut refusals = self.refusals.iter();
        refusals.try_for_each(|refusal| write!(f, "; {refusal}"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, cause } = self;
        write!(f, "{origin} ")?;
        match cause {
            Cause::Empty => f.write_str("has no row with an address and a place"),
            Cause::TooMany => write!(f, "has rows of more than {MAX_NODES} nodes"),
            Cause::Silent(limit) => write!(f, "was silent for {limit:?}"),
            Cause::Refused { status, code } => write!(f, "answered {status} {code}"),
            Cause::Failed(error) => write!(f, "failed ({})", root(&**error)),
        }
    }
}

impl Error for SystemTablesError {}
