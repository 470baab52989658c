//! What a site is called.

use std::{error::Error, fmt, str::FromStr, sync::Arc};

/// Bounds an id: it is part of every slot's record and of every notice.
const MAX_LENGTH: usize = 128;

/// Is what a site is called, within its group: 1 to 128 letters, digits and `-._:@`.
///
/// Anything else is refused, because ids are written side by side into one value of Redis and into headers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteId(Arc<str>);

impl SiteId {
    /// Returns it as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SiteId {
    type Err = SiteIdError;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        let is_fine = |c: char| c.is_ascii_alphanumeric() || "-._:@".contains(c);
        if id.is_empty() || id.len() > MAX_LENGTH || !id.chars().all(is_fine) {
            return Err(SiteIdError::of(id));
        }
        Ok(Self(id.into()))
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Says which text is no site id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteIdError {
    /// No more of it than is needed to find it.
    beginning: String,
    length: usize,
}

impl SiteIdError {
    fn of(id: &str) -> Self {
        Self {
            beginning: id.chars().take(MAX_LENGTH).collect(),
            length: id.len(),
        }
    }
}

impl fmt::Display for SiteIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { beginning, length } = self;
        write!(
            f,
            "site id is {beginning:?} ({length} bytes), and must be 1 to {MAX_LENGTH} letters, digits and -._:@"
        )
    }
}

impl Error for SiteIdError {}

#[cfg(test)]
mod tests {
    use super::SiteId;

    #[test]
    fn an_id_that_could_be_taken_for_two_or_for_none_is_refused_by_its_value() {
        for id in ["", " ", "a b", "a,b", "{a}", "a\n", "sité", "a|b"] {
            let error = id.parse::<SiteId>().expect_err(id).to_string();
            assert!(error.contains(&format!("{id:?}")), "{error}");
        }
        let error = "x"
            .repeat(10_240)
            .parse::<SiteId>()
            .expect_err("10 KB")
            .to_string();
        assert!(
            error.contains("10240 bytes") && error.len() < 300,
            "{error}"
        );
    }

    #[test]
    fn host_names_and_addresses_are_ids() {
        for id in [
            "site1",
            "db-3.eu.example.com:7000",
            "10.0.0.1:7000",
            "blue@dc1",
        ] {
            assert_eq!(id.parse::<SiteId>().expect(id).as_str(), id);
        }
    }
}
