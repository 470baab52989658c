//! Why a group cannot be followed.

use std::{error::Error, fmt};

use crate::GroupError;

/// Says why a group cannot be followed at all.
///
/// That Redis cannot be reached, or has no such group, is no reason: it is tried again and again, and
/// [`SlotTable::trouble`](crate::SlotTable::trouble) says why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FollowError {
    /// No group can have that name.
    Name(GroupError),
    /// The call came outside of a Tokio runtime, so no task can follow.
    NoRuntime,
}

impl fmt::Display for FollowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name(_) => "the group cannot be followed",
            Self::NoRuntime => {
                "a group is followed by a task, and the call came outside of a Tokio runtime"
            }
        })
    }
}

impl Error for FollowError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Name(error) => Some(error),
            Self::NoRuntime => None,
        }
    }
}
