//! Lets in what this site may serve, and nothing that comes from the past.
//!
//! A client routes by a table that may be behind, and a site may be behind, too: paused for longer than its lease,
//! cut off, or slow to hear that another has taken its role. [`FenceLayer`] stands before the application and checks
//! each request that names a slot against what the site may do at this moment.
//!
//! | the request | is |
//! |---|---|
//! | has no `x-muster-slot` | passed on, or refused if the fence [requires](FenceLayer::require) one |
//! | names a slot, an epoch or a role that cannot be read | answered with 400 Bad Request |
//! | asks for a role that the site does not have, its lease included | refused |
//! | carries another epoch than the site's grant | refused: the client is behind, or the site is |
//! | any other | passed on, with [`Fenced`] in its extensions |
//!
//! Refused is answered with 421 Misdirected Request, and with what the site knows: `x-muster-slot`, `x-muster-epoch`
//! (the highest) and `x-muster-primary` (its id, if it is known). Nothing was carried out, so a client may send the
//! request to the other one at once, whatever it asks for.
//!
//! # While the request is carried out
//!
//! The grant may end after the check. An application that stores something asks [`Fenced::is_current`] at its commit
//! point, or carries the [epoch](Fenced::epoch) on to a store that refuses older ones. What is answered after
//! the grant has ended is not taken for granted here either: the answer becomes 503 with `x-muster-fenced: lost`,
//! which says that it may have been carried out. That is checked when the answer's head is there; a body that
//! streams on is the application's to end.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use http::{Request, Response, StatusCode};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_muster_slots::{Fenced, Group, ManualGroup, Member, Slot};
//!
//! // As a site has it from Redis.
//! let group = ManualGroup::new(&Group::builder("counters").build()?);
//! let site = Member::new("one", "http://10.0.0.1:7000")?;
//! group.join(&site);
//! let epoch = group.hold(Slot::new(7), [site.id()]);
//!
//! let service = ServiceBuilder::new()
//!     .layer(group.fence(site.id()))
//!     .service(service_fn(async |request: Request<()>| {
//!         let fenced = request.extensions().get::<Fenced>().ok_or("no slot")?;
//!         // Work, and then, where it is to be stored:
//!         assert!(fenced.is_current());
//!         Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Response::new(String::from("stored")))
//!     }));
//!
//! let request = |epoch: u64| Request::post("/").header("x-muster-slot", "7").header("x-muster-epoch", epoch).body(());
//! let answer = service.clone().oneshot(request(epoch.number())?).await?;
//! assert_eq!(answer.status(), StatusCode::OK);
//! let answer = service.oneshot(request(epoch.number() - 1)?).await?;
//! assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
//! assert_eq!(answer.headers()["x-muster-primary"], "one");
//! # Ok(())
//! # }
//! ```

mod check;
mod fenced;
mod future;
mod layer;
mod service;

pub use self::{fenced::Fenced, future::FenceFuture, layer::FenceLayer, service::Fence};

#[cfg(test)]
mod tests;
