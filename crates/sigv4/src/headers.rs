//! Which headers are signed, and what the signature adds.

use aws_sigv4::http_request::SigningInstructions;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, ErrorKind};

pub(crate) const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Headers that one request may have signed.
///
/// Servers take far fewer (hyper parses 100 by default), and `http::HeaderMap`, which `aws-sigv4` collects
/// them in, panics above 24 576.
const MAX_SIGNED: usize = 1024;

/// Collects the headers to sign, `host` among them, in no order.
pub(crate) fn to_sign<'a>(
    headers: &'a HeaderMap,
    host: &'a str,
) -> Result<Vec<(&'a str, &'a str)>, Error> {
    let mut signed = Vec::with_capacity(headers.len().min(MAX_SIGNED) + 1);
    signed.push((HOST.as_str(), host));
    for (name, value) in headers.iter().filter(|(name, _)| is_signed(name)) {
        if signed.len() > MAX_SIGNED {
            return Err(Error::new(ErrorKind::TooManyHeaders { limit: MAX_SIGNED }));
        }
        let text = std::str::from_utf8(value.as_bytes()).map_err(|source| {
            Error::with_source(ErrorKind::Header { name: name.clone() }, source)
        })?;
        signed.push((name.as_str(), trim(text)));
    }
    Ok(signed)
}

/// Removes the whitespace that a server's parser removes: spaces and tabs (RFC 9110, 5.5).
pub(crate) fn trim(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

/// Tells whether the body's hash has to be stated as a header too.
///
/// The header's presence is the caller's choice (S3 wants it, others do not care); its value is ours, since a
/// value that is not this body's hash can only be refused.
///
/// # Errors
///
/// A body of signed chunks carries signatures that continue the old one; they cannot be made anew here.
pub(crate) fn states_hash(headers: &HeaderMap) -> Result<bool, Error> {
    let Some(value) = headers.get(X_AMZ_CONTENT_SHA256) else {
        return Ok(false);
    };
    if value.as_bytes().starts_with(b"STREAMING-") {
        let kind = ErrorKind::Header {
            name: X_AMZ_CONTENT_SHA256,
        };
        return Err(Error::with_source(
            kind,
            "a body in signed chunks cannot be signed again",
        ));
    }
    Ok(true)
}

/// The headers that the signature adds, complete and valid, not yet part of a request.
pub(crate) struct Candidate(Vec<(HeaderName, HeaderValue)>);

impl Candidate {
    /// Takes what `aws-sigv4` calculated, and the `Host` if the request has none.
    pub(crate) fn new(
        instructions: SigningInstructions,
        added_host: Option<String>,
    ) -> Result<Self, Error> {
        let (headers, _) = instructions.into_parts();
        let mut candidate = Vec::with_capacity(headers.len() + 1);
        for header in &headers {
            let name = HeaderName::from_bytes(header.name().as_bytes())
                .map_err(|source| Error::with_source(ErrorKind::Signing, source))?;
            let mut value = HeaderValue::from_str(header.value()).map_err(|source| {
                Error::with_source(ErrorKind::Header { name: name.clone() }, source)
            })?;
            value.set_sensitive(header.sensitive() || name == AUTHORIZATION);
            candidate.push((name, value));
        }
        if let Some(host) = added_host {
            let value = HeaderValue::try_from(host)
                .map_err(|source| Error::with_source(ErrorKind::Header { name: HOST }, source))?;
            candidate.push((HOST, value));
        }
        Ok(Self(candidate))
    }

    /// Replaces an older signature by this one; an error leaves it.
    pub(crate) fn commit(self, headers: &mut HeaderMap) -> Result<(), Error> {
        // With the room reserved, no insert below can find the map full and panic.
        headers
            .try_reserve(self.0.len())
            .map_err(|source| Error::with_source(ErrorKind::Signing, source))?;
        for stale in [AUTHORIZATION, X_AMZ_DATE, X_AMZ_SECURITY_TOKEN] {
            headers.remove(stale);
        }
        for (name, value) in self.0 {
            headers.insert(name, value);
        }
        Ok(())
    }
}

fn is_signed(name: &HeaderName) -> bool {
    // The signer adds these three itself; an older value must not be in the sum.
    let replaced = [X_AMZ_DATE, X_AMZ_SECURITY_TOKEN, X_AMZ_CONTENT_SHA256].contains(name);
    !replaced && (name == CONTENT_TYPE || name.as_str().starts_with("x-amz-"))
}
