//! What an error of Alternator says, and what it means.
//!
//! Alternator answers 400 both for what a node has no room for and for what no node will ever do, and 500 both for
//! what was not carried out and for what may have been. Which of these it is stands in the body.
//! [`ReadErrorsLayer`] reads it, and puts an [`ApiError`] into the response's extensions; a [`ClassifyError`] says
//! what it shows, of which [`Alternator`](crate::Alternator) is the default. A good answer is not looked into.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_muster::BoxError;
//! use tower_muster_alternator::errors::{ApiError, ReadErrorsLayer};
//!
//! let service = ServiceBuilder::new()
//!     .layer(ReadErrorsLayer::new())
//!     .service(service_fn(async |_: Request<()>| {
//!         let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#RequestLimitExceeded",
//!             "message":"too many in-flight requests (configured via max_concurrent_requests_per_shard): 9"}"#;
//!         let response = Response::builder().status(400).body(Full::<Bytes>::from(body))?;
//!         Ok::<_, BoxError>(response)
//!     }));
//! let response = service.oneshot(Request::new(())).await?;
//! let error: &ApiError = response.extensions().get().expect("an error");
//! assert_eq!(error.code(), "RequestLimitExceeded");
//! # Ok(())
//! # }
//! ```

mod api_error;
mod classify;
mod future;
mod layer;
mod service;
mod table;

pub use self::{
    api_error::ApiError,
    classify::{ClassifyError, Outcomes},
    future::ResponseFuture,
    layer::ReadErrorsLayer,
    service::ReadErrors,
};

#[cfg(test)]
mod tests;
