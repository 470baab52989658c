//! What a signature covers.

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};

/// The headers that have to reach the node as they are.
pub(super) enum Signed<'a> {
    /// The signature, if there is one, is going to be replaced.
    Nothing,
    /// There is no signature, only perhaps what one consists of besides.
    Parts,
    /// The signature itself, and the names that it covers, with `;` between them.
    Names(&'a str),
    /// There is a signature that cannot be read, so it may cover anything.
    Everything,
}

impl<'a> Signed<'a> {
    /// Reads the signature of a request that is not going to be signed again.
    #[inline]
    pub(super) fn in_headers(headers: &'a HeaderMap) -> Self {
        // A stack that signs nothing comes by here with each attempt.
        if !headers.contains_key(AUTHORIZATION) {
            return Self::Parts;
        }
        Self::in_signed(headers)
    }

    fn in_signed(headers: &'a HeaderMap) -> Self {
        let mut signatures = headers.get_all(AUTHORIZATION).iter();
        match (signatures.next(), signatures.next()) {
            (Some(signature), None) => names(signature).map_or(Signed::Everything, Signed::Names),
            _ => Self::Everything,
        }
    }

    /// Tells whether the header must neither change nor vanish nor appear.
    pub(super) fn covers(&self, header: &HeaderName) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Parts => is_part_of_signature(header.as_str()),
            Self::Names(names) => {
                let header = header.as_str();
                is_part_of_signature(header)
                    || names
                        .split(';')
                        .any(|name| name.eq_ignore_ascii_case(header))
            }
        }
    }
}

/// SDKs add these when they sign, and Alternator or what stands before it may look at them.
fn is_part_of_signature(header: &str) -> bool {
    matches!(
        header,
        "authorization" | "x-amz-date" | "x-amz-security-token" | "x-amz-content-sha256"
    )
}

/// Reads as the server does: what follows the algorithm is split at spaces and commas, and names of items
/// are case-sensitive (`alternator/server.cc`, `verify_signature`).
fn names(authorization: &HeaderValue) -> Option<&str> {
    let (_algorithm, items) = authorization.to_str().ok()?.split_once(' ')?;
    let mut lists = items
        .split([' ', ','])
        .filter_map(|item| item.strip_prefix("SignedHeaders="));
    let list = lists.next()?;
    lists.next().is_none().then_some(list)
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, header::AUTHORIZATION};

    use super::Signed;

    const OTHER: HeaderName = HeaderName::from_static("x-other");
    const FIRST: HeaderName = HeaderName::from_static("a");
    const SECOND: HeaderName = HeaderName::from_static("x-b");

    #[test]
    fn the_names_are_found_where_the_server_finds_them() {
        for authorization in [
            "AWS4-HMAC-SHA256 Credential=c, SignedHeaders=a;x-b, Signature=s",
            "AWS4-HMAC-SHA256 Credential=c,SignedHeaders=a;x-b,Signature=s",
            "AWS4-HMAC-SHA256 Credential=c SignedHeaders=a;x-b Signature=s",
            "AWS4-HMAC-SHA256 SignedHeaders=a;x-b",
            "AWS4-HMAC-SHA256  ,, SignedHeaders=A;X-B,",
            "AWS4-HMAC-SHA256 signedheaders=x-other, SignedHeaders=a;x-b",
        ] {
            let headers = HeaderMap::from_iter([(
                AUTHORIZATION,
                authorization.parse().expect("a header's value"),
            )]);
            let signed = Signed::in_headers(&headers);
            assert!(signed.covers(&FIRST), "{authorization}");
            assert!(signed.covers(&SECOND), "{authorization}");
            assert!(signed.covers(&AUTHORIZATION), "{authorization}");
            assert!(!signed.covers(&OTHER), "{authorization}");
        }
    }

    #[test]
    fn a_signature_that_cannot_be_read_covers_everything() {
        for authorizations in [
            &["AWS4-HMAC-SHA256"][..],
            &["AWS4-HMAC-SHA256 signedheaders=a"],
            &["AWS4-HMAC-SHA256 SignedHeaders=a SignedHeaders=b"],
            &["Bearer token"],
            &["X SignedHeaders=a", "X SignedHeaders=b"],
        ] {
            let headers = authorizations.iter().map(|value| {
                let value = value.parse().expect("a header's value");
                (AUTHORIZATION, value)
            });
            let headers = HeaderMap::from_iter(headers);
            let signed = Signed::in_headers(&headers);
            assert!(signed.covers(&OTHER), "{authorizations:?}");
        }
    }

    #[test]
    fn without_a_signature_only_what_one_consists_of_is_covered() {
        let headers = HeaderMap::new();
        let signed = Signed::in_headers(&headers);
        assert!(signed.covers(&HeaderName::from_static("x-amz-date")));
        assert!(!signed.covers(&OTHER));
        assert!(!Signed::Nothing.covers(&AUTHORIZATION));
    }
}
