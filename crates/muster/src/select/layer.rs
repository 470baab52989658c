//! Configures the choice of a node.

use std::{fmt, sync::Arc};

use tower_layer::Layer;

use super::{Classify, Select, Transport};
use crate::{cluster::Cluster, policy::Policy};

/// Says which Host header a node is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum HostHeader {
    /// The node's own, in place of one that is there. A signature is then made below, for this very node.
    #[default]
    Node,
    /// The one that the request came with, or would have had: every node is sent the same. For requests
    /// that were signed above, as an AWS SDK does it: the signature covers the Host.
    Keep,
}

/// Chooses a node for each request and aims the request at it.
///
/// The [module](super) tells how.
pub struct SelectLayer<P, C = Transport> {
    pub(super) cluster: Cluster,
    pub(super) policy: Arc<P>,
    pub(super) classify: C,
    pub(super) host: HostHeader,
}

impl<P: Policy> SelectLayer<P> {
    /// Makes a layer that chooses among the nodes of `cluster` by `policy`.
    #[must_use]
    pub fn new(cluster: Cluster, policy: P) -> Self {
        Self {
            cluster,
            policy: Arc::new(policy),
            classify: Transport::default(),
            host: HostHeader::default(),
        }
    }
}

impl<P, C> SelectLayer<P, C> {
    /// Sets what says how an attempt went; by default [`Transport`].
    #[must_use]
    pub fn classify<D: Classify>(self, classify: D) -> SelectLayer<P, D> {
        let Self {
            cluster,
            policy,
            host,
            ..
        } = self;
        SelectLayer {
            cluster,
            policy,
            classify,
            host,
        }
    }

    /// Sets which Host header a node is sent; by default its own.
    #[must_use]
    pub fn host(mut self, host: HostHeader) -> Self {
        self.host = host;
        self
    }
}

impl<S, P, C: Clone> Layer<S> for SelectLayer<P, C> {
    type Service = Select<S, P, C>;

    fn layer(&self, inner: S) -> Self::Service {
        Select::new(inner, Arc::new(self.clone()))
    }
}

impl<P, C: Clone> Clone for SelectLayer<P, C> {
    fn clone(&self) -> Self {
        Self {
            cluster: self.cluster.clone(),
            policy: Arc::clone(&self.policy),
            classify: self.classify.clone(),
            host: self.host,
        }
    }
}

impl<P: fmt::Debug, C: fmt::Debug> fmt::Debug for SelectLayer<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelectLayer")
            .field("cluster", &self.cluster)
            .field("policy", &self.policy)
            .field("classify", &self.classify)
            .field("host", &self.host)
            .finish()
    }
}
