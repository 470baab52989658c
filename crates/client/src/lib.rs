//! The HTTP client under a stack.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod connector;
mod error;
mod protocol;
mod race;
mod resolve;
mod stream;
mod tcp;
#[cfg(feature = "tls")]
mod tls;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;

#[cfg(feature = "tls")]
pub use self::tls::{Tls, TlsError};
pub use self::{
    builder::ClientBuilder,
    connector::{Connecting, Connector},
    error::{ConfigError, ConnectError},
    stream::Stream,
};

/// Is hyper-util's pooling client over a [`Connector`].
///
/// One type, whether TLS is in use or not. Its errors are hyper-util's, which tell what was sent from what
/// never was.
pub type HttpClient<B = Full<Bytes>> = Client<Connector, B>;

/// Is any error of another's resolver, transport or library.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
