//! Holds a request back while there is nobody to send it to.
//!
//! [`WaitLayer`] stands between [`Failover`](tower_muster::failover::Failover) and
//! [`Select`](tower_muster::select::Select), right above it. An attempt goes on at once if its slot has somebody to
//! serve it. It waits until the table says otherwise, and no longer than the call's deadline,
//!
//! - while the slot has no primary (for reads that allow a replica: no holder), as between a primary's death and its
//!   replacement;
//! - while the cluster has not heard yet of a site that the table knows;
//! - if this call has tried the primary before: for the next primary, or for a while, and then it asks the same
//!   again, which may have been slower to learn of its role than the table;
//! - while the primary is in doubt, because it could not be reached or has refused: one request at a time is let
//!   through to see, the others wait for how that goes.
//!
//! So a primary's death costs its clients a few attempts each, not one for each call, and a call whose deadline is
//! later than the new primary does not fail.
//!
//! # Time
//!
//! It needs [`Limits::deadline`](tower_muster::failover::Limits::deadline): nothing else ends the waiting for a slot
//! that nobody takes. The time of an [attempt](tower_muster::failover::Limits::attempt_timeout) begins when the request
//! is sent on.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use http::{Request, Response};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_muster::{Cluster, SelectLayer, policy::PowerOfTwo};
//! use tower_muster_slots::{Group, ManualGroup, Member, Slot, SlotKey, SlotNodes, SlotPolicy, WaitLayer};
//!
//! let group = ManualGroup::new(&Group::builder("counters").build()?);
//! let site = Member::new("one", "http://10.0.0.1:7000")?;
//! group.join(&site);
//! let cluster = Cluster::discover(SlotNodes::new(group.table()));
//! let policy = SlotPolicy::new(group.table(), PowerOfTwo::latency_aware());
//! let service = ServiceBuilder::new()
//!     .layer(WaitLayer::new(group.table(), cluster.clone()))
//!     .layer(SelectLayer::new(cluster, policy))
//!     .service(service_fn(async |_: Request<String>| Ok::<_, std::io::Error>(Response::new(String::new()))));
//!
//! let mut request = Request::new(String::new());
//! request.extensions_mut().insert(SlotKey::slot(Slot::new(7)));
//! let call = tokio::spawn(service.oneshot(request));
//! // Nobody holds the slot. Now somebody does:
//! group.hold(Slot::new(7), [site.id()]);
//! assert!(call.await??.status().is_success());
//! # Ok(())
//! # }
//! ```

mod future;
mod gate;
mod hold;
mod layer;
mod service;

pub use self::{future::WaitFuture, layer::WaitLayer, service::Wait};
use self::{
    gate::{Gate, Look, Pass},
    hold::Hold,
};
