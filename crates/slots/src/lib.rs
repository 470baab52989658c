//! Slots: the work of a group of sites, partitioned, agreed through Redis, and routed to.
//!
//! A *site* is a member of the group, a *slot* one partition of its work. Each slot is held by some sites, one of
//! which is its *primary*; each change of the primary raises the slot's *epoch*.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod assign;
mod epoch;
mod group;
mod hash;
mod member;
mod object;
mod record;
mod redis;
mod role;
mod site;
mod slot;
mod standing;
mod store;

pub use self::{
    assign::{AssignError, Assignment},
    epoch::Epoch,
    group::{Group, GroupBuilder, GroupError, Spread},
    member::{Member, MemberError, SiteId, SiteIdError},
    redis::{Redis, RedisError},
    role::{Grant, Role},
    site::{Acquire, Handler, Removal, Site, SiteBuilder, SiteError},
    slot::{MAX_SLOTS, Slot, SlotCount},
};
