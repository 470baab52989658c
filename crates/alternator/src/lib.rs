//! ScyllaDB Alternator as one tower `Service`.
//!
//! Alternator is a DynamoDB API that every node of a ScyllaDB cluster serves. This crate finds the nodes,
//! spreads the requests over them, moves a request to another node when that is known to be safe, and
//! signs it for the node that was chosen.
//!
//! # One request
//!
//! ```text
//!           one call                                 one attempt                                                     beside the call
//! caller ─► Affinity ─► Compress ─► Decompress ─► Failover ─► Select ─► BodyTimeout ─► ReadErrors ─► Headers ─► Sign ─► client ─► node
//!           the keys    the body    asks for a     │  ▲        │  pick   ends an       what a 400    only what   SigV4    hyper-util's,
//!           that it     once, if    small answer,  │  │        │  aim    answer that   or a 500      a node      for this or yours
//!           writes      smaller     and decodes it │  │        │  lease  is silent     means         reads       node
//!                                                  │  └ Outcome◄┘                                                    LocalNodes ─► Cluster
//!                                                  └ the next attempt, at another node, picked and signed anew       `GET /localnodes`,
//!                                                                                                                    by the same client
//! ```
//!
//! The order is written in one place, [`Config::build_over`]. What must not change between attempts is above
//! `Failover`, what depends on the node below it; what changes bytes is above the signature, since that covers them.
//! [Affinity](affinity) and [observers](observe) are there only if they are asked for; [compression] and
//! [trimming](headers) do nothing until they are.
//!
//! # Example
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use bytes::Bytes;
//! use http::Request;
//! use http_body_util::Full;
//! use tower::ServiceExt;
//! use tower_muster_alternator::Alternator;
//!
//! let stack = Alternator::at("http://127.0.0.1:8000").rack("dc1", "rack1").build()?;
//! let request = Request::post("/")
//!     .header("x-amz-target", "DynamoDB_20120810.ListTables")
//!     .body(Full::new(Bytes::from("{}")))?;
//! # if false {
//! let response = stack.service().oneshot(request).await?;
//! # let _ = response;
//! # }
//! # Ok(())
//! # }
//! ```
//!
//! # What it is told, and what it finds out
//!
//! | told by the user, each with a default | found out |
//! |---|---|
//! | [seeds](Alternator::at_any), by address or [name](LocalNodes#names); or [all nodes](Alternator::at_nodes) | the other nodes, from [`LocalNodes`] or [`SystemTables`] |
//! | the [scope](Config::scope): rack, datacenter, and what to fall back to | whether the [servers know racks](LocalNodes#datacenters-and-racks); how each node answers |
//! | [credentials](Config::credentials) | |
//! | which writes are [sent by their key](affinity) | what the key of a table is called |
//! | what is [repeatable](Repeatable) beyond the rules | what an [error means](errors) |
//!
//! All of it can be said in code, in a [URL](Config#method.from_str), or in the [environment](Config::from_env).
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `aws-sdk` | the stack as the HTTP client of `aws-sdk-dynamodb` or any other AWS SDK crate |
//! | `tls` | https in the built-in client: [`Config::tls`](Config#method.tls) |
//! | `http2` | HTTP/2 in the built-in client, for what stands before a cluster: [`Config::client`] |
//! | `full` | all of them |
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod affinity;
#[cfg(feature = "aws-sdk")]
mod aws_sdk;
mod client;
pub mod compression;
mod config;
mod discover;
mod error;
pub mod errors;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod gathered;
pub mod headers;
pub mod observe;
mod operation;
mod repeat;
mod stack;
#[cfg(test)]
mod tests;
mod thresholds;
mod validate;

use tower_muster::Node;

pub use tower_muster_client::ClientBuilder;
#[cfg(feature = "tls")]
pub use tower_muster_client::{Tls, TlsError};
#[cfg(feature = "aws-sdk")]
pub use tower_muster_smithy::{SafeRetries, SignedBelow};

pub use self::{
    client::HyperClient,
    config::{Config, EnvError, ParameterError, UrlError},
    discover::{LocalNodes, LocalNodesError, SeedError, SystemTables, SystemTablesError},
    error::ConfigError,
    gathered::Gathered,
    repeat::Repeatable,
    stack::{
        Apart, ApartFuture, AttemptService, Boxed, BoxedFuture, CallService, Either, EitherFuture,
        Shown, Sign, Stack, StackService,
    },
    thresholds::vendor_thresholds,
    validate::ValidateError,
};

/// Is the rules of Alternator: what an answer means, and what may be repeated.
///
/// Give it to [`SelectLayer::classify`](tower_muster::SelectLayer::classify) and to
/// [`FailoverLayer::repeat`](tower_muster::FailoverLayer::repeat), or begin a whole stack with
/// [`Alternator::at`].
///
/// # What may be repeated
///
/// Reads, and puts and deletes without a condition whose old values nobody asked for; `BatchWriteItem`
/// holds nothing else. Not `UpdateItem`: an `ADD` that was applied twice counts twice.
///
/// A put that is repeated may be ordered after a newer put to the same item that went through another
/// node, because writes carry their coordinator's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "it has no state, and its name is its value"
)]
pub struct Alternator;

impl Alternator {
    /// Begins a stack that finds the cluster through one node.
    pub fn at(seed: impl Into<String>) -> Config {
        Config::new(vec![seed.into()])
    }

    /// Begins a stack over nodes that are known and stay; nobody is asked for others.
    ///
    /// ```
    /// use tower_muster::Node;
    /// use tower_muster_alternator::Alternator;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let nodes = [
    ///     Node::new("http://10.0.0.1:8000")?.in_rack("dc1", "rack1")?,
    ///     Node::new("http://10.0.0.2:8000")?.in_rack("dc1", "rack2")?,
    /// ];
    /// let stack = Alternator::at_nodes(nodes).rack("dc1", "rack1").build()?;
    /// # let _ = stack;
    /// # Ok(())
    /// # }
    /// ```
    pub fn at_nodes(nodes: impl IntoIterator<Item = Node>) -> Config {
        Config::fixed(nodes.into_iter().collect())
    }

    /// Begins a stack that finds the cluster through any of several nodes.
    pub fn at_any(seeds: impl IntoIterator<Item: Into<String>>) -> Config {
        Config::new(seeds.into_iter().map(Into::into).collect())
    }
}
