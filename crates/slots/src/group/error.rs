//! Says what about a group is not what it should be.

use std::{error::Error, fmt, time::Duration};

/// Says what about a group is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupError {
    /// The name cannot be part of a key.
    #[non_exhaustive]
    Name {
        /// As much of it as a name may have.
        name: String,
        /// How many bytes a name may have.
        most: usize,
    },
    /// A number is out of its bounds.
    #[non_exhaustive]
    Number {
        /// Which one.
        field: &'static str,
        /// What it is.
        value: u32,
        /// The least that it may be.
        least: u32,
        /// The most that it may be.
        most: u32,
    },
    /// A duration is out of its bounds.
    #[non_exhaustive]
    Duration {
        /// Which one.
        field: &'static str,
        /// What it is.
        value: Duration,
        /// The least that it may be.
        least: Duration,
        /// What it may not pass.
        most: Duration,
    },
    /// Replicas are to be in racks of their own, and there are more replicas than racks.
    #[non_exhaustive]
    TooFewRacks {
        /// How many replicas each slot is to have.
        replicas: u16,
        /// How many racks there are to be.
        racks: u16,
    },
}

impl GroupError {
    pub(super) fn name(name: &str, most: usize) -> Self {
        let name = name.chars().take(most).collect();
        Self::Name { name, most }
    }

    pub(super) fn number(field: &'static str, value: u32, least: u32, most: u32) -> Self {
        Self::Number {
            field,
            value,
            least,
            most,
        }
    }

    pub(super) fn duration(
        field: &'static str,
        value: Duration,
        least: Duration,
        most: Duration,
    ) -> Self {
        Self::Duration {
            field,
            value,
            least,
            most,
        }
    }
}

impl fmt::Display for GroupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name, most } => write!(
                f,
                "name is {name:?}, and must be 1 to {most} visible ASCII characters without braces"
            ),
            Self::Number {
                field,
                value,
                least,
                most: u32::MAX,
            } => write!(f, "{field} is {value}, and must be at least {least}"),
            Self::Number {
                field,
                value,
                least,
                most,
            } => write!(
                f,
                "{field} is {value}, and must be between {least} and {most}"
            ),
            Self::Duration {
                field,
                value,
                least,
                most,
            } => write!(
                f,
                "{field} is {value:?}, and must be between {least:?} and {most:?}"
            ),
            Self::TooFewRacks { replicas, racks } => write!(
                f,
                "replicas is {replicas}, and strict spreading over {racks} racks leaves room for {racks}"
            ),
        }
    }
}

impl Error for GroupError {}
