//! The verifying side of SigV4, written from the specification.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::fmt::Write as _;

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, Request};
use sha2::{Digest as _, Sha256};

/// What a server reads from the `Authorization` header.
#[derive(Debug)]
pub(crate) struct Authorization {
    pub(crate) scope: Vec<String>,
    pub(crate) signed: Vec<String>,
    pub(crate) signature: String,
}

impl Authorization {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all("authorization").iter();
        let value = values.next().expect("there is a signature");
        assert!(values.next().is_none(), "there is one signature");
        let text = value.to_str().expect("the signature is ASCII");
        let fields = text
            .strip_prefix("AWS4-HMAC-SHA256 ")
            .expect("the algorithm comes first");
        let field = |name: &str| {
            let found = fields
                .split(", ")
                .find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
            found.unwrap_or_else(|| panic!("no {name} in {text:?}"))
        };
        Self {
            scope: field("Credential").split('/').map(str::to_owned).collect(),
            signed: field("SignedHeaders")
                .split(';')
                .map(str::to_owned)
                .collect(),
            signature: field("Signature").to_owned(),
        }
    }
}

/// Calculates the signature anew from what was received, and compares.
pub(crate) fn verifies(request: &Request<Bytes>, secret: &str) -> bool {
    let authorization = Authorization::read(request.headers());
    let [_, date, region, service, end] = &authorization.scope[..] else {
        panic!("a scope has five parts: {:?}", authorization.scope);
    };
    let timestamp = header_line(request.headers(), "x-amz-date");
    assert!(
        timestamp.starts_with(date.as_str()),
        "{timestamp} is on the scope's day"
    );
    assert!(
        authorization.signed.is_sorted(),
        "{:?} is sorted",
        authorization.signed
    );
    for needed in ["host", "x-amz-date"] {
        assert!(
            authorization.signed.iter().any(|name| name == needed),
            "{needed} is signed"
        );
    }

    let canonical = canonical_request(request, &authorization.signed);
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{timestamp}\n{date}/{region}/{service}/{end}\n{}",
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [date, region, service, end] {
        key = hmac(&key, part.as_bytes());
    }
    hex(&hmac(&key, to_sign.as_bytes())) == authorization.signature
}

fn canonical_request(request: &Request<Bytes>, signed: &[String]) -> String {
    let mut lines = format!(
        "{}\n{}\n{}\n",
        request.method(),
        encode(request.uri().path(), b"/"),
        canonical_query(request.uri().query().unwrap_or_default()),
    );
    for name in signed {
        writeln!(lines, "{name}:{}", header_line(request.headers(), name)).expect("memory");
    }
    let hash = hex(&Sha256::digest(request.body()));
    write!(lines, "\n{}\n{hash}", signed.join(";")).expect("memory");
    lines
}

/// All values of one header: trimmed, runs of spaces made one, joined by commas.
fn header_line(headers: &HeaderMap, name: &str) -> String {
    let squeeze = |value: &http::HeaderValue| {
        let text = std::str::from_utf8(value.as_bytes()).expect("a signed value is UTF-8");
        let mut words = text
            .trim_matches([' ', '\t'])
            .split(' ')
            .filter(|word| !word.is_empty());
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |line, word| line + " " + word)
    };
    headers
        .get_all(name)
        .iter()
        .map(squeeze)
        .collect::<Vec<_>>()
        .join(",")
}

fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(&decode(name), b""), encode(&decode(value), b"")))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

fn encode(text: &str, kept: &[u8]) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            out.push(byte.into());
        } else {
            write!(out, "%{byte:02X}").expect("memory");
        }
        out
    })
}

fn decode(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two hex digits"));
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).expect("a query is UTF-8")
}

fn hmac(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key length will do");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").expect("memory");
        out
    })
}
