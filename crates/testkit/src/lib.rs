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
//! How a node can go and come, each as a client sees it:
//!
//! | method | new connections | open connections | executed | peers list it |
//! |---|---|---|---|---|
//! | [`kill`](TestNode::kill) | refused | reset | perhaps | for [a while](TestClusterBuilder::staleness) |
//! | [`drain`](TestNode::drain) | refused | closed, no answer | what was accepted | until that has ended |
//! | [`decommission`](TestNode::decommission) | accepted, then refused | served, then closed | yes | until shortly before |
//! | [`restart_slowly`](TestNode::restart_slowly) | refused for a while | | | yes |
//! | [`join`](TestNode::join) | refused before | | | not before |
//!
//! What a node that listens can do wrong, for every request or
//! [for some](TestNode::inject):
//!
//! | method | new connections | answer | executed |
//! |---|---|---|---|
//! | [`black_hole`](TestNode::black_hole) | accepted | none | no |
//! | [`drop_syns`](TestNode::drop_syns) | neither accepted nor refused | open connections: as ever | yes |
//! | [`slow`](TestNode::slow) | accepted | late | yes |
//! | [`fail`](TestNode::fail) | accepted | an error | no |
//! | [`refuse`](TestNode::refuse) | accepted | 500, too few replicas | no |
//! | [`ambiguous`](TestNode::ambiguous) | accepted | 500, timed out | yes |
//! | [`rate_limit`](TestNode::rate_limit) | accepted | 400 or 500, over the rate | no |
//! | [`overload`](TestNode::overload) | accepted | 400, too many in flight | no |
//! | [`reset`](TestNode::reset) | accepted | reset once read | yes |
//! | [`truncate`](TestNode::truncate) | accepted | half of a 200 | yes |
//! | [`close_on_arrival`](TestNode::close_on_arrival) | accepted | idle connections are closed as a request comes | no |
//! | [`close_after_head`](TestNode::close_after_head) | accepted | closed once the head is read | no |
//! | [`close_after_answer`](TestNode::close_after_answer) | accepted | closed afterwards, unannounced | yes |
//!
//! Its nodes speak [TLS](Tls) if they are told to, with good certificates and bad ones of
//! the cluster's own [authority](TestCluster::ca_pem), and
//! [HTTP/2](TestClusterBuilder::http2), with a [GOAWAY](TestNode::goaway) when it is asked
//! for. All open connections of a node can be
//! [closed](TestNode::close_connections) while it listens on.
//!
//! And the cluster: the network [cut](TestCluster::partition) between the nodes, a
//! [secret](TestCluster::change_secret) that each node learns of in its own time,
//! nodes of different [releases](Version), and conditional writes of two nodes to
//! one partition, [which collide](TestClusterBuilder::conflict_probability).
//!
//! The program `muster-cluster` is the same for clients in any language; whatever is
//! above has a path of its own at its [control address](control):
//!
//! ```text
//! muster-cluster --topology dc1:rack1=3 --control 127.0.0.1:9999 \
//!     --tls --ca-out ca.pem --http2 \
//!     --client-cert-required --client-cert-out client.pem --client-key-out client.key
//! curl --cacert ca.pem --cert client.pem --key client.key https://127.0.0.1:8000/localnodes
//! curl -X POST '127.0.0.1:9999/nodes/127.0.0.2/certificate?valid=past'
//! ```
//!
//! What it is not: a model of consistency. There is one copy of the data, so a node
//! never lags behind another, and nothing times out inside the cluster. A quorum is
//! missed in a partition only: however many nodes are killed, the others serve.

mod address;
mod api_error;
mod builder;
mod clock;
mod cluster;
pub mod control;
mod encoding;
mod engine;
mod error;
mod lwt;
mod node;
mod query;
pub mod redis;
mod routes;
mod signature;
mod split;
mod sync;
mod tls;
mod topology;
mod version;

pub use builder::TestClusterBuilder;
pub use cluster::TestCluster;
pub use error::StartError;
pub use lwt::{UnknownWriteIsolation, WriteIsolation};
pub use node::{Close, Counters, Failure, Fault, Faults, Injection, NodeState, Reset, TestNode};
pub use tls::{ClientIdentity, NodeCertificate, Tls, TlsError};
pub use topology::TopologyError;
pub use version::{UnknownVersion, Version};
