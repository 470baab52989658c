//! What can be wrong with seeds, and with what they answer.

use std::{error::Error, fmt, time::Duration};

use http::StatusCode;
use tower_muster::{BoxError, Origin, OriginError, Place, Scope};

/// Says why seeds name no cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SeedError {
    /// The list of seeds is empty.
    Empty,
    /// A seed is not the address of a node.
    Origin(OriginError),
}

impl From<OriginError> for SeedError {
    fn from(error: OriginError) -> Self {
        Self::Origin(error)
    }
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("seeds: the list is empty"),
            Self::Origin(_) => f.write_str("seeds: one is no address"),
        }
    }
}

impl Error for SeedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Empty => None,
            Self::Origin(error) => Some(error),
        }
    }
}

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
    NoAddress { entries: usize },
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
            Cause::Silent(limit) => write!(f, "was silent for {limit:?}"),
            Cause::Status(status) => write!(f, "answered {status}"),
            Cause::Failed(error) => {
                let cause =
                    std::iter::successors(Some(&**error as &dyn Error), |&error| error.source());
                cause
                    .last()
                    .map_or(Ok(()), |cause| write!(f, "failed ({cause})"))
            }
        }
    }
}

impl Error for LocalNodesError {}
