//! The Authorization header, taken apart as Alternator does it.

use crate::api_error::ApiError;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

#[derive(Debug)]
pub(super) struct Authorization<'a> {
    pub(super) access_key: &'a str,
    pub(super) date: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// As sent, semicolons included: this is what was hashed.
    pub(super) signed: &'a str,
    pub(super) signature: &'a str,
}

impl<'a> Authorization<'a> {
    pub(super) fn parse(header: &'a str) -> Result<Self, ApiError> {
        let Some((ALGORITHM, entries)) = header.split_once(' ') else {
            return Err(ApiError::bad_request(
                "InvalidSignatureException",
                format!("Authorization header must use {ALGORITHM} algorithm: {header}"),
            ));
        };
        let (mut credential, mut signed, mut signature) = ("", "", "");
        // A comma or a space ends an entry; what is not name=value is passed over.
        for entry in entries.split([' ', ',']) {
            let mut parts = entry.split('=');
            match (parts.next(), parts.next(), parts.next()) {
                (Some("Credential"), Some(value), None) => credential = value,
                (Some("SignedHeaders"), Some(value), None) => signed = value,
                (Some("Signature"), Some(value), None) => signature = value,
                _ => {}
            }
        }
        let parts: Vec<&str> = credential.split('/').collect();
        let [access_key, date, region, service, _terminator] = parts[..] else {
            return Err(ApiError::validation(format!(
                "Incorrect credential information format: {credential}"
            )));
        };
        Ok(Self {
            access_key,
            date,
            region,
            service,
            signed,
            signature,
        })
    }

    /// The names in the order in which their lines were signed.
    pub(super) fn signed_headers(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.signed.split(';').collect();
        names.sort_unstable();
        names
    }
}
