//! The HTTP client under a stack: hyper-util's pool, with the settings that matter, and TLS through rustls.
//!
//! A stack of tower layers chooses a node and aims the request at it; what is below has to keep connections
//! to many nodes at once, notice those that are gone, and trust the right ones. [`ClientBuilder`] sets that
//! up, and builds an [`HttpClient`], which is hyper-util's own pool over a [`Connector`].
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tower_muster_client::BoxError> {
//! use std::time::Duration;
//!
//! use http::Request;
//! use http_body_util::Full;
//! use tower::ServiceExt;
//! use tower_muster_client::{ClientBuilder, HttpClient};
//! # use tokio::{io::{AsyncReadExt, AsyncWriteExt}, net::TcpListener};
//! # let listener = TcpListener::bind("127.0.0.1:0").await?;
//! # let node = format!("http://{}/", listener.local_addr()?);
//! # tokio::spawn(async move {
//! #     let (mut socket, _) = listener.accept().await?;
//! #     socket.read(&mut [0; 1024]).await?;
//! #     socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await
//! # });
//!
//! let client: HttpClient = ClientBuilder::new()
//!     .connect_timeout(Duration::from_millis(500))
//!     .build()?;
//!
//! // A tower service, and so the bottom of any stack.
//! let request = Request::post(node).body(Full::from("{}"))?;
//! let response = client.oneshot(request).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! # Under a stack
//!
//! ```text
//! ServiceBuilder::new()
//!     .layer(FailoverLayer::new())                   another node when one fails
//!     .layer(SelectLayer::new(cluster, policy))      which node
//!     .layer(SigV4Layer::new(..))                    signed for that node
//!     .service(client)                               this crate
//! ```
//!
//! Give the same client, or a clone, to what looks for nodes and asks after their health: they then use the
//! same connections, and trust whom the requests trust.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `tls` | `Tls` and `ClientBuilder::tls`: https through rustls and ring |
//! | `http2` | `ClientBuilder::http2` and `http2_prior_knowledge` |
//! | `full` | both |
//!
//! Types stay the same with any of them. The settings have their table at [`ClientBuilder`], TLS has its own
//! at `Tls`.
//!
//! # What it does not do
//!
//! It sends nothing again but what hyper-util knows it has not sent, and limits only how long *connecting*
//! takes: timeouts of attempts and calls, limits of concurrency and what to do about failures are layers
//! above. It knows no proxies.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod client;
mod connector;
mod error;
mod names;
mod protocol;
mod race;
mod resolve;
mod reuse;
mod stream;
mod tcp;
#[cfg(feature = "tls")]
mod tls;

#[cfg(feature = "tls")]
pub use self::tls::{Tls, TlsError};
pub use self::{
    builder::ClientBuilder,
    client::HttpClient,
    connector::{Connecting, Connector},
    error::{ConfigError, ConnectError},
    stream::Stream,
};

/// Is any error of another's resolver, transport or library.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
