//! Asks for compressed responses, and decodes them.
//!
//! [`DecompressLayer`] adds `Accept-Encoding` to a request that has none, and decodes the response if its one
//! `Content-Encoding` is among those that were asked for. From a decoded response `Content-Encoding` and
//! `Content-Length` are removed, since they are about other bytes. Everything else passes as it came: a
//! response that was not compressed, or in a way that nobody here asked for, or to a request that had an
//! `Accept-Encoding` of its own; who asked also decodes.
//!
//! The header is not covered by a signature that is made above; Alternator asks for no more than that the
//! headers be right that are covered.
//!
//! Decoding is bounded: a body that grows beyond a [limit](ResponseCompression::limit) ends with an error, and
//! no more of it than a buffer of 32 KiB is ever held.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use std::io::Write;
//!
//! use bytes::Bytes;
//! use flate2::write::GzEncoder;
//! use http::{Request, Response};
//! use http_body_util::{BodyExt, Full};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_muster_alternator::compression::{DecompressLayer, Encoding, ResponseCompression};
//!
//! let compression = ResponseCompression::new([Encoding::Gzip, Encoding::Deflate]);
//! let service = ServiceBuilder::new()
//!     .layer(DecompressLayer::new(compression))
//!     .service(service_fn(async |request: Request<()>| {
//!         assert_eq!(request.headers()["accept-encoding"], "gzip, deflate");
//!         let mut body = GzEncoder::new(Vec::new(), flate2::Compression::default());
//!         body.write_all(br#"{"TableNames":[]}"#)?;
//!         let body: Full<Bytes> = body.finish()?.into();
//!         let response = Response::builder().header("content-encoding", "gzip").body(body);
//!         response.map_err(std::io::Error::other)
//!     }));
//! let response = service.oneshot(Request::post("/").body(())?).await?;
//! let body = response.into_body().collect().await?.to_bytes();
//! assert_eq!(body, r#"{"TableNames":[]}"#);
//! # Ok(())
//! # }
//! ```

mod body;
mod decoder;
mod decoding;
mod error;
mod future;
mod layer;
mod service;
mod settings;

pub use self::{
    body::DecodedBody, error::DecodeError, future::ResponseFuture, layer::DecompressLayer,
    service::Decompress, settings::ResponseCompression,
};

#[cfg(test)]
mod tests;
