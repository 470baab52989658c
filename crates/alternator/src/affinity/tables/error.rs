//! What can be wrong with what is said of tables.

use std::{error::Error, fmt, time::Duration};

/// Says which setting of [`TableKeys`](super::TableKeys) is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableKeysError {
    /// A table's name is empty, or longer than 255 bytes.
    #[non_exhaustive]
    Table {
        /// The name.
        table: String,
    },
    /// A partition key's name is empty.
    #[non_exhaustive]
    Key {
        /// The table whose key it is.
        table: String,
    },
    /// Room for no table, or for more than a million.
    #[non_exhaustive]
    Capacity {
        /// The number of tables.
        capacity: usize,
    },
    /// Less than a second, so that nearly every request would ask again.
    #[non_exhaustive]
    Expiry {
        /// The time.
        expiry: Duration,
    },
}

impl fmt::Display for TableKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { table } if table.is_empty() => f.write_str("table: its name is empty"),
            Self::Table { table } => {
                let length = table.len();
                write!(f, "table: its name has {length} bytes, of at most 255")
            }
            Self::Key { table } => write!(f, "key: that of table {table:?} has an empty name"),
            Self::Capacity { capacity } => {
                write!(f, "capacity: {capacity} is not between 1 and 1000000")
            }
            Self::Expiry { expiry } => write!(f, "expiry: {expiry:?} is less than a second"),
        }
    }
}

impl Error for TableKeysError {}
