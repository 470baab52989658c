//! One process's time as a site.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
};

/// Tells two processes that call themselves the same site apart: 128 random bits as 32 hex digits.
///
/// # Clone
///
/// A clone is the same session.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Session(Box<str>);

impl Session {
    /// Makes one that nobody else has.
    ///
    /// Of the keys that the standard library takes from the system for its maps, so that a program that seeds
    /// its own random numbers does not make the same session twice.
    pub(crate) fn random() -> Self {
        let half = || RandomState::new().hash_one(std::process::id());
        Self(format!("{:016x}{:016x}", half(), half()).into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Session;

    #[test]
    fn sessions_are_32_hex_digits_and_differ() {
        let (one, other) = (Session::random(), Session::random());
        assert_ne!(one, other);
        let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        assert!(one.as_str().len() == 32 && one.as_str().chars().all(is_hex));
    }
}
