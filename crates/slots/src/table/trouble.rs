//! Why a table is not up to date.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use crate::{redis::RedisError, store::StoreError};

/// Says why a group's state could not be read the last time.
///
/// For whoever wants to tell people why a table is not [ready](crate::SlotTable::ready), or grows old: routing goes on
/// by what is known, and what follows the group tries again by itself. No password is ever part of it.
///
/// # Clone
///
/// Clones share the error of Redis.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TableError {
    /// Redis answers, and no site has joined a group of this name yet, or Redis has lost it.
    NoGroup,
    /// What is under one of the group's keys in Redis is not the group's.
    #[non_exhaustive]
    Foreign {
        /// The key.
        key: String,
    },
    /// What is under the group's keys is not as a site writes it.
    #[non_exhaustive]
    Malformed {
        /// What, and how it begins.
        what: String,
    },
    /// The whole state was not there in time.
    #[non_exhaustive]
    Silent {
        /// How long it had.
        after: Duration,
    },
    /// Redis could not be reached, refused, is too old, or did not answer as it should.
    Redis(Arc<RedisError>),
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGroup => f.write_str("no site has joined the group yet"),
            Self::Foreign { key } => write!(f, "what is under the key {key} is not the group's"),
            Self::Malformed { what } => write!(f, "{what} is malformed"),
            Self::Silent { after } => {
                write!(f, "the group's state was not there within {after:?}")
            }
            Self::Redis(_) => f.write_str("the group's Redis did not answer as it should"),
        }
    }
}

impl Error for TableError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Redis(error) => Some(&**error),
            _ => None,
        }
    }
}

impl From<StoreError> for TableError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoGroup => Self::NoGroup,
            StoreError::Foreign { key } => Self::Foreign { key },
            StoreError::Malformed { what } => Self::Malformed { what },
            StoreError::Silent { after } => Self::Silent { after },
            StoreError::Redis(error) => Self::Redis(Arc::new(error)),
            // Only sites are told so.
            other @ (StoreError::Stranger
            | StoreError::Taken { .. }
            | StoreError::Mismatch { .. }) => Self::Malformed {
                what: format!("an answer, {:?},", other.to_string()),
            },
        }
    }
}
