//! From a configuration to a stack.

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower::{ServiceBuilder, layer::layer_fn};
use tower_muster::{
    BodyTimeoutLayer, BoxError, Cluster, FailoverLayer, SelectLayer,
    cluster::ClusterBuilder,
    probe::{HttpProbe, Probing},
    select::HostHeader,
};
use tower_muster_sigv4::SigV4Layer;
use tower_service::Service;

use super::{Apart, Boxed, Sign, Stack, either::Optional};
use crate::{
    Alternator,
    affinity::AffinityLayer,
    compression::{CompressLayer, DecompressLayer, RequestCompression},
    config::{Config, Probes, Source},
    discover::{Heeding, LocalNodes, SystemTables},
    error::ConfigError,
    errors::ReadErrorsLayer,
    headers::HeadersLayer,
};

impl Config {
    /// Builds the stack over a client of its own.
    ///
    /// Nothing is sent before the first call.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the part that is wrong.
    pub fn build(self) -> Result<Stack, ConfigError> {
        let client = self.built_in_client()?;
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
        if let Some(field) = self.time_of_nothing() {
            return Err(ConfigError::NoTime { field });
        }
        let policy = self.whole_policy()?;
        let signing: Sign<C> = ServiceBuilder::new()
            .layer(Optional(
                self.sign_layer()?.map(|sign| (layer_fn(Apart), sign)),
            ))
            .layer(layer_fn(Boxed))
            .service(client.clone());
        let (cluster, heeding) = self.cluster_over(client, signing.clone())?;
        let select = SelectLayer::new(cluster.clone(), policy)
            .classify(self.outcomes.clone())
            .host(self.host);
        // The drawing at the head of this crate, line for line; signature and client are made above.
        let service = ServiceBuilder::new()
            .layer(Optional(self.affinity_layer()))
            .layer(self.compress_layer()?)
            .layer(DecompressLayer::new(self.responses))
            .layer(self.failover_layer(&cluster))
            .layer(select)
            .layer(self.body_timeout_layer()?)
            .layer(ReadErrorsLayer::new())
            .layer(Optional(self.observe.clone()))
            .layer(self.headers_layer())
            .service(signing);
        Ok(Stack {
            cluster,
            scope: self.scope,
            heeding,
            service,
        })
    }

    fn affinity_layer(&self) -> Option<AffinityLayer> {
        let layer = AffinityLayer::new(self.affinity?).keys(self.tables.clone());
        Some(match self.observe {
            // An observer has no use for the keys of some requests only.
            Some(_) => layer.tell_all(),
            None => layer,
        })
    }

    fn compress_layer(&self) -> Result<CompressLayer, ConfigError> {
        if self.host == HostHeader::Keep && self.requests != RequestCompression::off() {
            return Err(ConfigError::CompressedAfterSigning);
        }
        Ok(CompressLayer::new(self.requests))
    }

    fn failover_layer(&self, cluster: &Cluster) -> FailoverLayer<Alternator> {
        let failover = FailoverLayer::new(cluster.clone())
            .repeat(Alternator)
            .limits(self.limits)
            .budget(self.budget.clone());
        match &self.hedge {
            Some(hedge) => failover.hedge(hedge.clone()),
            None => failover,
        }
    }

    fn body_timeout_layer(&self) -> Result<BodyTimeoutLayer, ConfigError> {
        let Some(timeout) = self.body_timeout else {
            return Ok(BodyTimeoutLayer::off());
        };
        BodyTimeoutLayer::new(timeout).map_err(|error| ConfigError::NoTime {
            field: error.field(),
        })
    }

    fn headers_layer(&self) -> HeadersLayer {
        let headers = match self.credentials {
            Some(_) => HeadersLayer::before_signing(),
            None => HeadersLayer::after_signing(),
        };
        let headers = headers.trim(self.trim.clone());
        headers.user_agent(self.user_agent.clone())
    }

    fn sign_layer(&self) -> Result<Option<SigV4Layer>, ConfigError> {
        let Some(keys) = &self.credentials else {
            return Ok(None);
        };
        let sign = keys.sign(&self.region, "dynamodb", self.keeps_credentials)?;
        Ok(Some(sign))
    }

    /// The cluster, and what is found out about its version.
    fn cluster_over<C, S, B, D>(
        &self,
        client: C,
        signing: S,
    ) -> Result<(Cluster, Heeding), ConfigError>
    where
        C: Service<Request<Full<Bytes>>, Response = Response<B>, Error: Into<BoxError>>,
        C: Clone + Send + Sync + 'static,
        C::Future: Send,
        B: Body<Data: Send, Error: Into<BoxError>> + Send,
        S: Service<Request<Full<Bytes>>, Response = Response<D>, Error: Into<BoxError>>,
        S: Clone + Send + Sync + 'static,
        S::Future: Send,
        D: Body<Data: Send, Error: Into<BoxError>> + Send,
    {
        let cluster = self.with_probing(Cluster::builder(), &client)?;
        let cluster = cluster.thresholds(self.thresholds);
        let cluster = match self.max_in_flight {
            Some(most) => cluster.max_in_flight_per_node(most),
            None => cluster,
        };
        let heeding = Heeding::default();
        let cluster = match &self.source {
            Source::Nodes(_) if self.system_tables => return Err(ConfigError::NodesAreKnown),
            Source::Nodes(nodes) => cluster.fixed(nodes.iter().cloned())?,
            Source::Seeds(seeds) if self.system_tables => {
                let nodes = SystemTables::new(signing, seeds)?.scope(self.scope.clone())?;
                cluster.discover(nodes.beside(self.ring()).pace(self.pace))
            }
            Source::Seeds(seeds) => {
                let nodes = LocalNodes::new(client, seeds)?.scope(self.scope.clone())?;
                let nodes = nodes.beside(self.ring()).heeding(heeding.clone());
                cluster.discover(nodes.pace(self.pace))
            }
        };
        Ok((cluster, heeding))
    }

    /// Has nodes asked beside the traffic, if they are to be.
    fn with_probing<C, B>(
        &self,
        cluster: ClusterBuilder,
        client: &C,
    ) -> Result<ClusterBuilder, ConfigError>
    where
        C: Service<Request<Full<Bytes>>, Response = Response<B>, Future: Send>,
        C: Clone + Send + Sync + 'static,
        B: Body<Data: Send> + Send,
    {
        let probing = match &self.probes {
            Probes::LocalNodes => {
                let probing = Probing::new(HttpProbe::get("/localnodes", client.clone())?);
                match self.limits.attempt_timeout {
                    // A node that takes longer would leave requests unanswered, too.
                    Some(timeout) => probing.timeout(timeout)?,
                    _ => probing,
                }
            }
            Probes::Own(probing) => probing.clone(),
            Probes::Off if self.warm.is_some() => return Err(ConfigError::WarmWithoutProbes),
            Probes::Off => return Ok(cluster),
        };
        Ok(cluster.probing(match self.warm {
            Some((connections, every)) => probing.keep_warm(connections, every)?,
            None => probing,
        }))
    }
}
