//! How bodies can be encoded.

use std::fmt;

use http::HeaderValue;

/// Names a content coding that Alternator knows (RFC 9110, section 8.4.1).
///
/// There are no others: anything else in a request is refused with a 500.
/// (`alternator/server.cc` and `alternator/http_compression.cc`.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// `gzip`, RFC 1952.
    Gzip,
    /// `deflate`: deflated data in the wrapper of zlib, RFC 1950.
    Deflate,
}

impl Encoding {
    /// Returns the name, as headers have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    pub(super) fn header_value(self) -> HeaderValue {
        HeaderValue::from_static(self.as_str())
    }

    /// Reads a name in any case; what follows a `;` does not change the coding.
    pub(super) fn of(value: &HeaderValue) -> Option<Self> {
        let token = value.as_bytes().split(|byte| *byte == b';').next()?;
        let token = token.trim_ascii();
        [Self::Gzip, Self::Deflate]
            .into_iter()
            .find(|encoding| token.eq_ignore_ascii_case(encoding.as_str().as_bytes()))
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::Encoding;

    #[test]
    fn one_name_in_any_case_is_known_and_lists_are_not() {
        for (value, encoding) in [
            ("gzip", Some(Encoding::Gzip)),
            ("GZip", Some(Encoding::Gzip)),
            (" deflate ;x=y", Some(Encoding::Deflate)),
            ("gzip, deflate", None),
            ("identity", None),
            ("zstd", None),
            ("", None),
        ] {
            let value = HeaderValue::from_static(value);
            assert_eq!(Encoding::of(&value), encoding, "{value:?}");
        }
    }
}
