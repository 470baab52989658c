//! What the scripts answer.

use std::time::Duration;

use crate::{SiteId, record::SlotRecord};

/// Tells two processes that call themselves the same site apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session(Box<str>);

impl Session {
    pub(crate) fn random() -> Self {
        Self(format!("{:032x}", fastrand::u128(..)).into())
    }
}

/// The last that a site knows of its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) life: Box<str>,
    pub(crate) version: u64,
}

/// A site is a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) life: Box<str>,
    pub(crate) version: u64,
    pub(crate) hold: Duration,
    pub(crate) next_change: Duration,
}

/// A site was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beat {
    pub(crate) life: Box<str>,
    pub(crate) version: u64,
    /// When the next beat could change something: evict a site, or give primaries. At most the timeout.
    pub(crate) next_change: Duration,
    pub(crate) evicted: Vec<SiteId>,
}

/// What became of a wish to hold a slot no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Removal {
    Removed(SlotRecord),
    Kept { others: u32, needed: u32 },
}

/// Says why the group's state could not be read or changed.
#[derive(Debug)]
#[allow(dead_code, reason = "until the store says so")]
pub(crate) enum StoreError {
    Stranger,
    Taken {
        id: SiteId,
        free_in: Duration,
    },
    Mismatch {
        field: String,
        theirs: String,
        ours: String,
    },
    Foreign {
        key: String,
    },
    NoGroup,
    Malformed {
        what: String,
    },
    Redis(tower_muster::BoxError),
}
