//! What one request writes, and what has to be learned first.

use bytes::Bytes;

use super::{
    KeyHash, Mode, PartitionKeys, TableKeys,
    keys::MOST_KEYS,
    mode::{Interest, Keyed},
    scan::{Facts, Text, Writes, batch, key},
    tables::{Known, MOST_LEARNING, View, Why},
};

/// The keys that a request writes, and the tables that are to be asked for.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) keys: Option<PartitionKeys>,
    pub(super) to_learn: Vec<(String, Why)>,
}

impl TableKeys {
    /// Returns the keys that a request writes, as far as they are known.
    ///
    /// They are those that [`AffinityLayer`](super::AffinityLayer) finds. `None` if it is not one of those that
    /// `mode` takes, if its body is no whole JSON, or if no key of it is known. Nothing is learned from it.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use bytes::Bytes;
    /// use tower_muster_alternator::affinity::{KeyHash, Mode, TableKeys};
    ///
    /// let tables = TableKeys::new().given("orders", "customer")?;
    /// let body = Bytes::from(r#"{"TableName":"orders","Item":{"customer":{"S":"hello"}}}"#);
    /// let keys = tables.keys_of(Mode::AnyWrite, "PutItem", &body).ok_or("no keys")?;
    /// assert_eq!(keys.hashes(), [KeyHash::string("hello")]);
    /// assert_eq!(keys.table(), Some("orders"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn keys_of(&self, mode: Mode, operation: &str, body: &Bytes) -> Option<PartitionKeys> {
        let interest = Interest::from(mode);
        Plan::of(interest, interest.of(operation)?, self, body).keys
    }
}

impl Plan {
    /// Reads one request; of what cannot be read there is no plan.
    pub(super) fn of(interest: Interest, keyed: Keyed, tables: &TableKeys, body: &Bytes) -> Self {
        let view = tables.view();
        let plan = match keyed {
            Keyed::Batch => of_batch(&view, body),
            _ => of_one(interest, keyed, &view, body),
        };
        plan.unwrap_or_default()
    }
}

fn of_one(interest: Interest, keyed: Keyed, view: &View, body: &Bytes) -> Option<Plan> {
    let facts = Facts::of(body)?;
    let sends = interest.sends(keyed, &facts);
    if !sends && !interest.tells_all {
        return None;
    }
    let attributes = match keyed {
        Keyed::Put => facts.item,
        _ => facts.key,
    }?;
    let table = slice(body, facts.table?)?;
    let name = str::from_utf8(&table).ok()?;
    let known = view.key(name);
    let hash = known.name().and_then(|name| key(attributes, name));
    let mut to_learn = Vec::new();
    if let Some(why) = why(known, hash) {
        to_learn.push((name.to_owned(), why));
    }
    let keys = hash.map(|hash| PartitionKeys::of(hash).in_table(table));
    Some(Plan {
        keys: match sends {
            true => keys,
            false => keys.map(PartitionKeys::told),
        },
        to_learn,
    })
}

/// The text in the body's own memory, where it stands there as it is.
fn slice(body: &Bytes, text: Text<'_>) -> Option<Bytes> {
    Some(match text.decode()? {
        std::borrow::Cow::Borrowed(part) => body.slice_ref(part),
        std::borrow::Cow::Owned(text) => text.into(),
    })
}

/// Why the table is to be asked for, if it is.
fn why(known: Known<'_>, hash: Option<KeyHash>) -> Option<Why> {
    match known {
        known if known.is_to_learn() => Some(Why::Unknown),
        Known::Key(_) if hash.is_none() => Some(Why::Doubted),
        _ => None,
    }
}

fn of_batch(view: &View, body: &Bytes) -> Option<Plan> {
    let mut votes = Votes {
        view,
        known: Known::Refused,
        hashes: [KeyHash::from_i64(0); MOST_KEYS],
        count: 0,
        to_learn: Vec::new(),
    };
    batch(body, &mut votes)?;
    let hashes = &votes.hashes[..votes.count];
    Some(Plan {
        keys: (!hashes.is_empty()).then(|| PartitionKeys::batch(hashes.iter().copied())),
        to_learn: votes.to_learn,
    })
}

/// What a batch writes, as it is walked through.
struct Votes<'k> {
    view: &'k View,
    /// What is known of the table whose writes are told.
    known: Known<'k>,
    hashes: [KeyHash; MOST_KEYS],
    count: usize,
    to_learn: Vec<(String, Why)>,
}

impl<'k> Writes<'k> for Votes<'k> {
    fn table(&mut self, name: &str) -> Option<&'k str> {
        self.known = self.view.key(name);
        if self.known.is_to_learn() {
            self.learn(name, Why::Unknown);
        }
        self.known.name()
    }

    fn write(&mut self, table: &str, key: Option<KeyHash>) {
        match (key, self.known) {
            (Some(hash), _) => {
                if let Some(free) = self.hashes.get_mut(self.count) {
                    *free = hash;
                    self.count += 1;
                }
            }
            (None, Known::Key(_)) => self.learn(table, Why::Doubted),
            (None, _) => {}
        }
    }
}

impl Votes<'_> {
    fn learn(&mut self, table: &str, why: Why) {
        let is_last = self.to_learn.last().is_some_and(|(last, _)| last == table);
        if self.to_learn.len() < MOST_LEARNING && !is_last {
            self.to_learn.push((table.to_owned(), why));
        }
    }
}

#[cfg(test)]
mod tests;
