//! Repeats a call at another node when that is known to be safe.
//!
//! [`FailoverLayer`] sits above [`Select`](crate::select::Select). When an attempt fails it looks at the
//! [`Outcome`](crate::Outcome): what was *refused* never reached the node and is sent to another one,
//! whatever it asks for; what is *ambiguous* may have been carried out and is sent again only if the
//! request is [repeatable](Repeat). Moving to another node costs no sleep. A call comes back to a node
//! that it has tried only when it has tried them all, and then after a [`Backoff`].
//!
//! ```text
//!                 ┌───────────────────────────────┐ the second has failed, too
//!                 ▼         late                  │
//!  Gathering ─► Attempting ──────► a second attempt beside it ─► whichever answers first
//!   the body     │     ▲            (Hedge; reads only)
//!         failed ▼     │
//!              Readying ◄── Pausing, when every node was tried
//! ```
//!
//! A call ends with a response, or with an error that names each attempt. Extra attempts come out of a
//! [`Budget`], so that neither an outage nor one bad node can multiply the load.
//!
//! A retry of the layers above, such as an AWS SDK's own, is no new call to the budget but one more extra
//! attempt, where [`Repeat::is_repetition`] knows it.
//!
//! Layers may stand between `Failover` and `Select` as long as they keep the errors below them as sources.
//! One that drops attempts itself, as `tower::timeout` does, hides which node the attempt was at: that
//! node may be tried again.
//!
//! # Why not `tower::retry`
//!
//! Its policy clones the whole request before each call and sees only a result: it cannot bound an
//! attempt in time, nor learn which node the one it gives up was at.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_muster::{Cluster, FailoverLayer, Node, SelectLayer, policy::RoundRobin};
//!
//! let nodes = [Node::new("http://10.0.0.1:8000")?, Node::new("http://10.0.0.2:8000")?];
//! let cluster = Cluster::fixed(nodes)?;
//! let service = ServiceBuilder::new()
//!     .layer(FailoverLayer::new(cluster.clone()))
//!     .layer(SelectLayer::new(cluster, RoundRobin::new()))
//!     .service(service_fn(async |request: Request<Full<Bytes>>| {
//!         // The first node is down.
//!         if request.uri().host() == Some("10.0.0.1") {
//!             return Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
//!         }
//!         Ok(Response::new(String::new()))
//!     }));
//! for _ in 0..10 {
//!     let request = Request::post("/").body(Full::new(Bytes::from("not repeatable")))?;
//!     let response = service.clone().oneshot(request).await?;
//!     assert!(response.status().is_success());
//! }
//! # Ok(())
//! # }
//! ```

mod alarm;
mod backoff;
mod budget;
mod call;
mod decide;
mod error;
mod future;
mod gather;
mod hedge;
mod held_back;
mod layer;
mod repeat;
mod saved;
mod service;
mod spare;

pub use self::{
    backoff::{Backoff, BackoffError},
    budget::{Budget, BudgetError},
    error::{Answer, Error, Reason, Tried},
    future::ResponseFuture,
    hedge::Hedge,
    held_back::HeldBack,
    layer::{FailoverLayer, Limits},
    repeat::{IdempotentMethods, Repeat},
    service::Failover,
};

#[cfg(test)]
mod tests;
