//! Shows what nodes answer to whoever wants to learn from it.
//!
//! A cluster may come to tell its clients who holds a key: scylladb's pull request #30214, which no release has,
//! adds a header to responses that came from a node which does not. [`ObserveLayer`] shows an [`Observe`] each
//! response's head beside the request's table and key, so that a policy can learn from it. It is off unless
//! [`Config::observe`](crate::Config::observe) is used.
//!
//! The keys are there if [affinity](crate::affinity) is on; those of reads, too, if its layer is to
//! [tell all](crate::affinity::AffinityLayer::tell_all), as it is in a stack with an observer.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use std::sync::{Arc, Mutex};
//!
//! use http::{Request, Response};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_muster_alternator::{
//!     affinity::{KeyHash, PartitionKeys},
//!     observe::{Observe, ObserveLayer, Seen},
//! };
//!
//! /// Writes down whom a made-up header names for which key.
//! #[derive(Clone, Default)]
//! struct Hints(Arc<Mutex<Vec<(KeyHash, String)>>>);
//!
//! impl Observe for Hints {
//!     fn observe(&self, seen: &Seen<'_>) {
//!         let hint = seen.headers().get("x-example-replica").and_then(|hint| hint.to_str().ok());
//!         if let (Some(hint), Some([hash])) = (hint, seen.keys().map(PartitionKeys::hashes)) {
//!             self.0.lock().expect("no panic").push((*hash, hint.to_owned()));
//!         }
//!     }
//! }
//!
//! let hints = Hints::default();
//! let service = ServiceBuilder::new()
//!     .layer(ObserveLayer::new(hints.clone()))
//!     .service(service_fn(async |_: Request<()>| {
//!         Response::builder().header("x-example-replica", "10.0.0.7").body(())
//!     }));
//! let mut request = Request::post("http://10.0.0.1:8000/").body(())?;
//! request.extensions_mut().insert(PartitionKeys::of(KeyHash::string("user 7")));
//! service.oneshot(request).await?;
//! assert_eq!(*hints.0.lock().expect("no panic"), [(KeyHash::string("user 7"), "10.0.0.7".to_owned())]);
//! # Ok(())
//! # }
//! ```

mod future;
mod layer;
mod seen;
mod service;

pub use self::{
    future::ResponseFuture,
    layer::ObserveLayer,
    seen::{Observe, Seen},
    service::Observed,
};

#[cfg(test)]
mod tests;
