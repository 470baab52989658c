//! Chooses a node for each connection, below a client that knows one name only.
//!
//! [`SelectLayer`](crate::SelectLayer) chooses for each request, and that is better: it sees how each ends. Where a
//! client cannot be given its node with the request, [`ConnectLayer`] wraps its *connector*: one made-up name, such
//! as `http://alternator.cluster:8000`, is a different node for each connection. The policies, the cluster and the
//! health of its nodes are the same.
//!
//! ```text
//!  request for alternator.cluster:8000               one connection          beside it
//!  caller ─► Retire ─► hyper-util's client ─► TLS ─► Connect ─► connector    Cluster, with the
//!              │         its pool                     │  pick (policy),      health of each node
//!              │                                      │  then the next
//!              └─ takes connections out of use ◄──── Link: counted at its node, until its age
//!                 (and the pool lets them go)              or its node's end
//! ```
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use bytes::Bytes;
//! use http_body_util::Full;
//! use hyper_util::{
//!     client::legacy::{Client, connect::HttpConnector},
//!     rt::{TokioExecutor, TokioTimer},
//! };
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_muster::{Cluster, ConnectLayer, Node, RetireLayer, policy::PowerOfTwo};
//! # let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! # let up = format!("http://{}", server.local_addr()?);
//! # tokio::spawn(async move {
//! #     let (stream, _) = server.accept().await?;
//! #     let answer = hyper::service::service_fn(async |request: http::Request<hyper::body::Incoming>| {
//! #         assert_eq!(request.headers()["host"], "alternator.cluster:8000");
//! #         Ok::<_, std::convert::Infallible>(http::Response::new(Full::new(Bytes::new())))
//! #     });
//! #     let io = hyper_util::rt::TokioIo::new(stream);
//! #     let served = hyper::server::conn::http1::Builder::new().serve_connection(io, answer).await;
//! #     served.map_err(std::io::Error::other)
//! # });
//!
//! // Nothing listens at the first of them.
//! let cluster = Cluster::fixed([Node::new("http://127.0.0.1:1")?, Node::new(&up)?])?;
//! let name = "http://alternator.cluster:8000";
//! let connector = ServiceBuilder::new()
//!     .layer(ConnectLayer::new(cluster, PowerOfTwo::latency_aware(), name)?)
//!     .service(HttpConnector::new());
//! let client = Client::builder(TokioExecutor::new())
//!     .pool_timer(TokioTimer::new())
//!     .build::<_, Full<Bytes>>(connector);
//! let client = ServiceBuilder::new().layer(RetireLayer::new()).service(client);
//!
//! let request = http::Request::get(name).body(Full::default())?;
//! let response = client.oneshot(request).await?;
//! let to = response.extensions().get::<tower_muster::connect::ConnectedTo>();
//! assert_eq!(to.ok_or("no node")?.node().origin().as_str(), up);
//! # Ok(())
//! # }
//! ```
//!
//! # Connecting
//!
//! Connecting has no side effects, so every failure moves on at once: a node that refuses, or makes no connection in
//! its [time](ConnectLayer::connect_timeout), is known to be down and the next one is tried, up to a
//! [number](ConnectLayer::max_attempts). The made-up name itself is never looked up; when no node can be chosen there
//! is a [`ConnectError`]. URIs with another host pass through to the connector as they are.
//!
//! # What is counted, and what is learned
//!
//! A connect is a request in flight at its node until it is over. A connection is none: an idle one is no load, and
//! counted as one it would draw requests of other clients of the same cluster away from the node, which would also
//! look as if it had hung, with something in flight and nothing answered. So connections are counted in the layer:
//! it asks the policy twice and takes the node with fewer of them. Both ways of choosing can share a cluster.
//!
//! A connection tells whether the node has ever answered anything: its first bytes speak for the node, and make one
//! that was down come back; an end without any, after something was asked, is a failure. Nothing else is told: how
//! long a connection lives is no latency, its later end is no fault, and what becomes of the requests in it is not
//! to be seen from inside. A node that takes connections and answers badly, or slowly, is found out by
//! [`SelectLayer`](crate::SelectLayer) or a [probe](crate::probe), not here.
//!
//! # The end of a connection's use
//!
//! A connection takes no more requests after its [age](ConnectLayer::max_age), so that a node that came back gets its
//! share; nor, within about a second, when its node has left the list, or is down while others are not. It is never
//! cut: requests that are in flight end, and the pool lets it go.
//!
//! A connector alone cannot do this. It could report an end of the stream when nothing was read for a while, but no
//! connection knows whether a response has ended or only pauses. hyper-util's pool passes over connections that are
//! *poisoned*, before a request is written, and gives a handle for that away with requests only. [`RetireLayer`]
//! above the client picks it up, for one small allocation a request; without it connections are used as long as the
//! pool has them. What it cannot reach is a connection that has carried no request yet, which carries one. A
//! connection out of use is closed when the pool comes upon it: give the pool a timer, and it does so after its idle
//! timeout at the latest.
//!
//! The timers are tokio's and are polled by the task that reads the connection: there is no task of the layer's own,
//! and a client that does not read while it is idle ends nothing.
//!
//! # HTTP/2
//!
//! There is one connection for all requests, to one node, until its age is over: the load moves from node to node as
//! a whole. Processes of which there are many spread it; where there is one, choose for each request.
//!
//! # TLS
//!
//! Over TLS (`https` nodes, and an `https` made-up name) the layer goes to either side; take *above* unless the
//! certificates have the made-up name only:
//!
//! - *above*, as in `Connect` over `HttpsConnector`: the node's own host is verified, a handshake counts as part of
//!   the connect, and a node whose certificate is wrong is passed over like one that refuses.
//! - *below*, as in `HttpsConnector` over `Connect` over `HttpConnector`: what is verified, and sent as SNI, is the
//!   made-up name, which every node's certificate has to have. `HttpConnector` needs `enforce_http(false)`. The
//!   connect is over before the handshake, so a handshake that fails is the caller's error: no other node is tried,
//!   and it speaks for the node that it has answered anything at all. A node whose certificate has expired gets its
//!   share of the connections, and fails each.
//!
//! # Host and signatures
//!
//! Requests keep the made-up name as their Host, so what an AWS SDK signs for it is valid at every node. Alternator
//! compares the Host only with the signature, never with its own address (`alternator/server.cc` in ScyllaDB,
//! `verify_signature`).
//!
//! # reqwest
//!
//! It does not go under reqwest (0.13): what `ClientBuilder::connector_layer` hands to layers is an opaque target in
//! place of a URI, which none of them can read or change. Put hyper-util's client in its place, or a stack that
//! chooses for each request above it.

mod connected_to;
mod connection;
mod dial;
mod error;
mod future;
mod layer;
mod retire;
mod service;
mod spread;
mod tie;

pub use self::{
    connected_to::ConnectedTo,
    connection::Link,
    error::{ConnectError, ConnectLayerError, ConnectTimeout},
    future::ConnectFuture,
    layer::ConnectLayer,
    retire::{Retire, RetireFuture, RetireLayer},
    service::Connect,
};

#[cfg(test)]
mod tests;
