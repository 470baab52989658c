//! The signature of one request.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SigningParams, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::request::Parts;

use crate::credentials::Source;
use crate::error::{Error, ErrorKind};
use crate::headers::{self, Candidate};
use crate::{host, target};

type TimeSource = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// The first second after 9999-12-31, in seconds since 1970: `x-amz-date` has four digits for the year.
const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);

/// What every request of one layer is signed with.
#[derive(Clone)]
pub(crate) struct Signer {
    credentials: Source,
    region: Arc<str>,
    service: Arc<str>,
    settings: SigningSettings,
    now: TimeSource,
    body_limit: u64,
}

impl Signer {
    pub(crate) fn new(
        credentials: Source,
        region: Arc<str>,
        service: Arc<str>,
        body_limit: u64,
    ) -> Self {
        let mut settings = SigningSettings::default();
        // Only headers that are to be signed are handed over, so there is none to exclude.
        settings.excluded_headers = None;
        let now = Arc::new(system_clock);
        Self {
            credentials,
            region,
            service,
            settings,
            now,
            body_limit,
        }
    }

    pub(crate) fn set_time_source(&mut self, now: TimeSource) {
        self.now = now;
    }

    pub(crate) const fn set_body_limit(&mut self, bytes: u64) {
        self.body_limit = bytes;
    }

    pub(crate) const fn body_limit(&self) -> u64 {
        self.body_limit
    }

    pub(crate) const fn credentials(&self) -> &Source {
        &self.credentials
    }

    /// Signs `parts`, which an error leaves as they were.
    pub(crate) fn sign(
        &self,
        parts: &mut Parts,
        body: &[u8],
        identity: &Identity,
    ) -> Result<(), Error> {
        let now = self.date(identity)?;
        let host = host::of(parts)?;
        let signed_headers = headers::to_sign(&parts.headers, &host)?;
        let mut settings = self.settings.clone();
        if headers::states_hash(&parts.headers)? {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let params: SigningParams<'_> = v4::SigningParams::builder()
            .identity(identity)
            .region(&self.region)
            .name(&self.service)
            .time(now)
            .settings(settings)
            .build()
            .map_err(signing)?
            .into();
        let request = SignableRequest::new(
            parts.method.as_str(),
            target::of(&parts.uri)?,
            signed_headers.into_iter(),
            SignableBody::Bytes(body),
        )
        .map_err(signing)?;
        let (instructions, _) = sign(request, &params).map_err(signing)?.into_parts();
        let added_host = match host {
            Cow::Borrowed(_) => None,
            Cow::Owned(host) => Some(host),
        };
        Candidate::new(instructions, added_host)?.commit(&mut parts.headers)
    }

    /// Reads the clock, and refuses a date that cannot be written or that the credentials do not reach.
    fn date(&self, identity: &Identity) -> Result<SystemTime, Error> {
        let now = (self.now)();
        match now.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) if since < YEAR_10000 => {}
            _ => return Err(Error::new(ErrorKind::Time { now })),
        }
        match identity.expiration() {
            Some(expiry) if expiry <= now => {
                Err(Error::new(ErrorKind::CredentialsExpired { expiry }))
            }
            _ => Ok(now),
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("region", &self.region)
            .field("service", &self.service)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}

fn signing(source: impl Into<crate::BoxError>) -> Error {
    Error::with_source(ErrorKind::Signing, source)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock, unless a time source is given"
)]
fn system_clock() -> SystemTime {
    SystemTime::now()
}
