//! What can be wrong with what nodes answer.

use std::{error::Error, fmt, time::Duration};

use http::StatusCode;
use tower_muster::{BoxError, MAX_NODES, Origin, Place, Scope};

use super::super::root;

/// Says why no nodes were found, with what each node that was asked answered.
#[derive(Debug)]
pub struct LocalNodesError {
    scope: Scope,
    refusals: Vec<Refusal>,
}

/// What one node answered that listed no nodes.
#[derive(Debug)]
pub(super) struct Refusal {
    origin: Origin,
    place: Place,
    cause: Cause,
}

#[derive(Debug)]
pub(super) enum Cause {
    Empty,
    NoAddress {
        entries: usize,
    },
    TooMany {
        entries: usize,
    },
    /// It takes no notice of the place that it is asked for.
    IgnoresPlaces,
    Silent(Duration),
    Status(StatusCode),
    Failed(BoxError),
}

impl Refusal {
    pub(super) fn new(origin: &Origin, place: &Place, cause: Cause) -> Self {
        Self {
            origin: origin.clone(),
            place: place.clone(),
            cause,
        }
    }
}

impl LocalNodesError {
    pub(super) fn none_in(scope: Scope, refusals: Vec<Refusal>) -> Self {
        Self { scope, refusals }
    }

    /// Returns a node that takes no notice of the datacenter and rack that it is asked for, if one said so.
    ///
    /// A scope of such a cluster is [`Scope::cluster`], or its places are learned from
    /// [`SystemTables`](crate::SystemTables).
    #[must_use]
    pub fn ignores_places(&self) -> Option<&Origin> {
        let is_old = |refusal: &&Refusal| matches!(refusal.cause, Cause::IgnoresPlaces);
        let old = self.refusals.iter().find(is_old)?;
        Some(&old.origin)
    }
}

impl fmt::Display for LocalNodesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no nodes in ")?;
        for (n, place) in self.scope.places().iter().enumerate() {
            let nor = if n == 0 { "" } else { ", nor in " };
            write!(f, "{nor}{place}")?;
        }
        self.refusals
            .iter()
            .try_for_each(|refusal| write!(f, "; {refusal}"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            origin,
            place,
            cause,
        } = self;
        write!(f, "{origin} ")?;
        match cause {
            Cause::Empty => write!(f, "lists no nodes for {place}"),
            Cause::NoAddress { entries } => {
                write!(f, "lists {entries} entries, and none is an address")
            }
            Cause::TooMany { entries } => {
                write!(f, "lists {entries} entries, of at most {MAX_NODES}")
            }
            Cause::IgnoresPlaces => {
                f.write_str("knows no datacenters and racks in its lists (it is older than 2025.1)")
            }
            Cause::Silent(limit) => write!(f, "was silent for {limit:?}"),
            Cause::Status(status) => write!(f, "answered {status}"),
            Cause::Failed(error) => write!(f, "failed ({})", root(&**error)),
        }
    }
}

impl Error for LocalNodesError {}
