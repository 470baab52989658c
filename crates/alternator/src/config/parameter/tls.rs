//! How https is done, by name and text.

use super::{ParameterError, Parameters};
use crate::Config;

/// The names that say something of TLS.
pub(super) const NAMES: [&str; 5] = ["ca", "server_name", "client_cert", "client_key", "key_log"];

impl Parameters<'_> {
    #[cfg(feature = "tls")]
    pub(super) fn apply_tls(&self, config: Config) -> Result<Config, ParameterError> {
        use crate::Tls;

        let path = |name| {
            self.read(name, "the path of a file", |text| {
                (!text.is_empty()).then(|| text.to_owned())
            })
        };
        let mut tls = Tls::new();
        if let Some(ca) = path("ca")? {
            tls = tls.ca_file(ca);
        }
        if let Some(name) = self.get("server_name") {
            tls = tls.server_name(name);
        }
        if let Some(log) = path("key_log")? {
            tls = tls.key_log_file(log);
        }
        tls = match (path("client_cert")?, path("client_key")?) {
            (Some(certificate), Some(key)) => tls.client_cert_file(certificate, key),
            (Some(_), None) => return Err(ParameterError::Needs("client_cert", "client_key")),
            (None, Some(_)) => return Err(ParameterError::Needs("client_key", "client_cert")),
            (None, None) => tls,
        };
        Ok(
            match NAMES.into_iter().any(|name| self.get(name).is_some()) {
                true => config.tls(tls),
                false => config,
            },
        )
    }

    #[cfg(not(feature = "tls"))]
    pub(super) fn apply_tls(&self, config: Config) -> Result<Config, ParameterError> {
        match NAMES.into_iter().find(|name| self.get(name).is_some()) {
            Some(name) => Err(ParameterError::NeedsTls(name)),
            None => Ok(config),
        }
    }
}
