//! What a write of many items says.

use super::{
    cursor::{Cursor, Next},
    key::take_key,
};
use crate::affinity::KeyHash;

/// Is told of the writes in a batch, as they come.
pub(in crate::affinity) trait Writes<'k> {
    /// Begins with a table; the name of its partition key, if its writes are of interest.
    fn table(&mut self, name: &str) -> Option<&'k str>;

    /// Is told of one write to that table, and of its key if it has one.
    fn write(&mut self, table: &str, key: Option<KeyHash>);
}

/// Goes through the body of `BatchWriteItem` once; `None` if it is no whole object.
///
/// Then what was told before does not count.
pub(in crate::affinity) fn batch<'k>(body: &[u8], writes: &mut impl Writes<'k>) -> Option<()> {
    let mut cursor = Cursor::new(body);
    let mut next = Next::First;
    while let Some(name) = cursor.member(&mut next)? {
        if name.is("RequestItems") {
            tables(&mut cursor, writes)?;
        } else {
            cursor.skip()?;
        }
    }
    cursor.is_at_end().then_some(())
}

fn tables<'k>(cursor: &mut Cursor<'_>, writes: &mut impl Writes<'k>) -> Option<()> {
    if cursor.peek()? != b'{' {
        return cursor.skip();
    }
    let mut next = Next::First;
    while let Some(table) = cursor.member(&mut next)? {
        let table = table.decode()?;
        match str::from_utf8(&table) {
            Ok(table) if cursor.peek()? == b'[' => entries(cursor, table, writes)?,
            _ => cursor.skip()?,
        }
    }
    Some(())
}

fn entries<'k>(cursor: &mut Cursor<'_>, table: &str, writes: &mut impl Writes<'k>) -> Option<()> {
    let Some(key) = writes.table(table) else {
        return cursor.skip();
    };
    let mut next = Next::First;
    while cursor.element(&mut next)? {
        if let Found::Write(key) = entry(cursor, key)? {
            writes.write(table, key);
        }
    }
    Some(())
}

enum Found {
    Write(Option<KeyHash>),
    /// What is no write, or is two.
    Malformed,
}

fn entry(cursor: &mut Cursor<'_>, key: &str) -> Option<Found> {
    if cursor.peek()? != b'{' {
        cursor.skip()?;
        return Some(Found::Malformed);
    }
    let (mut found, mut writes) = (Found::Malformed, 0);
    let mut next = Next::First;
    while let Some(kind) = cursor.member(&mut next)? {
        let attributes = match () {
            () if kind.is("PutRequest") => "Item",
            () if kind.is("DeleteRequest") => "Key",
            () => {
                cursor.skip()?;
                continue;
            }
        };
        writes += 1;
        found = request(cursor, attributes, key)?;
    }
    Some(if writes == 1 { found } else { Found::Malformed })
}

/// A put or a delete, whose attributes stand in the member of that name.
fn request(cursor: &mut Cursor<'_>, attributes: &str, key: &str) -> Option<Found> {
    if cursor.peek()? != b'{' {
        cursor.skip()?;
        return Some(Found::Malformed);
    }
    let mut found = Found::Malformed;
    let mut next = Next::First;
    while let Some(name) = cursor.member(&mut next)? {
        match found {
            Found::Malformed if name.is(attributes) => {
                found = Found::Write(take_key(cursor, key)?);
            }
            _ => cursor.skip()?,
        }
    }
    Some(found)
}
