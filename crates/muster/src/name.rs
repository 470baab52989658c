//! Names of datacenters and racks.

use std::{error::Error, fmt, sync::Arc};

/// A datacenter's or rack's name that is known not to be empty.
///
/// Names are compared byte by byte, as ScyllaDB does: `rack1` and `Rack1` are two racks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name(Arc<str>);

impl Name {
    /// Checks a name; `field` is what the error will call it.
    pub(crate) fn new(field: &'static str, name: impl Into<String>) -> Result<Self, NameError> {
        let name = name.into();
        NameError::check(field, &name)?;
        Ok(Self(name.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Says which name of a place was empty.
///
/// An empty name is refused and never read as "any": that would widen where a request may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameError {
    field: &'static str,
    name: String,
}

impl NameError {
    pub(crate) fn check(field: &'static str, name: &str) -> Result<(), Self> {
        if name.trim().is_empty() {
            return Err(Self {
                field,
                name: name.to_owned(),
            });
        }
        Ok(())
    }

    /// Returns the field that held the name: `datacenter` or `rack`.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is an empty name: {:?}", self.field, self.name)
    }
}

impl Error for NameError {}
