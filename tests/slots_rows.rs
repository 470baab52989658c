//! A group of sites partitions work as redis-replica-manager-go does, row by row: membership, eviction, assignment,
//! objects, moves, roles, routes, notices, and leaving.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

#[path = "slots/members.rs"]
mod members;
#[path = "slots/moves.rs"]
mod moves;
#[path = "slots/options.rs"]
mod options;
#[path = "slots/roles.rs"]
mod roles;
