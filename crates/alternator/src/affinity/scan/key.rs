//! The partition key among the attributes of an item.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::cursor::{Cursor, Next};
use crate::affinity::KeyHash;

/// How many bytes of base64 are decoded without an allocation; more than a digest or an identifier has.
const SHORT: usize = 256;

/// The hash of the attribute `name` of an item; `None` if the item has no such key.
pub(in crate::affinity) fn key(item: &[u8], name: &str) -> Option<KeyHash> {
    let mut cursor = Cursor::new(item);
    find(&mut cursor, name)?
        .then(|| typed(&mut cursor))
        .flatten()
}

/// The same of the item that the cursor is before, and goes behind.
pub(super) fn take_key(cursor: &mut Cursor<'_>, name: &str) -> Option<Option<KeyHash>> {
    if cursor.peek()? != b'{' {
        cursor.skip()?;
        return Some(None);
    }
    if !find(cursor, name)? {
        return Some(None);
    }
    let mut behind = *cursor;
    let hash = typed(&mut behind);
    match hash {
        Some(_) => *cursor = behind,
        None => cursor.skip()?,
    }
    cursor.leave()?;
    Some(hash)
}

/// Goes to the value of the first attribute of that name, or behind the item; whether there is one.
fn find(cursor: &mut Cursor<'_>, name: &str) -> Option<bool> {
    let mut next = Next::First;
    while let Some(attribute) = cursor.member(&mut next)? {
        if attribute.is(name) {
            return Some(true);
        }
        cursor.skip()?;
    }
    Some(false)
}

/// The hash of a value of one type, such as `{"S":"a"}`.
fn typed(cursor: &mut Cursor<'_>) -> Option<KeyHash> {
    let mut next = Next::First;
    let kind = match cursor.dense_name() {
        Some(kind) => {
            next = Next::Later;
            kind
        }
        None => match &*cursor.member(&mut next)??.decode()? {
            [kind] => *kind,
            _ => return None,
        },
    };
    let value = cursor.text()?.decode()?;
    if cursor.member(&mut next)?.is_some() {
        return None;
    }
    match kind {
        b'S' => str::from_utf8(&value).ok().map(KeyHash::string),
        b'N' => str::from_utf8(&value).ok().map(KeyHash::number),
        b'B' => binary(&value),
        _ => None,
    }
}

fn binary(base64: &[u8]) -> Option<KeyHash> {
    if base64.len() > SHORT {
        let bytes = BASE64_STANDARD.decode(base64).ok()?;
        return Some(KeyHash::binary(&bytes));
    }
    let mut bytes = [0; SHORT / 4 * 3];
    let length = BASE64_STANDARD.decode_slice(base64, &mut bytes).ok()?;
    Some(KeyHash::binary(bytes.get(..length)?))
}
