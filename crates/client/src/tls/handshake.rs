//! TLS over a connection, as it was set up.

use std::sync::Arc;

use http::Uri;
use hyper_rustls::{
    DefaultServerNameResolver, FixedServerNameResolver, HttpsConnector, ResolveServerName,
};
use rustls::{ClientConfig, pki_types::ServerName};

use super::{Reloading, sessions::Sessions};

/// What each handshake takes from the settings.
pub(crate) struct Handshakes {
    config: Config,
    name: Arc<dyn ResolveServerName + Send + Sync>,
    reloading: Option<Arc<Reloading>>,
}

/// One configuration for all nodes, or one for each.
pub(super) enum Config {
    Shared(Arc<ClientConfig>),
    PerNode(Sessions),
}

impl Handshakes {
    pub(super) fn new(
        config: Config,
        name: Option<ServerName<'static>>,
        reloading: Option<Arc<Reloading>>,
    ) -> Self {
        let name: Arc<dyn ResolveServerName + Send + Sync> = match name {
            Some(name) => Arc::new(FixedServerNameResolver::new(name)),
            None => Arc::new(DefaultServerNameResolver::default()),
        };
        Self {
            config,
            name,
            reloading,
        }
    }

    /// Whether a server may agree on HTTP/2.
    pub(crate) fn offers_http2(&self) -> bool {
        let config = match &self.config {
            Config::Shared(config) => config,
            Config::PerNode(sessions) => sessions.base(),
        };
        config.alpn_protocols.iter().any(|name| name == b"h2")
    }

    /// Takes up a client certificate that has changed.
    pub(crate) async fn refresh(&self) {
        if let Some(reloading) = &self.reloading {
            reloading.refresh().await;
        }
    }

    /// Puts TLS over what connects to the node at `uri`.
    pub(crate) fn over<C>(&self, transport: C, uri: &Uri) -> HttpsConnector<C> {
        let config = match &self.config {
            Config::Shared(config) => Arc::clone(config),
            Config::PerNode(sessions) => {
                let reloading = self.reloading.as_ref();
                let generation = reloading.map_or(0, |reloading| reloading.generation());
                sessions.config(uri, generation)
            }
        };
        HttpsConnector::new(transport, config, true, Arc::clone(&self.name))
    }
}
