//! Says why sites cannot be assigned slots.

use std::{error::Error, fmt};

use crate::member::SiteId;

/// Says why sites cannot be assigned slots.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssignError {
    /// Two of the sites have one id: which of them is meant cannot be known.
    #[non_exhaustive]
    Twice {
        /// The id.
        id: SiteId,
    },
    /// No site has this id.
    #[non_exhaustive]
    Unknown {
        /// The id.
        id: SiteId,
    },
}

impl fmt::Display for AssignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice { id } => write!(f, "two sites have the id {id}"),
            Self::Unknown { id } => write!(f, "no site has the id {id}"),
        }
    }
}

impl Error for AssignError {}
