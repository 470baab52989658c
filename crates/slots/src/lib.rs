//! Slots: the work of a group of sites, partitioned, agreed through Redis, and routed to.
//!
//! A *site* is a member of the group, a *slot* one partition of its work. Each slot is held by some sites, one of
//! which is its *primary*; each change of the primary raises the slot's *epoch*.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod assign;
mod epoch;
pub mod fence;
mod group;
mod hash;
mod member;
mod object;
mod record;
mod redis;
mod role;
pub mod route;
mod site;
mod slot;
mod standing;
mod store;
mod table;

pub use self::{
    assign::{AssignError, Assignment},
    epoch::Epoch,
    fence::{FenceLayer, Fenced},
    group::{Group, GroupBuilder, GroupError, Spread},
    member::{Member, MemberError, SiteId, SiteIdError},
    redis::{Redis, RedisError},
    role::{Grant, Role},
    route::{
        RouteLayer, Routed, SlotClassify, SlotKey, SlotNodes, SlotPolicy, StampLayer, WaitLayer,
    },
    site::{Acquire, Handler, Removal, Site, SiteBuilder, SiteError},
    slot::{MAX_SLOTS, Slot, SlotCount},
    table::{FollowError, ManualGroup, Primary, SlotRoute, SlotTable},
};
