//! The query of a URI that carries a signature.

use std::borrow::Cow;
use std::fmt::Write as _;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity;
use http::Uri;
use http::request::Parts;
use http::uri::PathAndQuery;

use crate::error::{Error, ErrorKind};
use crate::target::MAX_TARGET;

/// The parameters that hold a signature; a server takes them in this spelling only.
const SIGNATURE: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
];

/// Bytes that a signature adds to the query beside what comes from the request and the credentials.
///
/// The names above with their `&` and `=`, the algorithm, two dates, the signature's 64 digits, region and
/// service: under 400, and the rest is left for long names.
const ADDED: usize = 1024;

pub(super) fn without_signature(uri: &Uri) -> Result<Uri, Error> {
    let Some(query) = uri.query() else {
        return Ok(uri.clone());
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !SIGNATURE.contains(&pair.split('=').next().unwrap_or_default()))
        .collect();
    replaced(uri.clone(), &kept.join("&"))
}

/// Refuses what would not fit into a URI once it is encoded, each byte as up to three.
pub(super) fn check_room(parts: &Parts, identity: &Identity) -> Result<(), Error> {
    let length = parts.uri.query().map_or(0, str::len);
    let names: usize = parts
        .headers
        .keys()
        .map(|name| name.as_str().len() + 1)
        .sum();
    let credentials = identity.data::<Credentials>().map_or(0, |credentials| {
        credentials.access_key_id().len() + credentials.session_token().map_or(0, str::len)
    });
    if parts.uri.path().len() + 3 * (length + names + credentials + ADDED) > MAX_TARGET {
        return Err(Error::new(ErrorKind::QueryTooLong { length }));
    }
    Ok(())
}

pub(super) fn with(uri: Uri, added: &[(&str, Cow<'static, str>)]) -> Result<Uri, Error> {
    let mut query = uri.query().unwrap_or_default().to_owned();
    for (name, value) in added {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        encode(&mut query, value);
    }
    replaced(uri, &query)
}

fn replaced(uri: Uri, query: &str) -> Result<Uri, Error> {
    let mut parts = uri.into_parts();
    let path = parts
        .path_and_query
        .as_ref()
        .map_or("/", PathAndQuery::path);
    let target = if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    };
    let target = PathAndQuery::try_from(target).map_err(|error| signing(error.into()))?;
    parts.path_and_query = Some(target);
    Uri::from_parts(parts).map_err(|error| signing(error.into()))
}

/// Encodes all but the unreserved characters (RFC 3986, 2.3), as SigV4 asks for.
fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

fn signing(source: http::Error) -> Error {
    Error::with_source(ErrorKind::Signing, source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_signature_is_taken_out_and_the_rest_stays_as_it_is() {
        let uri =
            "https://host/p%20q?b=2&X-Amz-Signature=1&X-Amz-Date=2&a&x-amz-date=3&X-Amz-Meta=4";
        let left = without_signature(&uri.parse().unwrap()).unwrap();
        assert_eq!(left, "https://host/p%20q?b=2&a&x-amz-date=3&X-Amz-Meta=4");
        let left = without_signature(&"https://host/?X-Amz-Date=2".parse().unwrap()).unwrap();
        assert_eq!(left, "https://host/");
    }

    #[test]
    fn what_is_added_is_encoded() {
        let uri = with("/path".parse().unwrap(), &[("a", "b/c+d=ü~".into())]).unwrap();
        assert_eq!(uri, "/path?a=b%2Fc%2Bd%3D%C3%BC~");
    }
}
