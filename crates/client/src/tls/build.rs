//! From settings to rustls's configuration.

use std::sync::Arc;

use rustls::{
    ClientConfig, SupportedProtocolVersion,
    client::Resumption,
    crypto::ring,
    pki_types::ServerName,
    version::{TLS12, TLS13},
};

use super::{
    Handshakes, Reloading, Tls, TlsError, handshake::Config, key_log::KeyLogTo, sessions::Sessions,
    verify::AnyCertificate,
};

/// The newest first, as rustls has them.
const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

impl Tls {
    /// Builds rustls's configuration, for another client than this crate's.
    ///
    /// With the options above, and rustls's own cache of sessions, for 32 servers. A client certificate from files is
    /// read once, and a [`server_name`](Self::server_name) is only checked: both are the connector's to use.
    ///
    /// # Errors
    ///
    /// Fails if a file cannot be read or used, with the option and the file.
    pub fn client_config(&self) -> Result<ClientConfig, TlsError> {
        self.name()?;
        match &self.own {
            Some(own) => self.alone(own).map(|own| ClientConfig::clone(own)),
            None => Ok(self.configure()?.0),
        }
    }

    pub(crate) fn handshakes(&self, alpn: &[&[u8]]) -> Result<Handshakes, TlsError> {
        let alpn = alpn.iter().map(|name| name.to_vec()).collect::<Vec<_>>();
        let name = self.name()?;
        if let Some(own) = &self.own {
            let mut own = Arc::clone(self.alone(own)?);
            if own.alpn_protocols.is_empty() && !alpn.is_empty() {
                Arc::make_mut(&mut own).alpn_protocols = alpn;
            }
            return Ok(Handshakes::new(Config::Shared(own), name, None));
        }
        let (mut config, reloading) = self.configure()?;
        config.alpn_protocols = alpn;
        let config = if self.is_without_resumption {
            Config::Shared(Arc::new(config))
        } else {
            Config::PerNode(Sessions::new(config))
        };
        Ok(Handshakes::new(config, name, reloading))
    }

    fn configure(&self) -> Result<(ClientConfig, Option<Arc<Reloading>>), TlsError> {
        let provider = Arc::new(ring::default_provider());
        let versions = if self.is_tls13_only {
            &VERSIONS[..1]
        } else {
            &VERSIONS[..]
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .map_err(TlsError::Versions)?;
        let builder = if self.is_unverified {
            let verifier = Arc::new(AnyCertificate(Arc::clone(&provider)));
            let builder = builder.dangerous();
            builder.with_custom_certificate_verifier(verifier)
        } else {
            builder.with_root_certificates(self.roots.store()?)
        };
        let (mut config, reloading) = match &self.identity {
            Some(identity) => {
                let (resolver, reloading) = identity.load(&provider, self.observer.as_ref())?;
                (builder.with_client_cert_resolver(resolver), reloading)
            }
            None => (builder.with_no_client_auth(), None),
        };
        if self.is_without_resumption {
            config.resumption = Resumption::disabled();
        }
        let log = self.key_log.as_ref().map(KeyLogTo::open).transpose()?;
        if let Some(log) = log.flatten() {
            config.key_log = Arc::new(log);
        }
        Ok((config, reloading))
    }

    fn name(&self) -> Result<Option<ServerName<'static>>, TlsError> {
        let parse = |name: &String| {
            ServerName::try_from(name.clone())
                .map_err(|_| TlsError::ServerName { name: name.clone() })
        };
        self.server_name.as_ref().map(parse).transpose()
    }

    /// A configuration that was given whole leaves nothing to be said but the name.
    fn alone<'a>(&self, own: &'a Arc<ClientConfig>) -> Result<&'a Arc<ClientConfig>, TlsError> {
        let others = [
            (!self.roots.private.is_empty(), "ca"),
            (self.roots.is_platform, "platform_roots"),
            (self.identity.is_some(), "client_cert"),
            (self.observer.is_some(), "on_client_cert_reload"),
            (self.is_unverified, "danger_accept_invalid_certs"),
            (self.is_tls13_only, "tls13_only"),
            (self.is_without_resumption, "session_resumption"),
            (self.key_log.is_some(), "key_log"),
        ];
        match others.into_iter().find(|(is_said, _)| *is_said) {
            Some((_, setting)) => Err(TlsError::OwnConfig { setting }),
            None => Ok(own),
        }
    }
}
