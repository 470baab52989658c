//! The right to ask for one table.

use std::sync::Arc;

use super::TableKeys;

/// The right to ask for one table, while nobody else does; given back when it is dropped.
#[derive(Debug)]
#[must_use = "the table is free to be asked for when it is dropped"]
pub(in crate::affinity) struct Ticket {
    pub(super) keys: TableKeys,
    pub(super) table: Arc<str>,
}

impl Ticket {
    pub(in crate::affinity) fn table(&self) -> &str {
        &self.table
    }

    /// Ends with the name of the partition key.
    pub(in crate::affinity) fn learned(self, key: &str) {
        self.keys.keep_learned(&self.table, key);
    }

    /// Ends with an answer that another one will not differ from soon.
    pub(in crate::affinity) fn refused(self) {
        self.keys.keep_refused(&self.table);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.keys.book().learning.remove(&self.table);
    }
}
