//! Who is asking for which table, and what of it is kept.

use std::{
    collections::HashMap,
    sync::{Arc, MutexGuard, PoisonError, TryLockError},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    MOST_NAME, TableKeys, Tables, Ticket,
    entry::{Entry, What},
};

/// How many tables are asked for at once.
pub(in crate::affinity) const MOST_LEARNING: usize = 8;
/// For how long a table is not asked for again that there is not, or that is not for us: as in ScyllaDB's
/// own clients.
const REFUSED_FOR: Duration = Duration::from_secs(5 * 60);
/// How soon a table is asked for again because an item has not the key that was learned: such items may
/// be wrong themselves, and many.
const RELEARNED_AFTER: Duration = Duration::from_secs(10);

/// What only those who change something look at.
#[derive(Debug)]
pub(super) struct Book {
    /// How many tables are kept beside those that were given.
    pub(super) capacity: usize,
    pub(super) expiry: Duration,
    /// The tables that are being asked for, and whether they were forgotten since.
    pub(super) learning: HashMap<Arc<str>, bool>,
}

/// Why a table is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::affinity) enum Why {
    /// Its key is not known, or not any more.
    Unknown,
    /// An item has not the key that is known.
    Doubted,
}

impl TableKeys {
    /// The right to ask for a table, unless somebody does, or did not long ago.
    pub(in crate::affinity) fn begin(&self, table: &str, why: Why) -> Option<Ticket> {
        if table.is_empty() || table.len() > MOST_NAME {
            return None;
        }
        // Whoever holds it is about to begin or to end; a later request will see.
        let mut book = match self.shared.book.try_lock() {
            Ok(book) => book,
            Err(TryLockError::Poisoned(book)) => book.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let is_free = book.learning.len() < MOST_LEARNING && !book.learning.contains_key(table);
        if !is_free || !self.is_to_be_asked(table, why) {
            return None;
        }
        let table: Arc<str> = table.into();
        book.learning.insert(Arc::clone(&table), false);
        let keys = self.clone();
        Some(Ticket { keys, table })
    }

    fn is_to_be_asked(&self, table: &str, why: Why) -> bool {
        let (tables, now) = (self.shared.tables.load(), Instant::now());
        match tables.get(table).map(|entry| &entry.what) {
            None => true,
            Some(What::Given { .. }) => false,
            Some(What::Refused { until }) => *until <= now,
            Some(What::Learned { at, until, .. }) => match why {
                Why::Doubted => *at + RELEARNED_AFTER <= now,
                Why::Unknown => until.is_some_and(|until| until <= now),
            },
        }
    }

    /// Forgets what was learned of a table, as when it is dropped.
    ///
    /// What was given stays. The layer does it for each `CreateTable` and `DeleteTable` that passes it.
    pub fn forget(&self, table: &str) {
        let mut book = self.book();
        if let Some(is_forgotten) = book.learning.get_mut(table) {
            *is_forgotten = true;
        }
        if self
            .shared
            .tables
            .load()
            .get(table)
            .is_some_and(|entry| !entry.is_given())
        {
            self.change(|tables| {
                tables.remove(table);
            });
        }
    }

    pub(super) fn keep_learned(&self, table: &Arc<str>, key: &str) {
        let book = self.book();
        let at = Instant::now();
        let until = at.checked_add(book.expiry);
        let key = key.into();
        self.keep(&book, table, What::Learned { key, at, until });
    }

    pub(super) fn keep_refused(&self, table: &Arc<str>) {
        let until = Instant::now() + REFUSED_FOR;
        self.keep(&self.book(), table, What::Refused { until });
    }

    fn keep(&self, book: &Book, table: &Arc<str>, what: What) {
        // The answer may be of the table that was there before.
        if book.learning.get(table) != Some(&false) {
            return;
        }
        let entry = Arc::new(Entry::new(what, self.moment(Instant::now())));
        self.change(|tables| {
            if tables.get(table).is_some_and(|before| before.is_given()) {
                return;
            }
            tables.remove(table);
            make_room(tables, book.capacity - 1);
            tables.insert(Arc::clone(table), entry);
        });
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        let book = self.shared.book.lock();
        book.unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes other tables. The book is held, so that no two do at once.
    pub(super) fn change(&self, change: impl FnOnce(&mut Tables)) {
        let mut tables = Tables::clone(&self.shared.tables.load());
        change(&mut tables);
        self.shared.tables.store(Arc::new(tables));
    }
}

/// Drops those that were not used for longest, until so many are left beside those that were given.
pub(super) fn make_room(tables: &mut Tables, most: usize) {
    let count = tables.values().filter(|entry| !entry.is_given()).count();
    if count <= most {
        return;
    }
    let learned = tables.iter().filter(|(_, entry)| !entry.is_given());
    let mut learned: Vec<_> = learned
        .map(|(table, entry)| (entry.used(), Arc::clone(table)))
        .collect();
    learned.sort_unstable();
    for (_, table) in &learned[..count - most] {
        tables.remove(table);
    }
}
