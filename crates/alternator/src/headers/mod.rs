//! What of its headers a node is sent.
//!
//! [`HeadersLayer`] names the client in `User-Agent`, which ScyllaDB shows in `system.clients`, and drops, if
//! it is told to, the headers that an AWS SDK adds and that Alternator never reads. It works on each attempt,
//! and knows on which side of the signature it stands:
//!
//! | position | made by | a signature that is there |
//! |---|---|---|
//! | between `Select` and `Sign` | [`HeadersLayer::before_signing`] | is old, and replaced below |
//! | between `Select` and the client | [`HeadersLayer::after_signing`] | is kept valid: what it covers is never touched |
//!
//! A header that is signed and does not arrive, or arrives with another value, makes the node refuse the
//! request as wrongly signed.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use http::{Request, Response};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_muster_alternator::headers::{HeadersLayer, Trim, UserAgent};
//!
//! let headers = HeadersLayer::before_signing()
//!     .trim(Trim::needed().keeping(["x-trace-id"])?)
//!     .user_agent(UserAgent::replace("orders/1.4")?);
//! let service = ServiceBuilder::new()
//!     .layer(headers)
//!     .service(service_fn(async |request: Request<()>| {
//!         assert_eq!(request.headers()["user-agent"], "orders/1.4");
//!         assert!(request.headers().contains_key("x-trace-id"));
//!         assert!(!request.headers().contains_key("amz-sdk-invocation-id"));
//!         Ok::<_, std::io::Error>(Response::new(()))
//!     }));
//! let request = Request::post("http://10.0.0.1:8000/")
//!     .header("x-amz-target", "DynamoDB_20120810.ListTables")
//!     .header("x-trace-id", "7")
//!     .header("amz-sdk-invocation-id", "0cc175b9")
//!     .body(())?;
//! service.oneshot(request).await?;
//! # Ok(())
//! # }
//! ```

mod error;
mod layer;
mod service;
mod signed;
mod trim;
mod user_agent;

pub use self::{
    error::HeadersError, layer::HeadersLayer, service::Headers, trim::Trim, user_agent::UserAgent,
};

#[cfg(test)]
mod tests;
