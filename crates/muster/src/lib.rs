//! Composable [tower] layers that make one `Service` out of a whole cluster.
//!
//! They discover its nodes, choose one for each request, move to another when a node fails, and leave
//! room below for what depends on the node that was chosen, such as a signature.
//!
//! # One request
//!
//! ```text
//!                         one call                                                beside the call
//! caller ─► Failover ───► Select ─────────────► client ─► node          Discover ─► Cluster
//!            │  ▲          │  pick (policy)      hyper, reqwest,                       │
//!            │  │          │  aim (URI, Host)    anything             one snapshot pointer: nodes by
//!            │  │          │  lease (in flight)                       rack, with their live state
//!            │  └ Outcome ◄┘
//!            └ the next attempt, at another node, re-picked and re-aimed
//! ```
//!
//! - [`Cluster`] is the shared handle: the current [`Topology`] and the live state of each [`Node`].
//!   A [`Discover`] source writes it in the background; selection reads it without a lock.
//! - [`SelectLayer`] asks a [`Policy`] for a node, aims the request at it and holds a [`Lease`] until
//!   the response body has ended.
//! - [`FailoverLayer`] repeats a call at another node when that is known to be safe.
//! - [`ConnectLayer`] chooses a node for each connection instead, below a client that knows one name only.
//!
//! What happens once per call belongs above `Failover`; what depends on the node (a signature, a
//! trace of one attempt) belongs below `Select`.
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "full")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use bytes::Bytes;
//! use http_body_util::Full;
//! use hyper_util::{client::legacy::Client, rt::TokioExecutor};
//! use tower::ServiceBuilder;
//! use tower_muster::{Cluster, FailoverLayer, Node, SelectLayer, policy::PowerOfTwo};
//!
//! let cluster = Cluster::fixed([
//!     Node::new("http://127.0.0.1:8000")?,
//!     Node::new("http://127.0.0.2:8000")?,
//! ])?;
//! let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
//! let service = ServiceBuilder::new()
//!     .layer(FailoverLayer::new(cluster.clone()))
//!     .layer(SelectLayer::new(cluster, PowerOfTwo::latency_aware()))
//!     .service(client);
//! # let _ = service;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "full"))]
//! # fn main() {}
//! ```
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `select` | [`Cluster`], discovery in the background, the policies, [`SelectLayer`], [`BodyTimeoutLayer`] |
//! | `failover` | [`FailoverLayer`] and its budget |
//! | `builder` | [`ServiceBuilderExt`]: the layers as methods of tower's `ServiceBuilder` |
//! | `connect` | [`ConnectLayer`]: a node for each connection, not for each request |
//! | `hyper-util` | tells what hyper-util's client sent from what it never sent |
//! | `full` | all of them |
//!
//! # What this crate does not contain
//!
//! It knows no AWS, no Alternator and no Redis: those are crates beside it. It opens no sockets: the
//! client below is yours.
//!
//! [tower]: https://docs.rs/tower
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempt;
#[cfg(feature = "select")]
mod hash;
mod name;
mod node;
mod origin;
mod outcome;
mod scope;
mod topology;
mod weight;

#[cfg(feature = "select")]
pub mod body_timeout;
#[cfg(feature = "builder")]
mod builder;
#[cfg(feature = "select")]
pub mod cluster;
#[cfg(feature = "connect")]
pub mod connect;
#[cfg(feature = "select")]
pub mod discover;
#[cfg(feature = "failover")]
pub mod failover;
#[cfg(feature = "select")]
pub mod health;
#[cfg(feature = "select")]
mod lease;
#[cfg(feature = "select")]
pub mod policy;
#[cfg(feature = "select")]
pub mod probe;
#[cfg(feature = "select")]
pub mod select;
#[cfg(feature = "select")]
mod sync;
#[cfg(test)]
#[cfg(feature = "select")]
#[cfg_attr(
    not(feature = "failover"),
    allow(dead_code, reason = "most of them are for failover")
)]
mod tests;
#[cfg(feature = "select")]
mod timer;

#[cfg(feature = "builder")]
pub use self::builder::ServiceBuilderExt;
#[cfg(feature = "connect")]
pub use self::connect::{ConnectLayer, RetireLayer};
#[cfg(feature = "failover")]
pub use self::failover::FailoverLayer;
pub use self::{
    attempt::{Answered, Attempt, AttemptError, NoNode},
    name::NameError,
    node::Node,
    origin::{Origin, OriginError},
    outcome::{Blame, Kind, Outcome, Verdict},
    scope::{Place, Scope},
    topology::{MAX_NODES, Topology, TopologyError},
    weight::WeightError,
};
#[cfg(feature = "select")]
pub use self::{
    body_timeout::BodyTimeoutLayer, cluster::Cluster, discover::Discover, lease::Lease,
    policy::Policy, select::SelectLayer,
};

/// An error and all that caused it, outermost first.
fn sources<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// An error of any kind, as tower passes them on.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
