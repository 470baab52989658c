//! Which headers are signed, and what the signature adds.

use aws_sigv4::http_request::SigningInstructions;
use http::header::{AUTHORIZATION, HOST, HeaderMap, HeaderName, HeaderValue};

use crate::error::{Error, ErrorKind};
use crate::signed_headers::SignedHeaders;

pub(crate) const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
pub(crate) const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
pub(crate) const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Headers that one request may have signed.
///
/// Servers take far fewer (hyper parses 100 by default), and `http::HeaderMap`, which `aws-sigv4` collects
/// them in, panics above 24 576.
const MAX_SIGNED: usize = 1024;

/// Collects the headers to sign, `host` among them, in no order.
pub(crate) fn to_sign<'a>(
    choice: &SignedHeaders,
    headers: &'a HeaderMap,
    host: &'a str,
) -> Result<Vec<(&'a str, &'a str)>, Error> {
    let mut signed = Vec::with_capacity(headers.len().min(MAX_SIGNED) + 1);
    signed.push((HOST.as_str(), host));
    for (name, value) in headers.iter().filter(|(name, _)| choice.take(name)) {
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
///
/// They are at most five, in one piece of the stack: what is signed with is not worth an allocation.
pub(crate) struct Candidate {
    added: [Option<(HeaderName, HeaderValue)>; 5],
    has_token: bool,
}

impl Candidate {
    /// Takes what `aws-sigv4` calculated, and the `Host` if the request has none.
    pub(crate) fn new(
        instructions: &SigningInstructions,
        added_host: Option<&str>,
    ) -> Result<Self, Error> {
        let mut added = [const { None }; 5];
        let mut room = added.iter_mut();
        let mut has_token = false;
        let host = added_host.map(|host| (HOST.as_str(), host));
        for (name, value) in instructions.headers().chain(host) {
            let (name, is_secret) = known(name)?;
            let mut value = HeaderValue::from_str(value).map_err(|source| {
                Error::with_source(ErrorKind::Header { name: name.clone() }, source)
            })?;
            has_token |= name == X_AMZ_SECURITY_TOKEN;
            value.set_sensitive(is_secret);
            let free = room.next().ok_or_else(|| Error::new(ErrorKind::Signing))?;
            *free = Some((name, value));
        }
        Ok(Self { added, has_token })
    }

    /// Replaces an older signature by this one; an error leaves it.
    pub(crate) fn commit(self, headers: &mut HeaderMap) -> Result<(), Error> {
        // With the room reserved, no insert below can find the map full and panic.
        headers
            .try_reserve(self.added.iter().flatten().count())
            .map_err(|source| Error::with_source(ErrorKind::Signing, source))?;
        // The signature and its date replace older ones; a token may have none that replaces it.
        if !self.has_token {
            headers.remove(X_AMZ_SECURITY_TOKEN);
        }
        for (name, value) in self.added.into_iter().flatten() {
            headers.insert(name, value);
        }
        Ok(())
    }
}

/// Returns a name that is added, spared from being parsed, and whether its value is a secret.
fn known(name: &str) -> Result<(HeaderName, bool), Error> {
    Ok(match name {
        "authorization" => (AUTHORIZATION, true),
        "x-amz-date" => (X_AMZ_DATE, false),
        "host" => (HOST, false),
        "x-amz-security-token" => (X_AMZ_SECURITY_TOKEN, true),
        "x-amz-content-sha256" => (X_AMZ_CONTENT_SHA256, false),
        other => return Err(Error::with_source(ErrorKind::Signing, other)),
    })
}
