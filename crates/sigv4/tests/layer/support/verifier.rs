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

/// What one service asks for beside the signature itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) double_encoding: bool,
    pub(crate) normalization: bool,
    pub(crate) unsigned_payload: bool,
}

impl Rules {
    /// The rules of every service but S3.
    pub(crate) const GENERAL: Self = Self {
        double_encoding: true,
        normalization: true,
        unsigned_payload: false,
    };

    fn path(self, path: &str) -> String {
        let path = if self.normalization {
            normalized(path)
        } else {
            path.to_owned()
        };
        if self.double_encoding {
            encode(&path, b"/")
        } else {
            path
        }
    }

    fn payload(self, request: &Request<Bytes>) -> String {
        if self.unsigned_payload {
            "UNSIGNED-PAYLOAD".to_owned()
        } else {
            hex(&Sha256::digest(request.body()))
        }
    }
}

/// Calculates the signature anew from what was received, and compares.
pub(crate) fn verifies(request: &Request<Bytes>, secret: &str) -> bool {
    verifies_by(Rules::GENERAL, request, secret)
}

pub(crate) fn verifies_by(rules: Rules, request: &Request<Bytes>, secret: &str) -> bool {
    let authorization = Authorization::read(request.headers());
    let timestamp = header_line(request.headers(), "x-amz-date");
    let signed = &authorization.signed;
    for needed in ["host", "x-amz-date"] {
        assert!(
            signed.iter().any(|name| name == needed),
            "{needed} is signed"
        );
    }
    if rules.unsigned_payload {
        let stated = header_line(request.headers(), "x-amz-content-sha256");
        assert_eq!(stated, "UNSIGNED-PAYLOAD");
        assert!(signed.iter().any(|name| name == "x-amz-content-sha256"));
    }
    let query = request.uri().query().unwrap_or_default();
    let canonical = canonical_request(rules, request, query, signed);
    signature(&authorization.scope, &timestamp, &canonical, secret) == authorization.signature
}

/// As [`verifies_by`] for a signature in the query.
pub(crate) fn verifies_presigned(rules: Rules, request: &Request<Bytes>, secret: &str) -> bool {
    let query = request.uri().query().expect("a presigned URI has a query");
    let mut values = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("X-Amz-Signature="));
    let given = values.next().expect("there is a signature");
    assert!(values.next().is_none(), "there is one signature");
    let param = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(found, _)| *found == name).expect(name);
        decode(value)
    };
    assert_eq!(param("X-Amz-Algorithm"), "AWS4-HMAC-SHA256");
    let expires: u64 = param("X-Amz-Expires").parse().expect("seconds");
    assert!((1..=604_800).contains(&expires), "{expires}");

    let scope: Vec<String> = param("X-Amz-Credential")
        .split('/')
        .map(str::to_owned)
        .collect();
    let signed: Vec<String> = param("X-Amz-SignedHeaders")
        .split(';')
        .map(str::to_owned)
        .collect();
    assert!(signed.iter().any(|name| name == "host"), "host is signed");
    let unsigned: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("X-Amz-Signature="))
        .collect();
    let canonical = canonical_request(rules, request, &unsigned.join("&"), &signed);
    signature(&scope, &param("X-Amz-Date"), &canonical, secret) == given
}

fn signature(scope: &[String], timestamp: &str, canonical: &str, secret: &str) -> String {
    let [_, date, region, service, end] = scope else {
        panic!("a scope has five parts: {scope:?}");
    };
    assert!(
        timestamp.starts_with(date.as_str()),
        "{timestamp} is on the scope's day"
    );
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{timestamp}\n{date}/{region}/{service}/{end}\n{}",
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [date, region, service, end] {
        key = hmac(&key, part.as_bytes());
    }
    hex(&hmac(&key, to_sign.as_bytes()))
}

fn canonical_request(
    rules: Rules,
    request: &Request<Bytes>,
    query: &str,
    signed: &[String],
) -> String {
    assert!(signed.is_sorted(), "{signed:?} is sorted");
    let mut lines = format!(
        "{}\n{}\n{}\n",
        request.method(),
        rules.path(request.uri().path()),
        canonical_query(query),
    );
    for name in signed {
        writeln!(lines, "{name}:{}", header_line(request.headers(), name)).expect("memory");
    }
    write!(lines, "\n{}\n{}", signed.join(";"), rules.payload(request)).expect("memory");
    lines
}

/// Removes dot segments (RFC 3986, 5.2.4) and what is between two slashes if it is nothing.
fn normalized(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').collect();
    for segment in &segments {
        match *segment {
            ".." => drop(kept.pop()),
            "." | "" => {}
            name => kept.push(name),
        }
    }
    let is_folder = matches!(segments.last(), Some(&("" | "." | "..")));
    let end = if is_folder && !kept.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{end}", kept.join("/"))
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
