//! Why the group's state could not be read or changed.

use std::{error::Error, fmt, time::Duration};

use super::bounds::beginning;
use crate::{SiteId, redis::RedisError};

/// Says why the group's state could not be read or changed.
#[derive(Debug)]
pub(crate) enum StoreError {
    /// The site is no member: it was evicted, its id is another session's, or Redis has lost the group.
    Stranger,
    /// A live session has the id.
    Taken {
        /// The id.
        id: SiteId,
        /// How long until that session could be evicted, if it is not heard again.
        free_in: Duration,
    },
    /// The group's members have settled on something else.
    Mismatch {
        /// Which setting.
        field: String,
        /// What the group has.
        theirs: String,
        /// What this site has.
        ours: String,
    },
    /// What is under a key is not ours; nothing was written.
    Foreign {
        /// The key.
        key: String,
    },
    /// No site has ever joined the group.
    NoGroup,
    /// Something that was read, or is to be written, is not what it should be.
    Malformed {
        /// What, and how it begins.
        what: String,
    },
    /// There was no answer in time; what was asked for may have been done, or be done yet.
    Silent {
        /// How long it had.
        after: Duration,
    },
    /// Redis could not be asked, or refused.
    Redis(RedisError),
}

impl StoreError {
    pub(super) fn malformed(what: &str, text: &str) -> Self {
        Self::Malformed {
            what: format!("{what} {:?}", beginning(text)),
        }
    }

    /// What a script's refusal says; `id` is the site that asked.
    pub(super) fn of_refusal(detail: &str, id: &SiteId) -> Self {
        let words: Vec<&str> = detail.split(' ').collect();
        match words.as_slice() {
            ["STRANGER"] => Self::Stranger,
            ["FOREIGN", key] => Self::Foreign {
                key: (*key).to_owned(),
            },
            ["MISMATCH", field, theirs, ours] => Self::Mismatch {
                field: (*field).to_owned(),
                theirs: (*theirs).to_owned(),
                ours: (*ours).to_owned(),
            },
            ["TAKEN", ms] if ms.parse::<u32>().is_ok() => Self::Taken {
                id: id.clone(),
                free_in: Duration::from_millis(ms.parse().unwrap_or_default()),
            },
            _ => Self::malformed("a script's refusal", detail),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stranger => f.write_str("the site is no member of the group any more"),
            Self::Taken { id, free_in } => write!(
                f,
                "site id {id} is taken by a live session, which can be evicted in {free_in:?} at the earliest"
            ),
            Self::Mismatch {
                field,
                theirs,
                ours,
            } => write!(f, "{field} is {ours}, and the group's is {theirs}"),
            Self::Foreign { key } => write!(f, "what is under the key {key} is not the group's"),
            Self::NoGroup => f.write_str("no site has joined the group yet"),
            Self::Malformed { what } => write!(f, "{what} is malformed"),
            Self::Silent { after } => {
                write!(f, "the group's Redis did not answer within {after:?}")
            }
            Self::Redis(_) => f.write_str("the group's Redis did not answer as it should"),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Redis(error) => Some(error),
            _ => None,
        }
    }
}
