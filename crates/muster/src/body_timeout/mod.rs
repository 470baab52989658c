//! Bounds how long a response's body may be silent.
//!
//! `Failover` bounds the time up to a response's head. What comes after it may stall as well: a node that hangs in
//! the middle of an answer would hold its reader for ever. [`BodyTimeoutLayer`] ends such a body with a
//! [`SilentBody`] error. It bounds the time between two pieces, not the whole: a long answer may take as long as it
//! takes.
//!
//! Put it below `Select`: the node is then told of what it left unfinished. A call is not repeated for it, since
//! the caller has seen the beginning of an answer already.
//!
//! Time counts while the body is waited for. A reader who takes a rest between two pieces is not the node's fault. A
//! body whose pieces are there when they are asked for reads no clock and sets no timer.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use std::time::Duration;
//!
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::{BodyExt, StreamBody};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_muster::{BodyTimeoutLayer, BoxError, body_timeout::SilentBody};
//!
//! // A server that sends the head of an answer, and then nothing more.
//! let hangs = service_fn(async |_: Request<()>| {
//!     let never = futures_util::stream::pending::<Result<http_body::Frame<Bytes>, BoxError>>();
//!     Ok::<_, BoxError>(Response::new(StreamBody::new(never)))
//! });
//! let service = ServiceBuilder::new()
//!     .layer(BodyTimeoutLayer::new(Duration::from_secs(10))?)
//!     .service(hangs);
//! let response = service.oneshot(Request::new(())).await?;
//! let error = response.into_body().collect().await.unwrap_err();
//! assert!(error.downcast_ref::<SilentBody>().is_some());
//! # Ok(())
//! # }
//! ```

mod body;
mod error;
mod future;
mod layer;
mod service;

pub use self::{
    body::TimedBody,
    error::{BodyTimeoutError, SilentBody},
    future::ResponseFuture,
    layer::BodyTimeoutLayer,
    service::BodyTimeout,
};

#[cfg(test)]
mod tests;
