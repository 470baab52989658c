//! The `Host` that will be sent, which is the one to sign.

use std::borrow::Cow;

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Uri};

use crate::error::{Error, ErrorKind};
use crate::headers::trim;

/// The host to sign, and whether the request has yet to be given it.
pub(crate) struct Host<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) is_added: bool,
}

/// Returns the host to sign: that of the `Host` header, or made from the URI.
pub(crate) fn of(parts: &Parts) -> Result<Host<'_>, Error> {
    named(&parts.headers, &parts.uri)
}

/// Returns the same of a request that is whole.
pub(crate) fn named<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Result<Host<'a>, Error> {
    let given = given(headers)?;
    let is_added = given.is_none();
    let text = match given {
        Some(host) => Cow::Borrowed(host),
        None => derived(uri)?,
    };
    Ok(Host { text, is_added })
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
    if is_plain(host) {
        return Ok(Some(host));
    }
    let authority = Authority::try_from(host).map_err(|_| invalid(host.as_bytes()))?;
    if host.contains('@') || split(&authority).is_none() {
        return Err(invalid(host.as_bytes()));
    }
    Ok(Some(host))
}

/// Tells at a glance that a host is one, as nearly all are: a name or an IPv4 address, perhaps with a port.
fn is_plain(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    !name.is_empty()
        && name.bytes().all(in_name)
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok()
}

/// Leaves out the user's name and password, and the port if it is the scheme's own (RFC 9110, 4.2.3 and 7.2).
fn derived(uri: &Uri) -> Result<Cow<'_, str>, Error> {
    let authority = uri
        .authority()
        .ok_or_else(|| Error::new(ErrorKind::HostMissing))?;
    let text = without_user(authority);
    let (host, port) = split(authority).ok_or_else(|| invalid(text.as_bytes()))?;
    let default = match uri.scheme_str() {
        Some("http") => Some(80),
        Some("https") => Some(443),
        _ => None,
    };
    Ok(match port {
        None => Cow::Borrowed(host),
        port if port == default => Cow::Borrowed(host),
        // Written as people do, without leading zeros.
        Some(port) if text.as_bytes().get(host.len() + 1) == Some(&b'0') => {
            Cow::Owned(format!("{host}:{port}"))
        }
        Some(_) => Cow::Borrowed(text),
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

/// Says what is wrong without a user's name and password, which may be before the host.
fn invalid(value: &[u8]) -> Error {
    let value = masked(&String::from_utf8_lossy(value));
    Error::new(ErrorKind::HostInvalid { value })
}

fn masked(host: &str) -> String {
    match host.rsplit_once('@') {
        Some((_, host)) => format!("***@{host}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_plain_at_a_glance_is_one_at_a_closer_look() {
        for host in ["node", "10.0.0.1:8000", "a-b.example:65535", "node:0", "N1"] {
            assert!(is_plain(host), "{host}");
            let authority = Authority::try_from(host).unwrap();
            assert!(split(&authority).is_some(), "{host}");
        }
        for host in [
            "",
            ":80",
            "node:",
            "node:+80",
            "node:65536",
            "[::1]",
            "a@b",
            "a b",
            "a/b",
        ] {
            assert!(!is_plain(host), "{host}");
        }
    }

    #[test]
    fn an_error_shows_no_name_and_no_password() {
        for (value, shown) in [
            ("user:hidden@node:8000", "***@node:8000"),
            ("hidden@node", "***@node"),
            ("user:hid@den@node", "***@node"),
            ("node:port", "node:port"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, value.parse().unwrap());
            let error = given(&headers).unwrap_err();
            let (said, debug) = (error.to_string(), format!("{error:?}"));
            assert!(said.contains(&format!("{shown:?}")), "{said}");
            assert!(!debug.contains("hid"), "{debug}");
        }
    }

    #[test]
    fn a_port_is_written_without_leading_zeros() {
        let host = |uri: &'static str| derived(&Uri::from_static(uri)).unwrap().into_owned();
        assert_eq!(host("http://node:08000/"), "node:8000");
        assert_eq!(host("http://node:00080/"), "node");
        assert_eq!(host("http://user@node:8000/"), "node:8000");
    }
}
