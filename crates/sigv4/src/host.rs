//! The `Host` that will be sent, which is the one to sign.

use std::borrow::Cow;

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Uri};

use crate::error::{Error, ErrorKind};
use crate::headers::trim;

/// Returns the host to sign: borrowed from the `Host` header, or made from the URI.
pub(crate) fn of(parts: &Parts) -> Result<Cow<'_, str>, Error> {
    match given(&parts.headers)? {
        Some(host) => Ok(Cow::Borrowed(host)),
        None => derived(&parts.uri).map(Cow::Owned),
    }
}

fn given(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    let mut values = headers.get_all(HOST).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if let Some(second) = values.next() {
        let both = [value.as_bytes(), b", ", second.as_bytes()].concat();
        return Err(invalid(&both));
    }
    let host = value
        .to_str()
        .map(trim)
        .map_err(|_| invalid(value.as_bytes()))?;
    let authority = Authority::try_from(host).map_err(|_| invalid(host.as_bytes()))?;
    if host.contains('@') || split(&authority).is_none() {
        return Err(invalid(host.as_bytes()));
    }
    Ok(Some(host))
}

/// Leaves out the user's name and password, and the port if it is the scheme's own (RFC 9110, 4.2.3 and 7.2).
fn derived(uri: &Uri) -> Result<String, Error> {
    let authority = uri
        .authority()
        .ok_or_else(|| Error::new(ErrorKind::HostMissing))?;
    let (host, port) =
        split(authority).ok_or_else(|| invalid(without_user(authority).as_bytes()))?;
    let default = match uri.scheme_str() {
        Some("http") => Some(80),
        Some("https") => Some(443),
        _ => None,
    };
    Ok(match port {
        Some(port) if Some(port) != default => format!("{host}:{port}"),
        _ => host.to_owned(),
    })
}

/// Parts an authority into host and port; `None` if either is not one.
fn split(authority: &Authority) -> Option<(&str, Option<u16>)> {
    let host = authority.host();
    if !host.is_ascii() || host.is_empty() {
        return None;
    }
    let port = match without_user(authority).strip_prefix(host)? {
        "" | ":" => None,
        rest => {
            let digits = rest.strip_prefix(':')?;
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            Some(digits.parse().ok()?)
        }
    };
    Some((host, port))
}

fn without_user(authority: &Authority) -> &str {
    let text = authority.as_str();
    text.rsplit_once('@').map_or(text, |(_, host)| host)
}

fn invalid(value: &[u8]) -> Error {
    let value = String::from_utf8_lossy(value).into_owned();
    Error::new(ErrorKind::HostInvalid { value })
}
