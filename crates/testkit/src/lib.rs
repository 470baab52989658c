//! A DynamoDB-compatible cluster in one process, with faults on demand.
//!
//! Each node has a loopback address of its own and speaks real HTTP/1.1 over real
//! sockets; all nodes share one real DynamoDB engine. They behave as nodes of ScyllaDB
//! Alternator do: `/localnodes`, signatures, error bodies, and the manner in which they
//! go away. Any DynamoDB client works against it, in any language.
//!
//! ```
//! use tower_muster_testkit::{NodeState, TestCluster};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = TestCluster::builder()
//!     .topology("dc1:rack1=3,rack2=3;dc2:rackA=2")
//!     .credentials("alternator", "secret_pass")
//!     .start()
//!     .await?;
//!
//! // Point the client under test at any of these.
//! assert_eq!(cluster.urls().len(), 8);
//!
//! // Break a node, look at what arrived, and mend it.
//! let node = &cluster.nodes()[0];
//! node.kill();
//! assert!(tokio::net::TcpStream::connect(node.address()).await.is_err());
//! assert_eq!(node.state(), NodeState::Killed);
//! node.restart().await?;
//! assert!(tokio::net::TcpStream::connect(node.address()).await.is_ok());
//! assert_eq!(node.counters().attempts, 0);
//! # Ok(())
//! # }
//! ```
//!
//! The faults, each as a client sees it:
//!
//! | method | new connections | open connections | executed | peers list it |
//! |---|---|---|---|---|
//! | [`kill`](TestNode::kill) | refused | reset | perhaps | for [a while](TestClusterBuilder::staleness) |
//! | [`drain`](TestNode::drain) | refused | closed, no answer | what was accepted | until that has ended |
//! | [`black_hole`](TestNode::black_hole) | accepted | silent | no | yes |
//! | [`slow`](TestNode::slow) | accepted | late | yes | yes |
//! | [`fail`](TestNode::fail) | accepted | an error | no | yes |
//! | [`reset`](TestNode::reset) | accepted | reset once read | yes | yes |
//!
//! What it is not: a model of consistency. There is one copy of the data, so a node
//! never lags behind another, and nothing times out inside the cluster.

mod address;
mod api_error;
mod builder;
mod clock;
mod cluster;
pub mod control;
mod engine;
mod error;
mod node;
mod query;
mod routes;
mod signature;
mod sync;
mod topology;

pub use builder::TestClusterBuilder;
pub use cluster::TestCluster;
pub use error::StartError;
pub use node::{Counters, Failure, Faults, NodeState, Reset, TestNode};
pub use topology::TopologyError;
