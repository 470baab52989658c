//! The layers as methods of tower's `ServiceBuilder`.

use tower::{ServiceBuilder, layer::util::Stack};

#[cfg(feature = "failover")]
use crate::FailoverLayer;
use crate::{Cluster, Policy, SelectLayer, select::Transport};

/// Adds the layers of this crate to [`ServiceBuilder`], with their defaults.
///
/// For other settings make the layer yourself and give it to [`ServiceBuilder::layer`].
///
/// ```
/// # #[cfg(feature = "full")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use tower::{ServiceBuilder, service_fn};
/// use tower_muster::{BoxError, Cluster, Node, ServiceBuilderExt, policy::PowerOfTwo};
///
/// let cluster = Cluster::fixed([Node::new("http://10.0.0.1:8000")?])?;
/// let service = ServiceBuilder::new()
///     .failover(cluster.clone())
///     .select(cluster, PowerOfTwo::latency_aware())
///     .service(service_fn(async |_: Request<Full<Bytes>>| {
///         Ok::<_, BoxError>(Response::new(Full::<Bytes>::default()))
///     }));
/// # let _ = service;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "full"))]
/// # fn main() {}
/// ```
pub trait ServiceBuilderExt<L>: sealed::Sealed<L> + Sized {
    /// Sends a request again, to another node of `cluster`, when that is known to be safe.
    ///
    /// See [`FailoverLayer::new`]. It belongs above [`select`](Self::select).
    #[cfg(feature = "failover")]
    fn failover(self, cluster: Cluster) -> ServiceBuilder<Stack<FailoverLayer, L>>;

    /// Chooses a node of `cluster` for each request by `policy`, and aims the request at it.
    ///
    /// See [`SelectLayer::new`].
    fn select<P: Policy>(
        self,
        cluster: Cluster,
        policy: P,
    ) -> ServiceBuilder<Stack<SelectLayer<P, Transport>, L>>;
}

impl<L> ServiceBuilderExt<L> for ServiceBuilder<L> {
    #[cfg(feature = "failover")]
    fn failover(self, cluster: Cluster) -> ServiceBuilder<Stack<FailoverLayer, L>> {
        self.layer(FailoverLayer::new(cluster))
    }

    fn select<P: Policy>(
        self,
        cluster: Cluster,
        policy: P,
    ) -> ServiceBuilder<Stack<SelectLayer<P, Transport>, L>> {
        self.layer(SelectLayer::new(cluster, policy))
    }
}

mod sealed {
    use tower::ServiceBuilder;

    /// Methods may be added to the trait: nobody else implements it.
    #[expect(unnameable_types, reason = "that is what seals it")]
    pub trait Sealed<L> {}

    impl<L> Sealed<L> for ServiceBuilder<L> {}
}
