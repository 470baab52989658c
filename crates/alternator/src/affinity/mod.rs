//! Sends the writes of one key to one node, from every client.
//!
//! Any node of a cluster takes any write, and mostly it does not matter which. It does in two cases:
//!
//! - **Lightweight transactions.** A conditional write is one, and so is an update that looks at the old
//!   item; with the write isolation `always_use_lwt`, all writes are. The node that coordinates a
//!   transaction lets those on the same partition wait for each other in memory; two nodes that coordinate
//!   some at once collide, back off and try again, until they time out (scylladb issues #16261 and #5703).
//!   [`Mode::ReadModifyWrite`] sends such writes of one key to one node; with `always_use_lwt`,
//!   [`Mode::AnyWrite`] does.
//! - **Write order.** A plain write carries the clock of its coordinator, so of two writes through two
//!   nodes the older one may win (`docs/alternator/compatibility.md`, "Avoiding write reordering").
//!   [`Mode::AnyWrite`] gives all writes of an item one coordinator, as long as that is well.
//!
//! It costs more than it gives where writes are plain and never meet: a hot key heats one node, and writes
//! leave the rack that is near. Reads are not affected. It is a preference and no lock: while a node is out,
//! or is seen so by some clients only, its keys go to the next one.
//!
//! # How
//!
//! [`AffinityLayer`] reads each write's body, once per call, and puts the hashes of its partition keys into
//! the request's extensions, as [`PartitionKeys`]; [`KeyAffinity`] chooses by them. So any client has
//! affinity, the AWS SDK as well as `curl`. What the key of a table is called is learned beside the calls
//! or said in [`TableKeys`]; until it is known the table's writes go like others.
//!
//! Hashing and order are those of ScyllaDB's own client libraries
//! (github.com/scylladb/alternator-load-balancing), so that a mixed fleet agrees: same key, same list of
//! nodes, same node. Some of them differ still: Python sorts nodes by bare host, JavaScript by locale, and Go,
//! Java and C++ with default ports; Go and C++ leave out nodes that are not well, and JavaScript and C# let a
//! batch without a majority go anywhere.
//!
//! # Cost
//!
//! A body is walked through once without a parser, in some 55 ns for each attribute; the choice takes tens of
//! nanoseconds. The keys are a value in the request's extensions, which are copied for a second attempt: six small
//! allocations where a request had none, one more for a batch. Bodies of up to 16 MiB are held in memory, which
//! [`FailoverLayer`](tower_muster::FailoverLayer) does as well.
//!
//! # Example
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use bytes::Bytes;
//! use http::Request;
//! use http_body_util::Full;
//! use hyper_util::{client::legacy::Client, rt::TokioExecutor};
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_muster::{
//!     Cluster, FailoverLayer, Node, Scope, SelectLayer,
//!     policy::{PowerOfTwo, RackAffinity},
//! };
//! use tower_muster_alternator::{
//!     Alternator,
//!     affinity::{AffinityLayer, KeyAffinity, Mode, TableKeys},
//! };
//! use tower_muster_testkit::TestCluster;
//!
//! let nodes = TestCluster::builder().topology("dc1:rack1=2,rack2=2").start().await?;
//! let in_rack = |node: &tower_muster_testkit::TestNode| {
//!     Ok(Node::new(&node.url())?.in_rack(node.datacenter(), node.rack())?)
//! };
//! let in_racks: Result<Vec<_>, tower_muster::BoxError> = nodes.nodes().iter().map(in_rack).collect();
//! let cluster = Cluster::fixed(in_racks?)?;
//!
//! // Reads stay in the rack, and writes of a key meet at one node of the datacenter.
//! let scope = Scope::rack("dc1", "rack1").or_datacenter("dc1");
//! let near = RackAffinity::new("dc1", "rack1", PowerOfTwo::latency_aware())?;
//! let tables = TableKeys::new().given("orders", "customer")?;
//! let service = ServiceBuilder::new()
//!     .layer(AffinityLayer::new(Mode::AnyWrite).keys(tables))
//!     .layer(FailoverLayer::new(cluster.clone()).repeat(Alternator))
//!     .layer(SelectLayer::new(cluster, KeyAffinity::new(&scope, near)?).classify(Alternator))
//!     .service(Client::builder(TokioExecutor::new()).build_http());
//!
//! let body = r#"{"TableName":"orders","Item":{"customer":{"S":"hello"}}}"#;
//! for _ in 0..10 {
//!     let put = Request::post("/")
//!         .header("x-amz-target", "DynamoDB_20120810.PutItem")
//!         .body(Full::new(Bytes::from(body)))?;
//!     // There is no such table; each node that is asked says so.
//!     let response = service.clone().oneshot(put).await?;
//!     assert_eq!(response.status(), 400);
//! }
//! let asked = nodes.nodes().iter().filter(|node| node.counters().attempts == 10);
//! assert_eq!(asked.count(), 1, "one node had all of them");
//! # Ok(())
//! # }
//! ```

mod future;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod hash;
mod keys;
mod layer;
mod learn;
mod mode;
mod murmur3;
mod order;
mod plan;
mod policy;
mod scan;
mod service;
mod tables;

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub use self::fuzz::fuzz_scan;
pub use self::{
    future::ResponseFuture,
    hash::KeyHash,
    keys::PartitionKeys,
    layer::AffinityLayer,
    mode::Mode,
    order::Order,
    policy::KeyAffinity,
    service::Affinity,
    tables::{TableKeys, TableKeysError},
};

#[cfg(test)]
mod tests;
