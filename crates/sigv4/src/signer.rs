//! What every request of one layer is signed with.

mod sign;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws_sigv4::http_request::{PercentEncodingMode, SigningSettings, UriPathNormalizationMode};
use http::{HeaderMap, Uri};

use crate::clock::{Moment, TimeSource, system_clock};
use crate::config_error::ConfigError;
use crate::credentials::{Resolution, Source};
use crate::host;
use crate::signed_headers::SignedHeaders;
use crate::skew::Skew;

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
    skew: Option<Arc<Skew>>,
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

    /// Asks for the credentials of a request with these headers for this URI.
    pub(crate) fn resolve(&self, headers: &HeaderMap, uri: &Uri) -> Resolution {
        self.credentials.resolve(|| {
            let ours = self.now();
            let theirs = match self.skew() {
                Some(skew) if !skew.offsets.is_empty() => {
                    // A host that is none is told of when the request is signed.
                    let host = host::named(headers, uri).ok();
                    host.and_then(|host| skew.offsets.of(&host.text).apply(ours))
                }
                _ => None,
            };
            Moment {
                ours,
                theirs: theirs.unwrap_or(ours),
            }
        })
    }

    /// Returns what is known of the hosts' clocks, if that is heeded.
    pub(crate) fn skew(&self) -> Option<&Skew> {
        self.skew.as_deref()
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
