//! Says why a site cannot do what it was asked.

use std::{error::Error, fmt, time::Duration};

use tower_muster::BoxError;

use crate::{SiteId, Slot, store::StoreError};

/// Says why a site cannot do what it was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum SiteError {
    /// Another live site has the id.
    #[non_exhaustive]
    Taken {
        /// The id.
        id: SiteId,
        /// How long until it could be had, if that site falls silent now.
        free_in: Duration,
    },
    /// The group's sites have settled on something else.
    #[non_exhaustive]
    Mismatch {
        /// Which setting.
        field: String,
        /// What the group has.
        theirs: String,
        /// What this site has.
        ours: String,
    },
    /// What is under one of the group's keys in Redis is not the group's; it was left as it is.
    #[non_exhaustive]
    Foreign {
        /// The key.
        key: String,
    },
    /// The group has no such slot.
    #[non_exhaustive]
    NoSlot {
        /// Which one.
        slot: Slot,
        /// How many slots there are.
        slots: u16,
    },
    /// The slot is being added, removed or failed already.
    #[non_exhaustive]
    Busy {
        /// Which one.
        slot: Slot,
    },
    /// The site is no member at the moment: it was evicted, or Redis has lost the group, and it joins again.
    Away,
    /// The site has left.
    Gone,
    /// There is no tokio runtime that the site's task could run in.
    NoRuntime,
    /// Redis could not be asked, or its answer makes no sense; whether it has done it is not known.
    Redis(BoxError),
}

impl fmt::Display for SiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken { id, free_in } => write!(
                f,
                "site id {id} is taken by a live site, for {free_in:?} more at least"
            ),
            Self::Mismatch {
                field,
                theirs,
                ours,
            } => {
                write!(f, "{field} is {ours}, and the group's is {theirs}")
            }
            Self::Foreign { key } => write!(f, "what is under the key {key} is not the group's"),
            Self::NoSlot { slot, slots } => write!(f, "slot is {slot}, and there are {slots}"),
            Self::Busy { slot } => write!(f, "slot {slot} is being asked about already"),
            Self::Away => f.write_str("the site is no member at the moment"),
            Self::Gone => f.write_str("the site has left"),
            Self::NoRuntime => f.write_str("there is no tokio runtime"),
            Self::Redis(_) => f.write_str("Redis did not answer as it should"),
        }
    }
}

impl Error for SiteError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Redis(error) => Some(&**error),
            _ => None,
        }
    }
}

impl From<StoreError> for SiteError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stranger => Self::Away,
            StoreError::Taken { id, free_in } => Self::Taken { id, free_in },
            StoreError::Mismatch {
                field,
                theirs,
                ours,
            } => Self::Mismatch {
                field,
                theirs,
                ours,
            },
            StoreError::Foreign { key } => Self::Foreign { key },
            error @ (StoreError::NoGroup
            | StoreError::Malformed { .. }
            | StoreError::Silent { .. }) => Self::Redis(error.to_string().into()),
            StoreError::Redis(error) => Self::Redis(error.into()),
        }
    }
}
