//! The SDK's own HTTP client as the bottom of a stack.
//!
//! [`SdkClient`] keeps what that client is set up with: its TLS, its proxy, its pool. The stack above it
//! chooses the node, moves to another one, and signs.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use std::time::Duration;
//!
//! use tower::ServiceBuilder;
//! use tower_muster::{Cluster, FailoverLayer, Node, SelectLayer, policy::RoundRobin};
//! use tower_muster_smithy::{SdkClient, SdkClientErrors, Timeouts};
//!
//! let sdks_own = aws_smithy_http_client::Builder::new().build_http();
//! let timeouts = Timeouts::new(Some(Duration::from_secs(1)), None);
//! let cluster = Cluster::fixed([Node::new("http://10.0.0.1:8000")?])?;
//! let stack = ServiceBuilder::new()
//!     .layer(FailoverLayer::new(cluster.clone()))
//!     .layer(SelectLayer::new(cluster, RoundRobin::new()).classify(SdkClientErrors::default()))
//!     .service(SdkClient::new(&sdks_own, timeouts)?);
//! let http_client = tower_muster_smithy::http_client(stack);
//! # let _ = http_client;
//! # Ok(())
//! # }
//! ```
//!
//! # What was sent
//!
//! The SDK's client does not say whether it has sent a request that failed. [`SdkClientErrors`] knows it of
//! what hyper-util says within, and takes as ambiguous what it does not know: such a request is repeated only
//! if it is repeatable.
//!
//! | error | outcome |
//! |---|---|
//! | hyper-util's, within | as [`Transport`](tower_muster::select::Transport) has it |
//! | a name that is not resolved | refused |
//! | a refused connection, of any client | refused |
//! | the user's: a request that is none, a body that fails | failed |
//! | a read timeout, and all else | ambiguous |

mod classify;
mod components;
mod future;
mod service;

pub use self::{
    classify::SdkClientErrors,
    future::ResponseFuture,
    service::{SdkClient, SdkClientError},
};

#[cfg(test)]
mod tests;
