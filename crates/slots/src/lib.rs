//! Slots: the work of a group of sites, partitioned, agreed through Redis, and routed to.
//!
//! A *site* is a member of the group, a *slot* one partition of its work. Each slot is held by some sites, of which one
//! is its *primary*; each change of the primary raises the slot's *epoch*. The library says who is to hold what, keeps the
//! group's word about it, and routes requests to it; the application moves what is in the slots, when it is asked to.
//!
//! ```text
//!  caller ─► Failover ─► Wait ─► Select ─────────► Stamp ─► client ─► Fence ─► application     Site ◄── Handler
//!                         │       │ primary, or     slot,               │        (commit:        │     acquire
//!                         │       │ nearest holder  epoch               │         is_current?)   │     release
//!                         │       ▼                                     ▼                        ▼     primary_changed
//!                         └──► SlotTable ◄─ numbered notices ─────  Standing ◄── lease ──── heartbeats
//!                                  ▲                                                             │
//!                                  └───────────────────────── Redis ◄── one script per change ───┘
//! ```
//!
//! - [`Site`] is this process as a member: it joins, heartbeats, and asks its [`Handler`] to acquire and release slots.
//!   [`Site::grant`] says what it may do at this moment.
//! - [`FenceLayer`] stands before what a site serves, and lets in what the site may serve under its epoch.
//! - [`SlotTable`] knows who holds which slot, for sites and for plain clients ([`SlotTable::follow`]); it is read without
//!   a lock and goes on when Redis is away.
//! - [`RouteLayer`] is the whole stack of a client: to the slot's primary, or to the nearest holder; when the primary is
//!   gone, the call waits for the next one within its deadline.
//! - [`Assignment`] says who is to hold what, the same on every site.
//!
//! # What is promised
//!
//! - At an epoch one site at most acts as a slot's primary, and epochs never go back, even when Redis has lost what
//!   it knew.
//! - A site that is not heard stops acting after its [lease](Group::lease), before the others may replace it at the
//!   [timeout](Group::timeout). Between the two lies the [margin](Group::margin) for clocks.
//! - A site gives its role away after it has stopped acting, and never before.
//! - A site becomes a holder beside a primary only with what it copied from that one, under its epoch: see [`Handler`].
//! - A slot is not taken from a site until enough others hold it, unless the site has failed or is silent.
//! - While Redis is away requests are routed by the last table; sites act until their leases end, and keep what they hold.
//!
//! What is not: a Redis that is cut off together with some sites goes on answering them, while Sentinel or the cluster
//! has made another one master. Epochs tell the two apart, so a fence refuses the older; to keep the older from acting
//! at all, set `min-replicas-to-write` in Redis. And where Redis has lost its last changes, nobody is primary for a
//! timeout; a site that was evicted before and comes back within it counts as a holder with what it has. What others
//! hold too is compared by the application, as after a loss of all data: see [`Handler`].
//!
//! # A site
//!
//! ```no_run
//! use std::{convert::Infallible, time::Duration};
//! use tower_muster_slots::{Acquire, Grant, Group, Handler, Member, Redis, Site, Slot};
//!
//! struct Carts;
//!
//! impl Handler for Carts {
//!     type Error = Infallible;
//!
//!     async fn acquire(&self, slot: Acquire) -> Result<(), Infallible> {
//!         println!("copy slot {} from {:?}", slot.slot, slot.primary);
//!         Ok(())
//!     }
//!
//!     async fn release(&self, slot: Slot) {
//!         println!("others hold slot {slot}: delete it");
//!     }
//!
//!     async fn primary_changed(&self, grant: Grant) {
//!         println!("slot {}: {} since {}", grant.slot, grant.role, grant.epoch);
//!     }
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let redis = Redis::at("redis://10.0.0.9:6379")?;
//! let group = Group::builder("carts").slots(512).replicas(2).timeout(Duration::from_secs(5)).build()?;
//! let me = Member::new("site-1", "http://10.0.0.1:7000")?.in_rack("dc1", "rack1")?;
//! let site = Site::builder(redis, group, me, Carts).join().await?;
//! // Serve requests behind `site.fence()`, and then:
//! site.leave(Duration::from_secs(60)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # A client
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! # let client = tower::service_fn(async |_: http::Request<http_body_util::Full<bytes::Bytes>>| {
//! #     Ok::<_, std::io::Error>(http::Response::new(String::new()))
//! # });
//! use tower::ServiceBuilder;
//! use tower_muster::policy::{PowerOfTwo, RackAffinity};
//! use tower_muster_slots::{Redis, RouteLayer, SlotKey, SlotTable};
//!
//! let table = SlotTable::follow(&Redis::at("redis://10.0.0.9:6379")?, "carts")?;
//! table.ready().await;
//! let near = RackAffinity::new("dc1", "rack1", PowerOfTwo::latency_aware())?;
//! let service = ServiceBuilder::new().layer(RouteLayer::new(table, near)).service(client);
//! // Each request says what it is about:
//! // request.extensions_mut().insert(SlotKey::of(b"cart:17"));
//! # let _ = (service, SlotKey::of(b""));
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `cli` (default) | the program `muster-slots` |
//! | `tls` | Redis over TLS, through rustls |
//! | `go` | objects to slots as redis-replica-manager-go does it |
//! | `full` | all of them |
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
    table::{FollowError, ManualGroup, Primary, SlotRoute, SlotTable, TableError},
};
