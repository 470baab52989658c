//! How the built-in client connects.

use std::time::Duration;

use tower_muster_client::ClientBuilder;

use super::Config;
use crate::{ConfigError, HyperClient};

impl Config {
    /// Sets how long making a connection may take, with TLS, for the built-in client.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.client = self.client.connect_timeout(timeout);
        self
    }

    /// Sets how long a connection may sit idle before it is closed, for the built-in client.
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.client = self.client.idle_timeout(timeout);
        self
    }

    /// Sets how many idle connections to one node are kept, for the built-in client.
    ///
    /// Fewer than calls are under way at a node in busy times means new connections all the time.
    pub fn pool_max_idle_per_node(mut self, connections: usize) -> Self {
        self.client = self.client.max_idle_per_host(connections);
        self
    }

    /// Sets after how long an idle connection's other side is asked whether it is there, for the built-in client;
    /// `None` never asks.
    pub fn tcp_keepalive(mut self, after: Option<Duration>) -> Self {
        self.client = self.client.tcp_keepalive(after);
        self
    }

    /// Sets how the built-in client does https; by default with the roots of the machine and each node's own name.
    ///
    /// It also asks the nodes for each other: those that are found by a seed that is https are, too.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: tower_muster_client::Tls) -> Self {
        self.client = self.client.tls(tls);
        self
    }

    /// Sets all of the built-in client at once: what was set before of it is forgotten.
    ///
    /// One that was told nothing of TLS gets its defaults if the seeds are https.
    pub fn client(mut self, client: ClientBuilder) -> Self {
        self.client = client;
        self
    }

    /// The client that the settings make, with TLS if it takes any.
    pub(crate) fn built_in_client(&self) -> Result<HyperClient, ConfigError> {
        let client = self.client_builder()?;
        Ok(client.build()?)
    }

    /// The same client for each connect timeout, and the longest of these.
    #[cfg(feature = "aws-sdk")]
    pub(crate) fn client_for_each_timeout(
        &self,
    ) -> Result<
        (
            impl Fn(Duration) -> HyperClient + Send + Sync + use<>,
            Duration,
        ),
        ConfigError,
    > {
        let client = self.client_builder()?;
        let connector = client.connector()?;
        let limit = connector.connect_timeout();
        let of = move |timeout| client.build_from(&connector.with_connect_timeout(timeout));
        Ok((of, limit))
    }

    #[cfg(feature = "tls")]
    fn client_builder(&self) -> Result<ClientBuilder, ConfigError> {
        let client = self.client.clone();
        Ok(match self.source.first_https()? {
            Some(_) if !client.has_tls() => client.tls(tower_muster_client::Tls::new()),
            _ => client,
        })
    }

    #[cfg(not(feature = "tls"))]
    fn client_builder(&self) -> Result<ClientBuilder, ConfigError> {
        match self.source.first_https()? {
            Some(seed) => Err(ConfigError::NeedsTls { seed }),
            None => Ok(self.client.clone()),
        }
    }
}
