//! Sends each request to the site that holds its slot.
//!
//! A request says what it is about with a [`SlotKey`] in its extensions. [`RouteLayer`] is the whole stack; its parts
//! are there for stacks of one's own:
//!
//! ```text
//!  one call                                                          beside the call
//!  caller ─► Failover ─► Wait ─► Select ──────► Stamp ─► client ─► site     Redis ─► SlotTable
//!             ▲           │       │ SlotPolicy   │ slot, epoch, role                   │  ▲
//!             │           │       │              ▼                                     │  │
//!             │           │       │           wrong owner? one slot is updated ────────┼──┘
//!             │           │       └ SlotNodes: members are the cluster's nodes ◄───────┤
//!             └ Outcome   └ nobody to go to? until the table knows somebody ◄──────────┘
//! ```
//!
//! - [`SlotNodes`] makes the members the nodes of a cluster, as soon as the table knows them.
//! - [`SlotPolicy`] picks the slot's primary, or for reads that allow it a holder by a policy of its own.
//! - [`StampLayer`] writes slot, epoch and role into the request's headers for the site's
//!   [fence](crate::FenceLayer), and learns from the answer of a site that is not the owner.
//! - [`WaitLayer`] holds a request back while there is nobody to send it to.
//! - [`SlotClassify`] says what the fence's answers show.

mod classify;
mod headers;
mod key;
mod nodes;
mod policy;
mod stack;
pub mod stamp;
pub mod wait;

pub(crate) use self::headers::number;
pub use self::{
    classify::SlotClassify,
    headers::{X_MUSTER_EPOCH, X_MUSTER_FENCED, X_MUSTER_PRIMARY, X_MUSTER_ROLE, X_MUSTER_SLOT},
    key::SlotKey,
    nodes::SlotNodes,
    policy::SlotPolicy,
    stack::{RouteLayer, Routed},
    stamp::{Stamp, StampError, StampFuture, StampLayer},
    wait::{Wait, WaitFuture, WaitLayer},
};

#[cfg(test)]
mod tests;
