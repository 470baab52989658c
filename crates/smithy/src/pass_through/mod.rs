//! Passes requests by that are not meant for the cluster.
//!
//! A client on the shared `aws_config` is also handed to the providers of credentials, which ask STS, IMDS
//! or a sign-on service. A stack would send those requests to a node of the cluster, with whatever they
//! carry. [`PassThroughLayer`] looks at the origin that a request came with: those that are listed go to the
//! stack, and all others to another client, untouched.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use http::{Request, Response};
//! use http_body_util::{BodyExt, Full};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_muster::BoxError;
//! use tower_muster_smithy::PassThroughLayer;
//!
//! let others = service_fn(async |_: Request<()>| {
//!     Ok::<_, BoxError>(Response::new(Full::<&[u8]>::new(b"not the stack")))
//! });
//! let service = ServiceBuilder::new()
//!     .layer(PassThroughLayer::new(["http://cluster.example:8000"], others)?)
//!     .service(service_fn(async |_: Request<()>| {
//!         Ok::<_, BoxError>(Response::new(Full::<&[u8]>::new(b"the stack")))
//!     }));
//! for (uri, answer) in [
//!     ("http://cluster.example:8000/", "the stack"),
//!     ("https://sts.amazonaws.com/", "not the stack"),
//! ] {
//!     let response = service.clone().oneshot(Request::get(uri).body(())?).await?;
//!     assert_eq!(response.into_body().collect().await?.to_bytes(), answer);
//! }
//! # Ok(())
//! # }
//! ```

mod future;
mod layer;
mod origins;
mod service;

pub use self::{
    future::ResponseFuture, layer::PassThroughLayer, origins::PassThroughError,
    service::PassThrough,
};

#[cfg(test)]
mod tests;
