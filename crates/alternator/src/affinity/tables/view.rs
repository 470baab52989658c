//! What one request sees of the tables.

use std::sync::Arc;

use arc_swap::Guard;
use tokio::time::Instant;

use super::{Tables, entry::What};

/// The tables as they are known at one moment.
pub(in crate::affinity) struct View {
    pub(super) tables: Guard<Arc<Tables>>,
    pub(super) now: Instant,
    /// The same moment as it is written into entries.
    pub(super) moment: u64,
}

/// What is known of one table's partition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::affinity) enum Known<'a> {
    /// The name of the key.
    Key(&'a str),
    /// What it was a while ago: still good, but to be asked for again.
    Old(&'a str),
    /// Nothing, and it is to be asked for.
    Nothing,
    /// Nothing, and nobody is to be asked.
    Refused,
}

impl View {
    pub(in crate::affinity) fn key(&self, table: &str) -> Known<'_> {
        let Some(entry) = self.tables.get(table) else {
            return Known::Nothing;
        };
        entry.use_at(self.moment);
        match &entry.what {
            What::Given { key } => Known::Key(key),
            What::Learned { key, until, .. } => match until {
                Some(until) if *until <= self.now => Known::Old(key),
                _ => Known::Key(key),
            },
            What::Refused { until } if *until <= self.now => Known::Nothing,
            What::Refused { .. } => Known::Refused,
        }
    }
}

impl<'a> Known<'a> {
    /// The name of the key, also an old one.
    pub(in crate::affinity) fn name(self) -> Option<&'a str> {
        match self {
            Self::Key(key) | Self::Old(key) => Some(key),
            Self::Nothing | Self::Refused => None,
        }
    }

    /// Whether the table is to be asked for.
    pub(in crate::affinity) fn is_to_learn(self) -> bool {
        matches!(self, Self::Old(_) | Self::Nothing)
    }
}
