//! Asks nodes beside the traffic: whether one that is down is back, and to keep connections open.
//!
//! Without probes a node that is down is asked again by a request of the traffic, one at a time. With them
//! no request is risked: a [`Probe`] asks, and the node takes part again when it has answered. A node that
//! has only begun to fail is asked likewise, and a node that is well is not asked at all.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use bytes::Bytes;
//! use http_body_util::Empty;
//! use hyper_util::{client::legacy::Client, rt::TokioExecutor};
//! use tower_muster::{Cluster, Node, probe::{HttpProbe, Probing}};
//!
//! let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
//! let probe = HttpProbe::get("/localnodes", client)?;
//! let cluster = Cluster::builder()
//!     .probing(Probing::new(probe).keep_warm(2, Duration::from_secs(30))?)
//!     .fixed([Node::new("http://10.0.0.1:8000")?])?;
//! # let _ = cluster;
//! # Ok(())
//! # }
//! ```

mod http;
mod probing;

use std::{pin::Pin, sync::Arc};

pub(crate) use self::probing::Warm;
pub use self::{
    http::HttpProbe,
    probing::{Probing, ProbingError},
};
use crate::node::Node;

/// Asks one node whether it can serve.
///
/// Any closure that takes a node and returns a future of `bool` is one.
pub trait Probe: Send + Sync + 'static {
    /// Asks the node; true if it can serve.
    ///
    /// # Cancel safety
    ///
    /// It is dropped when its time is up, which counts as no.
    fn ask(&self, node: Arc<Node>) -> impl Future<Output = bool> + Send;
}

impl<F, A> Probe for F
where
    F: Fn(Arc<Node>) -> A + Send + Sync + 'static,
    A: Future<Output = bool> + Send,
{
    fn ask(&self, node: Arc<Node>) -> impl Future<Output = bool> + Send {
        self(node)
    }
}

/// A node being asked.
pub(crate) type Asking = Pin<Box<dyn Future<Output = bool> + Send>>;

/// A [`Probe`] of any type; boxing its future is nothing beside its network round trip.
pub(crate) trait Ask: Send + Sync {
    fn ask(self: Arc<Self>, node: Arc<Node>) -> Asking;
}

impl<P: Probe> Ask for P {
    fn ask(self: Arc<Self>, node: Arc<Node>) -> Asking {
        Box::pin(async move { Probe::ask(&*self, node).await })
    }
}

#[cfg(test)]
mod tests;
