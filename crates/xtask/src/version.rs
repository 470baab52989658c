//! Versions of the compiler, as `rust-version` writes them.

use std::fmt;

/// A compiler's version; what is left out counts as zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RustVersion([u64; 3]);

impl RustVersion {
    /// Reads `1.85` or `1.94.1`; anything else is no version.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = [0; 3];
        for (at, part) in text.split('.').enumerate() {
            *parts.get_mut(at)? = part.parse().ok()?;
        }
        Some(Self(parts))
    }
}

impl fmt::Display for RustVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        match patch {
            0 => write!(f, "{major}.{minor}"),
            _ => write!(f, "{major}.{minor}.{patch}"),
        }
    }
}

/// Tells whether `said` names `version`, in full or by its leading parts: `0.1` says `0.1.0`.
pub(crate) fn names(said: &str, version: &str) -> bool {
    let said = said.trim_start_matches(['^', '=', '~']).trim();
    version
        .strip_prefix(said)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_patch_is_zero() {
        assert_eq!(RustVersion::parse("1.85"), RustVersion::parse("1.85.0"));
        assert_eq!(RustVersion::parse("1.85.0").unwrap().to_string(), "1.85");
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(RustVersion::parse("1.9").unwrap() < RustVersion::parse("1.85").unwrap());
        assert!(RustVersion::parse("1.94.1").unwrap() > RustVersion::parse("1.94").unwrap());
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "1.x", "1.2.3.4", "stable"] {
            assert_eq!(RustVersion::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_version_is_named_by_its_leading_parts() {
        assert!(names("0.1", "0.1.0"));
        assert!(names("=0.1.0", "0.1.0"));
        assert!(!names("0.1", "0.10.0"));
        assert!(!names("0.2", "0.1.0"));
    }
}
