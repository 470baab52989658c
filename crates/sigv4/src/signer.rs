//! What every request of one layer is signed with.

mod sign;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws_sigv4::http_request::{PercentEncodingMode, SigningSettings, UriPathNormalizationMode};

use crate::clock::{TimeSource, system_clock};
use crate::config_error::ConfigError;
use crate::credentials::{Resolution, Source};
use crate::signed_headers::SignedHeaders;
use crate::skew::{Offset, Offsets};

/// What every request of one layer is signed with.
#[derive(Clone)]
pub(crate) struct Signer {
    credentials: Source,
    region: Arc<str>,
    service: Arc<str>,
    settings: SigningSettings,
    states_hash: bool,
    signed: SignedHeaders,
    now: TimeSource,
    skew: Option<Arc<Offsets>>,
    body_limit: u64,
}

impl Signer {
    pub(crate) fn new(
        credentials: Source,
        region: String,
        service: String,
        body_limit: u64,
    ) -> Result<Self, ConfigError> {
        let region = scope_part("region", region)?;
        let service = scope_part("service", service)?;
        let mut settings = SigningSettings::default();
        // Only headers that are to be signed are handed over, so there is none to exclude.
        settings.excluded_headers = None;
        Ok(Self {
            credentials,
            region,
            service,
            settings,
            states_hash: false,
            signed: SignedHeaders::default(),
            now: Arc::new(system_clock),
            skew: Some(Arc::default()),
            body_limit,
        })
    }

    pub(crate) fn set_time_source(&mut self, now: TimeSource) {
        self.now = now;
    }

    pub(crate) const fn set_body_limit(&mut self, bytes: u64) {
        self.body_limit = bytes;
    }

    pub(crate) fn set_signed_headers(&mut self, signed: SignedHeaders) {
        self.signed = signed;
    }

    pub(crate) fn set_clock_skew(&mut self, heeded: bool) {
        self.skew = heeded.then(Arc::default);
    }

    pub(crate) const fn set_states_hash(&mut self, stated: bool) {
        self.states_hash = stated;
    }

    pub(crate) const fn set_double_encoding(&mut self, double: bool) {
        self.settings.percent_encoding_mode = if double {
            PercentEncodingMode::Double
        } else {
            PercentEncodingMode::Single
        };
    }

    pub(crate) fn set_path_normalization(&mut self, normalized: bool) {
        self.settings.uri_path_normalization_mode = UriPathNormalizationMode::from(normalized);
    }

    pub(crate) fn cache_credentials(&mut self) {
        self.credentials = self.credentials.clone().cached();
    }

    /// Refuses credentials that are no longer valid and that nothing will replace.
    pub(crate) fn check_expiry(&self) -> Result<(), ConfigError> {
        match self.credentials.expiry() {
            Some(expiry) if expiry <= self.now() => Err(ConfigError::expired(expiry)),
            _ => Ok(()),
        }
    }

    pub(crate) const fn body_limit(&self) -> u64 {
        self.body_limit
    }

    pub(crate) const fn heeds_skew(&self) -> bool {
        self.skew.is_some()
    }

    pub(crate) fn now(&self) -> SystemTime {
        (self.now)()
    }

    pub(crate) fn resolve(&self) -> Resolution {
        self.credentials.resolve(|| self.now())
    }

    /// Remembers how far the clock of `host` is from ours.
    pub(crate) fn learn(&self, host: &str, offset: Offset) {
        if let Some(skew) = &self.skew {
            skew.learn(host, offset);
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("region", &self.region)
            .field("service", &self.service)
            .field("signed_headers", &self.signed)
            .field("clock_skew", &self.heeds_skew())
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}

fn scope_part(field: &'static str, value: String) -> Result<Arc<str>, ConfigError> {
    let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'/' && byte != b',';
    if value.is_empty() || !value.bytes().all(fits) {
        return Err(ConfigError::scope(field, value));
    }
    Ok(value.into())
}
