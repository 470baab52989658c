//! The order of the layers.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower::{
    ServiceBuilder,
    util::{Either, MapErr},
};
use tower_muster::{
    BoxError, Cluster, FailoverLayer, Origin, Policy, Scope, SelectLayer,
    failover::Failover,
    probe::{HttpProbe, Probing},
    select::{HostHeader, Select},
};
use tower_muster_sigv4::{SigV4, SigV4Layer};
use tower_service::Service;

use crate::{
    Alternator,
    client::{HyperClient, client},
    compression::{
        CompressLayer, DecompressLayer, RequestCompression, request::Compress, response::Decompress,
    },
    config::{Config, Probes, Source},
    discover::{Heeding, LocalNodes, SystemTables},
    error::ConfigError,
    errors::{Outcomes, ReadErrors, ReadErrorsLayer},
    headers::{Headers, HeadersLayer},
};

/// Is the client `C` with its errors boxed, signed for if the stack has credentials.
pub type Sign<C> = Either<SigV4<Boxed<C>>, Boxed<C>>;

type Boxed<C> = MapErr<C, fn(<C as Service<Request<Full<Bytes>>>>::Error) -> BoxError>;

/// Is the service of a stack over the client `C`, whose body any request may have.
pub type StackService<C = HyperClient> =
    Compress<Decompress<Failover<AttemptService<C>, Alternator>>>;

/// Is what one attempt passes through.
pub type AttemptService<C> = Select<ReadErrors<Headers<Sign<C>>>, Arc<dyn Policy>, Outcomes>;

/// Is the stack over the client `C`: `Failover`, then `Select`, then a signature, then the client.
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

impl Config {
    /// Builds the stack over a client of its own, for HTTP without TLS.
    ///
    /// Nothing is sent before the first call.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the part that is wrong.
    pub fn build(self) -> Result<Stack, ConfigError> {
        self.source.must_be_plain()?;
        let client = client(self.connect_timeout);
        self.build_over(client)
    }

    /// Builds the stack over a client of the caller's, which also asks the nodes for each other.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the part that is wrong.
    pub fn build_over<C, B>(self, client: C) -> Result<Stack<C>, ConfigError>
    where
        C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
        C: Clone + Send + Sync + 'static,
        C::Future: Send,
        B: Body<Error: Into<BoxError>> + Send + Unpin,
        B::Data: Send,
    {
        let nearest_first = self.nearest_first()?;
        let probing = self.probing_over(&client)?;
        let headers = match &self.credentials {
            Some(_) => HeadersLayer::before_signing(),
            None => HeadersLayer::after_signing(),
        };
        let headers = headers.trim(self.trim).user_agent(self.user_agent);
        if self.host == HostHeader::Keep && self.requests != RequestCompression::off() {
            return Err(ConfigError::CompressedAfterSigning);
        }
        let sign = match self.credentials {
            Some(credentials) => Some(SigV4Layer::new(credentials, self.region, "dynamodb")?),
            None => None,
        };
        // Below, the drawing at the head of this crate, line for line.
        let signing = ServiceBuilder::new()
            .option_layer(sign)
            .map_err(Into::into as fn(C::Error) -> BoxError)
            .service(client.clone());
        let mut cluster = Cluster::builder().thresholds(self.thresholds);
        if let Some(probing) = probing {
            cluster = cluster.probing(probing);
        }
        let mut heeding = Heeding::default();
        let cluster = match self.source {
            Source::Nodes(_) if self.system_tables => return Err(ConfigError::NodesAreKnown),
            Source::Nodes(nodes) => cluster.fixed(nodes)?,
            Source::Seeds(seeds) if self.system_tables => {
                let nodes = SystemTables::new(signing.clone(), seeds)?;
                cluster.discover(nodes.scope(self.scope.clone())?.pace(self.pace))
            }
            Source::Seeds(seeds) => {
                let nodes = LocalNodes::new(client, seeds)?.scope(self.scope.clone())?;
                heeding = nodes.heeding();
                cluster.discover(nodes.pace(self.pace))
            }
        };
        let mut failover = FailoverLayer::new(cluster.clone())
            .repeat(Alternator)
            .limits(self.limits)
            .budget(self.budget);
        if let Some(hedge) = self.hedge {
            failover = failover.hedge(hedge);
        }
        let select = SelectLayer::new(cluster.clone(), nearest_first)
            .classify(self.outcomes)
            .host(self.host);
        let service = ServiceBuilder::new()
            .layer(CompressLayer::new(self.requests))
            .layer(DecompressLayer::new(self.responses))
            .layer(failover)
            .layer(select)
            .layer(ReadErrorsLayer::new())
            .layer(headers)
            .service(signing);
        Ok(Stack {
            cluster,
            scope: self.scope,
            heeding,
            service,
        })
    }
}

impl Config {
    /// How nodes are asked beside the traffic, if they are.
    fn probing_over<C, B>(&self, client: &C) -> Result<Option<Probing>, ConfigError>
    where
        C: Service<Request<Full<Bytes>>, Response = Response<B>, Future: Send>,
        C: Clone + Send + Sync + 'static,
        B: Body + Send,
        B::Data: Send,
    {
        let probing = match &self.probes {
            Probes::LocalNodes => {
                let probing = Probing::new(HttpProbe::get("/localnodes", client.clone())?);
                match self.limits.attempt_timeout {
                    // A node that takes longer would leave requests unanswered, too.
                    Some(timeout) if !timeout.is_zero() => probing.timeout(timeout)?,
                    _ => probing,
                }
            }
            Probes::Own(probing) => probing.clone(),
            Probes::Off if self.warm.is_some() => return Err(ConfigError::WarmWithoutProbes),
            Probes::Off => return Ok(None),
        };
        Ok(Some(match self.warm {
            Some((connections, every)) => probing.keep_warm(connections, every)?,
            None => probing,
        }))
    }
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
