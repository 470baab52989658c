//! What the partition keys of tables are called.

mod book;
mod entry;
mod error;
mod ticket;
mod view;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use arc_swap::ArcSwap;
use tokio::time::Instant;

pub use self::error::TableKeysError;
use self::{
    book::{Book, make_room},
    entry::{Entry, What},
};
pub(super) use self::{
    book::{MOST_LEARNING, Why},
    ticket::Ticket,
    view::{Known, View},
};

/// How long a table's name may be: DynamoDB's limit, and more than Alternator's.
const MOST_NAME: usize = 255;
/// How many tables may be kept at most: 1,000 times the default.
const MOST_CAPACITY: usize = 1_000_000;
/// How many tables are kept unless that is set.
const CAPACITY: usize = 1000;
/// For how long a key is taken for granted unless that is set: a table that is dropped and created again
/// by another client is noticed by then.
const EXPIRY: Duration = Duration::from_secs(10 * 60);
/// What is less than this would ask for every request.
const LEAST_EXPIRY: Duration = Duration::from_secs(1);

/// Knows what the partition key of each table is called.
///
/// Items are sent with all their attributes, and nothing in a request says which of them is the key. What
/// is not given here is learned, by a `DescribeTable` beside the requests, and learned anew after a while;
/// until it is known requests go as they would without affinity. Where the credentials do not allow
/// `DescribeTable`, all that is to be sent by key has to be given.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use tower_muster_alternator::affinity::TableKeys;
///
/// let keys = TableKeys::new()
///     .given("orders", "customer")?
///     .capacity(100)?
///     .expiry(Duration::from_secs(60))?;
/// assert_eq!(keys.key_of("orders").as_deref(), Some("customer"));
/// assert!(keys.given("", "customer").is_err());
/// # Ok(())
/// # }
/// ```
///
/// # Clone
///
/// Clones share all that is known, and the settings.
#[derive(Clone)]
pub struct TableKeys {
    shared: Arc<Shared>,
}

/// Requests read a snapshot, which is swapped when something is learned: a lock that many read would be
/// one line of memory that all of them write.
struct Shared {
    tables: ArcSwap<Tables>,
    book: Mutex<Book>,
    began: Instant,
}

type Tables = HashMap<Arc<str>, Arc<Entry>>;

impl TableKeys {
    /// Begins without a table; all are learned.
    #[must_use]
    pub fn new() -> Self {
        let book = Book {
            capacity: CAPACITY,
            expiry: EXPIRY,
            learning: HashMap::new(),
        };
        Self {
            shared: Arc::new(Shared {
                tables: ArcSwap::default(),
                book: Mutex::new(book),
                began: Instant::now(),
            }),
        }
    }

    /// Gives the name of one table's partition key.
    ///
    /// The cluster is then never asked for it.
    ///
    /// # Errors
    ///
    /// [`TableKeysError`] if a name is empty, or the table's longer than 255 bytes.
    pub fn given(
        self,
        table: impl Into<String>,
        key: impl Into<String>,
    ) -> Result<Self, TableKeysError> {
        let (table, key) = (table.into(), key.into());
        if table.is_empty() || table.len() > MOST_NAME {
            return Err(TableKeysError::Table { table });
        }
        if key.is_empty() {
            return Err(TableKeysError::Key { table });
        }
        let entry = Entry::new(What::Given { key: key.into() }, 0);
        let book = self.book();
        self.change(|tables| {
            tables.insert(table.into(), Arc::new(entry));
        });
        drop(book);
        Ok(self)
    }

    /// Returns what the partition key of a table is called, if it is known by now.
    ///
    /// A program that has just sent a write for a table and finds none here has to give it, or credentials that may
    /// ask for it.
    #[must_use]
    pub fn key_of(&self, table: &str) -> Option<String> {
        let view = self.view();
        view.key(table).name().map(str::to_owned)
    }

    /// Sets how many tables are kept beside those that were given.
    ///
    /// By default 1,000. Of more, the one that was not used for longest is dropped.
    ///
    /// # Errors
    ///
    /// [`TableKeysError`] if that is none, or more than a million.
    pub fn capacity(self, tables: usize) -> Result<Self, TableKeysError> {
        if tables == 0 || tables > MOST_CAPACITY {
            return Err(TableKeysError::Capacity { capacity: tables });
        }
        let mut book = self.book();
        book.capacity = tables;
        self.change(|known| make_room(known, tables));
        drop(book);
        Ok(self)
    }

    /// Sets after how long a key is learned anew, if it is learned from now on.
    ///
    /// By default 10 minutes. The old key is used until the new one is known.
    ///
    /// # Errors
    ///
    /// [`TableKeysError`] if that is less than a second.
    pub fn expiry(self, expiry: Duration) -> Result<Self, TableKeysError> {
        if expiry < LEAST_EXPIRY {
            return Err(TableKeysError::Expiry { expiry });
        }
        self.book().expiry = expiry;
        Ok(self)
    }

    /// What is known now.
    pub(super) fn view(&self) -> View {
        let now = Instant::now();
        View {
            tables: self.shared.tables.load(),
            now,
            moment: self.moment(now),
        }
    }

    fn moment(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.shared.began);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Default for TableKeys {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TableKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableKeys")
            .field("tables", &self.shared.tables.load())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
