//! The canonical request that the server builds, and the signature over it.

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::authorization::Authorization;

/// Builds the text whose hash is signed.
pub(super) fn request(
    given: &Authorization<'_>,
    headers: &HeaderMap,
    body: &[u8],
    squeeze: bool,
) -> String {
    // The path and the query are constants in Alternator.
    let mut text = String::from("POST\n/\n\n");
    for name in given.signed_headers() {
        text.push_str(name);
        text.push(':');
        text.push_str(&header_value(headers, name, squeeze));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(given.signed);
    text.push('\n');
    text.push_str(&hex(&Sha256::digest(body)));
    text
}

/// Signs the canonical request for the scope that the client named.
pub(super) fn signature(
    given: &Authorization<'_>,
    secret: &str,
    date: &str,
    canonical: &str,
) -> String {
    let Authorization {
        date: day,
        region,
        service,
        ..
    } = given;
    let hash = hex(&Sha256::digest(canonical.as_bytes()));
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{date}\n{day}/{region}/{service}/aws4_request\n{hash}");
    let mut key = hmac(format!("AWS4{secret}").as_bytes(), day);
    for part in [region, service, "aws4_request"] {
        key = hmac(&key, part);
    }
    hex(&hmac(&key, &to_sign))
}

/// A header as it is signed: repeated ones joined with a comma, runs of spaces
/// squeezed to one if the version does so, nothing when there is none.
pub(super) fn header_value(headers: &HeaderMap, name: &str, squeeze: bool) -> String {
    let mut joined = String::new();
    for (index, value) in headers.get_all(name).iter().enumerate() {
        if index > 0 {
            joined.push(',');
        }
        for character in String::from_utf8_lossy(value.as_bytes()).trim().chars() {
            if !squeeze || character != ' ' || !joined.ends_with(' ') {
                joined.push(character);
            }
        }
    }
    joined
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn hmac(key: &[u8], text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}
