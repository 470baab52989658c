//! Chooses a node for each request and aims the request at it.
//!
//! [`SelectLayer`] wraps any HTTP client. For each request it asks its [`Policy`](crate::Policy) for a
//! node, rewrites the URI (and the Host header, if there is one), counts the request as in flight until
//! the response body has ended, and learns from how it went.
//!
//! The choice is made in `call`, not in `poll_ready`, because it depends on the request: on its key, and
//! on the nodes that were tried before. `poll_ready` waits for the first list of nodes and for the client.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! use http::{Request, Response};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_muster::{BoxError, Cluster, Node, SelectLayer, policy::RoundRobin};
//!
//! let cluster = Cluster::fixed([Node::new("http://10.0.0.1:8000")?])?;
//! let service = ServiceBuilder::new()
//!     .layer(SelectLayer::new(cluster, RoundRobin::new()))
//!     .service(service_fn(async |request: Request<()>| {
//!         assert_eq!(request.uri(), "http://10.0.0.1:8000/path?q=1");
//!         Ok::<_, BoxError>(Response::new(String::new()))
//!     }));
//! service.oneshot(Request::get("/path?q=1").body(())?).await?;
//! # Ok(())
//! # }
//! ```

mod aim;
mod body;
mod classify;
mod future;
mod layer;
#[cfg(feature = "hyper-util")]
mod sent;
mod service;

pub use self::{
    body::LeaseBody,
    classify::{Classify, Transport},
    future::ResponseFuture,
    layer::{HostHeader, SelectLayer},
    service::Select,
};

#[cfg(test)]
mod tests;
