//! Compresses the bodies of requests.
//!
//! [`CompressLayer`] reads a body of up to 16 MiB, which is the most that Alternator takes, and passes it on
//! compressed if that makes it smaller. It sets `Content-Encoding`, and `Content-Length` where there is one.
//! A body that has a `Content-Encoding` already is left alone. Bodies of more than 64 KiB are compressed on
//! Tokio's blocking pool, if there is one.
//!
//! Layers below cannot look into a compressed body any more. Whether the request may be repeated is therefore
//! found out here, and said in the request's extensions as [`Repeatable`](crate::Repeatable).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_muster_alternator::{
//!     Gathered,
//!     compression::{CompressLayer, RequestCompression},
//! };
//!
//! let compression = RequestCompression::gzip().threshold(4096).level(1)?;
//! let service = ServiceBuilder::new()
//!     .layer(CompressLayer::new(compression))
//!     .service(service_fn(async |request: Request<Gathered<Full<Bytes>>>| {
//!         assert_eq!(request.headers()["content-encoding"], "gzip");
//!         assert!(request.body().data().is_some_and(|body| body.len() < 100));
//!         Ok::<_, std::io::Error>(Response::new(()))
//!     }));
//! let request = Request::post("/").body(Full::from(vec![b' '; 5000]))?;
//! service.oneshot(request).await?;
//! # Ok(())
//! # }
//! ```

mod compress;
mod error;
mod future;
mod layer;
mod packing;
mod service;
mod settings;

pub use self::{
    error::LevelError, future::ResponseFuture, layer::CompressLayer, service::Compress,
    settings::RequestCompression,
};

#[cfg(test)]
mod tests;
