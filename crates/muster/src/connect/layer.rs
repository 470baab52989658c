//! Configures the choice of a node for each connection.

use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use tower_layer::Layer;

use super::{Connect, ConnectLayerError, spread::Spread};
use crate::{cluster::Cluster, node::Node, origin::Origin, policy::Policy};

/// How long one node has for a connection.
///
/// A first SYN that is lost is repeated after a second (RFC 6298, section 2); by then another node is the
/// better second try.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// As many as [`FailoverLayer`](crate::FailoverLayer) makes: nodes that refuse cost nothing, and five that are
/// silent the connect timeout each.
const MAX_ATTEMPTS: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// At one request a second this is one connection made for 300 requests.
const MAX_AGE: Duration = Duration::from_secs(5 * 60);

/// Maps one made-up name to a node of a cluster, chosen anew for each connection.
///
/// The [module](super) tells how.
///
/// # Clone
///
/// Clones count their connections together, so one layer may be put over several connectors.
pub struct ConnectLayer<P> {
    pub(super) cluster: Cluster,
    pub(super) policy: Arc<Spread<P>>,
    pub(super) name: Arc<Origin>,
    pub(super) limits: Limits,
}

/// The bounds of a connect and of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) connect_timeout: Duration,
    pub(super) max_attempts: NonZeroU32,
    pub(super) max_age: Duration,
}

impl<P: Policy> ConnectLayer<P> {
    /// Makes a layer that chooses among the nodes of `cluster` by `policy` whenever `name` is connected to.
    ///
    /// `name` is an origin that need not exist, and better does not, such as `http://alternator.cluster:8000`:
    /// what clients are told to talk to. Its host belongs to the layer: it is never looked up, nor connected to
    /// under another scheme or port.
    ///
    /// # Errors
    ///
    /// [`ConnectLayerError`] if `name` is not `scheme://host[:port]`, of http or https.
    pub fn new(cluster: Cluster, policy: P, name: &str) -> Result<Self, ConnectLayerError> {
        let name = name.parse().map_err(ConnectLayerError::Name)?;
        Ok(Self {
            cluster,
            policy: Arc::new(Spread::new(policy)),
            name: Arc::new(name),
            limits: Limits {
                connect_timeout: CONNECT_TIMEOUT,
                max_attempts: MAX_ATTEMPTS,
                max_age: MAX_AGE,
            },
        })
    }
}

impl<P> ConnectLayer<P> {
    /// Sets how long one node has for a connection before the next is tried; by default a second.
    ///
    /// A first SYN that is lost is repeated after a second (RFC 6298, section 2); by then another node is the
    /// better second try. If the connector below makes TLS, too, that counts.
    ///
    /// # Errors
    ///
    /// [`ConnectLayerError`] if it is zero.
    pub fn connect_timeout(mut self, timeout: Duration) -> Result<Self, ConnectLayerError> {
        self.limits.connect_timeout = some("connect_timeout", timeout)?;
        Ok(self)
    }

    /// Sets how many nodes one connect may try, the first included; by default 5.
    ///
    /// No node is tried twice, so there are never more attempts than nodes.
    #[must_use]
    pub fn max_attempts(mut self, attempts: NonZeroU32) -> Self {
        self.limits.max_attempts = attempts;
        self
    }

    /// Sets after which age a connection takes no more requests, up to a tenth sooner or later; by default 5
    /// minutes.
    ///
    /// So long a node that came back waits for its full share. At one request a second it is one connection made
    /// for 300 requests. The tenth keeps connections that were made together from ending together, as gRPC has it
    /// for `MAX_CONNECTION_AGE` (proposal A9, server side connection management), which is endless by default:
    /// gRPC's servers know when they want to be rid of connections, and nodes do not. [`Duration::MAX`] is
    /// endless here, too.
    ///
    /// # Errors
    ///
    /// [`ConnectLayerError`] if it is zero.
    pub fn max_age(mut self, age: Duration) -> Result<Self, ConnectLayerError> {
        self.limits.max_age = some("max_age", age)?;
        Ok(self)
    }

    /// Returns how many connections there are to each node of the list, those included that are being made, in
    /// the topology's order.
    #[must_use]
    pub fn connections(&self) -> Vec<(Arc<Node>, u32)> {
        let topology = self.cluster.topology();
        let count = |node: &Arc<Node>| (Arc::clone(node), self.policy.open().to(node));
        topology.nodes().iter().map(count).collect()
    }

    /// Returns the made-up name.
    #[must_use]
    pub fn name(&self) -> &Origin {
        &self.name
    }
}

fn some(field: &'static str, time: Duration) -> Result<Duration, ConnectLayerError> {
    if time.is_zero() {
        return Err(ConnectLayerError::Zero { field });
    }
    Ok(time)
}

impl<S, P> Layer<S> for ConnectLayer<P> {
    type Service = Connect<S, P>;

    fn layer(&self, inner: S) -> Self::Service {
        Connect::new(inner, self.clone())
    }
}

impl<P> Clone for ConnectLayer<P> {
    fn clone(&self) -> Self {
        Self {
            cluster: self.cluster.clone(),
            policy: Arc::clone(&self.policy),
            name: Arc::clone(&self.name),
            limits: self.limits,
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for ConnectLayer<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectLayer")
            .field("name", &self.name)
            .field("cluster", &self.cluster)
            .field("policy", &self.policy)
            .field("limits", &self.limits)
            .finish()
    }
}
