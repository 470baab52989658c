//! Tells a site which slot a request is about, and learns from the one that is not its owner.
//!
//! [`StampLayer`] stands below [`Select`](tower_muster::select::Select). It writes the slot of the request's
//! [`SlotKey`](crate::SlotKey), the epoch that the table knows and the role that is asked for into headers, for the
//! [fence](crate::FenceLayer) of the site. An answer that says that the site is not the owner updates that one slot of
//! the table, if it knows more: nothing is asked of Redis for it. Requests without a key pass as they are.
//!
//! What a site says is believed, as sites of one group believe each other.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use http::{Request, Response};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_muster_slots::{Epoch, Group, ManualGroup, Member, Slot, SlotKey, StampLayer};
//!
//! let group = ManualGroup::new(&Group::builder("counters").build()?);
//! let (one, two) = (Member::new("one", "http://10.0.0.1")?, Member::new("two", "http://10.0.0.2")?);
//! group.join(&one);
//! group.join(&two);
//! group.hold(Slot::new(7), [one.id()]);
//!
//! let site = service_fn(async |request: Request<()>| {
//!     assert_eq!(request.headers()["x-muster-slot"], "7");
//!     assert_eq!(request.headers()["x-muster-epoch"], "1");
//!     let answer = Response::builder().status(421).header("x-muster-slot", "7");
//!     answer.header("x-muster-epoch", "2").header("x-muster-primary", "two").body(())
//! });
//! let service = ServiceBuilder::new().layer(StampLayer::new(group.table())).service(site);
//! let mut request = Request::new(());
//! request.extensions_mut().insert(SlotKey::slot(Slot::new(7)));
//! service.oneshot(request).await?;
//! assert_eq!(group.table().route(Slot::new(7)).primary(), Some(&two));
//! # Ok(())
//! # }
//! ```

mod error;
mod future;
mod layer;
mod service;

pub use self::{error::StampError, future::StampFuture, layer::StampLayer, service::Stamp};
