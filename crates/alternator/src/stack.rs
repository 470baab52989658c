//! The order of the layers.

mod apart;
mod boxed;
mod build;
mod either;

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tower_muster::{
    Cluster, Origin, Policy, Scope, body_timeout::BodyTimeout, failover::Failover, select::Select,
};
use tower_muster_sigv4::SigV4;
use tower_service::Service;

pub use self::{
    apart::{Apart, ApartFuture},
    boxed::{Boxed, BoxedFuture},
    either::{Either, EitherFuture},
};
use crate::{
    Alternator,
    affinity::Affinity,
    client::HyperClient,
    compression::{request::Compress, response::Decompress},
    discover::Heeding,
    errors::{Outcomes, ReadErrors},
    headers::Headers,
    observe::Observed,
};

/// Is the client `C` with its errors boxed, signed for if the stack has credentials.
pub type Sign<C> = Either<Apart<SigV4<Boxed<C>>>, Boxed<C>>;

/// Is the service of a stack over the client `C`, whose body any request may have.
pub type StackService<C = HyperClient> = Either<Affinity<CallService<C>>, CallService<C>>;

/// Is what one call passes through once its keys are known, if they are wanted.
pub type CallService<C> = Compress<Decompress<Failover<AttemptService<C>, Alternator>>>;

/// Is what one attempt passes through.
pub type AttemptService<C> =
    Select<BodyTimeout<ReadErrors<Shown<Headers<Sign<C>>>>>, Arc<dyn Policy>, Outcomes>;

/// Is the service `S`, its responses being shown to an observer, if there is one.
pub type Shown<S> = Either<Observed<S>, S>;

/// Is the stack over the client `C`: all layers, in the [order](crate#one-request) that is drawn for the crate.
///
/// # Clone
///
/// Clones share the cluster, the budget and the client's connections.
pub struct Stack<C: Service<Request<Full<Bytes>>> = HyperClient> {
    cluster: Cluster,
    scope: Scope,
    heeding: Heeding,
    service: StackService<C>,
}

impl<C: Service<Request<Full<Bytes>>>> Stack<C> {
    /// Returns the cluster: its nodes, and how they are.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Returns where requests may go.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// A node that takes no notice of the places that it is asked for, if there seem to be no others.
    pub(crate) fn ignores_places(&self) -> Option<Origin> {
        self.heeding.ignoring()
    }
}

impl<C> Stack<C>
where
    C: Service<Request<Full<Bytes>>> + Clone,
{
    /// Returns the service, for requests with any body.
    #[must_use]
    pub fn service(&self) -> StackService<C> {
        self.service.clone()
    }
}

impl<C> Clone for Stack<C>
where
    C: Service<Request<Full<Bytes>>> + Clone,
{
    fn clone(&self) -> Self {
        Self {
            cluster: self.cluster.clone(),
            scope: self.scope.clone(),
            heeding: self.heeding.clone(),
            service: self.service.clone(),
        }
    }
}

impl<C: Service<Request<Full<Bytes>>>> fmt::Debug for Stack<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("cluster", &self.cluster)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
