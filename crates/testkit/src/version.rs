//! Which server a node behaves as: what changed on the wire from release to release.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A ScyllaDB release whose Alternator a node behaves as.
///
/// | | 6.2 | 2025.1 | 2026.1 | 2026.2 | 2026.3 |
/// |---|---|---|---|---|---|
/// | `/localnodes` knows `dc` and `rack` | no | yes | yes | yes | yes |
/// | bodies may be compressed, both ways | no | no | yes | yes | yes |
/// | a body over 16 MiB is told | as text | as text | as JSON | as JSON | as JSON |
/// | signed values have their spaces squeezed | no | no | yes | yes | yes |
/// | the in-flight limit comes before body and signature | no | no | no | yes | yes |
/// | replies have `Server: Seastar httpd` | yes | yes | yes | yes | no |
///
/// Until 2025.3 a wrong signature is told as `The security token included in
/// the request is invalid.`, since then as `wrong signature`. Read in
/// `alternator/server.cc` and `alternator/auth.cc` of the releases' branches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum Version {
    /// ScyllaDB 6.2.
    #[serde(rename = "6.2")]
    V6_2,
    /// ScyllaDB 2025.1.
    #[serde(rename = "2025.1")]
    V2025_1,
    /// ScyllaDB 2026.1.
    #[serde(rename = "2026.1")]
    V2026_1,
    /// ScyllaDB 2026.2.
    #[serde(rename = "2026.2")]
    V2026_2,
    /// ScyllaDB 2026.3, the default.
    #[default]
    #[serde(rename = "2026.3")]
    V2026_3,
}

/// A release that no node can behave as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVersion {
    text: String,
}

impl Version {
    /// All releases, the oldest first.
    pub const ALL: [Self; 5] = [
        Self::V6_2,
        Self::V2025_1,
        Self::V2026_1,
        Self::V2026_2,
        Self::V2026_3,
    ];

    pub(crate) fn filters_local_nodes(self) -> bool {
        self >= Self::V2025_1
    }

    pub(crate) fn compresses(self) -> bool {
        self >= Self::V2026_1
    }

    /// A body that is too large is answered by Alternator itself, not by Seastar.
    pub(crate) fn sizes_bodies_itself(self) -> bool {
        self >= Self::V2026_1
    }

    pub(crate) fn squeezes_spaces(self) -> bool {
        self >= Self::V2026_1
    }

    pub(crate) fn limits_early(self) -> bool {
        self >= Self::V2026_2
    }

    pub(crate) fn names_itself(self) -> bool {
        self < Self::V2026_3
    }

    pub(crate) fn wrong_signature(self) -> &'static str {
        if self <= Self::V2025_1 {
            "The security token included in the request is invalid."
        } else {
            "wrong signature"
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V6_2 => "6.2",
            Self::V2025_1 => "2025.1",
            Self::V2026_1 => "2026.1",
            Self::V2026_2 => "2026.2",
            Self::V2026_3 => "2026.3",
        })
    }
}

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let named = Self::ALL
            .into_iter()
            .find(|version| version.to_string() == text);
        named.ok_or_else(|| UnknownVersion {
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for UnknownVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {:?} is none of", self.text)?;
        Version::ALL
            .iter()
            .try_for_each(|version| write!(f, " {version}"))
    }
}

impl Error for UnknownVersion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_it_is_written() {
        for version in Version::ALL {
            assert_eq!(version.to_string().parse(), Ok(version));
            let json = serde_json::to_string(&version).unwrap();
            assert_eq!(json, format!("\"{version}\""));
        }
    }

    #[test]
    fn an_unknown_version_is_named_with_the_known_ones() {
        let error = "2024.1".parse::<Version>().unwrap_err().to_string();
        assert!(error.contains("2024.1") && error.contains("6.2"), "{error}");
        assert!(error.contains("2026.3"), "{error}");
    }
}
