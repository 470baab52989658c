//! The signature of one request.

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SignatureLocation, SigningInstructions,
    SigningParams, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::request::Parts;

use super::Signer;
use crate::error::{Error, ErrorKind};
use crate::headers::{self, Candidate};
use crate::host::{self, Host};
use crate::skew::Offset;
use crate::target;

/// The first second after 9999-12-31, in seconds since 1970: `x-amz-date` has four digits for the year.
const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);

impl Signer {
    /// Signs `parts`, which an error leaves as they were, with the time that the host is known to have.
    pub(crate) fn sign(
        &self,
        parts: &mut Parts,
        body: SignableBody<'_>,
        identity: &Identity,
    ) -> Result<Offset, Error> {
        let host = host::of(parts)?;
        let offset = match &self.skew {
            Some(skew) => skew.offsets.of(&host.text),
            None => Offset::default(),
        };
        let candidate = self.candidate(parts, &host, body, identity, offset)?;
        candidate.commit(&mut parts.headers)?;
        Ok(offset)
    }

    /// Signs `parts`, which an error leaves as they were, with a given offset to our time.
    pub(crate) fn sign_with(
        &self,
        parts: &mut Parts,
        body: SignableBody<'_>,
        identity: &Identity,
        offset: Offset,
    ) -> Result<(), Error> {
        let host = host::of(parts)?;
        let candidate = self.candidate(parts, &host, body, identity, offset)?;
        candidate.commit(&mut parts.headers)
    }

    /// Calculates what a URI's query has to hold to be valid for as long as `expires_in`.
    pub(crate) fn presign(
        &self,
        parts: &Parts,
        body: SignableBody<'_>,
        identity: &Identity,
        expires_in: Duration,
    ) -> Result<SigningInstructions, Error> {
        let mut settings = self.settings.clone();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(expires_in);
        let now = self.date(identity, Offset::default())?;
        let host = host::of(parts)?;
        self.instructions(settings, parts, &host.text, body, identity, now)
    }

    fn candidate(
        &self,
        parts: &Parts,
        host: &Host<'_>,
        body: SignableBody<'_>,
        identity: &Identity,
        offset: Offset,
    ) -> Result<Candidate, Error> {
        let now = self.date(identity, offset)?;
        let mut settings = self.settings.clone();
        // The specification of S3 has an unsigned payload stated; no other place says that it is unsigned.
        let unsigned = matches!(body, SignableBody::UnsignedPayload);
        if headers::states_hash(&parts.headers)? || self.states_hash || unsigned {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let instructions = self.instructions(settings, parts, &host.text, body, identity, now)?;
        Candidate::new(&instructions, host.is_added.then_some(&*host.text))
    }

    fn instructions(
        &self,
        settings: SigningSettings,
        parts: &Parts,
        host: &str,
        body: SignableBody<'_>,
        identity: &Identity,
        now: SystemTime,
    ) -> Result<SigningInstructions, Error> {
        let signed_headers = headers::to_sign(&self.signed, &parts.headers, host)?;
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
            body,
        )
        .map_err(signing)?;
        let (instructions, _) = sign(request, &params).map_err(signing)?.into_parts();
        Ok(instructions)
    }

    /// Reads the clock, and refuses a date that cannot be written or that the credentials do not reach.
    fn date(&self, identity: &Identity, offset: Offset) -> Result<SystemTime, Error> {
        let ours = self.now();
        let outside = || Error::new(ErrorKind::Time { now: ours });
        let now = offset.apply(ours).ok_or_else(outside)?;
        match now.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) if since < YEAR_10000 => {}
            _ => return Err(outside()),
        }
        match identity.expiration() {
            Some(expiry) if expiry <= now && expiry <= ours && !self.may_be_valid(offset) => {
                Err(Error::new(ErrorKind::CredentialsExpired { expiry }))
            }
            _ => Ok(now),
        }
    }

    /// Tells whether credentials that expired by our clock may yet be valid: it may be wrong.
    ///
    /// A provider has just given them, and it takes a refusal to learn of the server's clock.
    fn may_be_valid(&self, offset: Offset) -> bool {
        self.heeds_skew() && offset == Offset::default() && !self.credentials.is_fixed()
    }
}

fn signing(source: impl Into<crate::BoxError>) -> Error {
    Error::with_source(ErrorKind::Signing, source)
}
