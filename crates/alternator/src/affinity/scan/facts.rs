//! What a write of one item says.

use super::{
    Text,
    cursor::{Cursor, Next},
};

/// What the body of `PutItem`, `UpdateItem` or `DeleteItem` says, as far as it matters here.
///
/// Where a member is there twice the first counts, as it does for Alternator.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::affinity) struct Facts<'a> {
    pub(in crate::affinity) table: Option<Text<'a>>,
    /// The value of `Item`.
    pub(in crate::affinity) item: Option<&'a [u8]>,
    /// The value of `Key`.
    pub(in crate::affinity) key: Option<&'a [u8]>,
    /// Whether `ConditionExpression` says something.
    pub(in crate::affinity) has_condition: bool,
    /// Whether `Expected` says something.
    pub(in crate::affinity) has_expected: bool,
    /// Whether `UpdateExpression` says something.
    pub(in crate::affinity) has_update: bool,
    /// Whether `AttributeUpdates` adds something to what is there, or takes something from it.
    pub(in crate::affinity) has_counting: bool,
    pub(in crate::affinity) return_values: Option<Text<'a>>,
}

impl<'a> Facts<'a> {
    /// Reads the facts of a body; `None` if it is no whole object.
    pub(in crate::affinity) fn of(body: &'a [u8]) -> Option<Self> {
        let mut facts = Self::default();
        let mut cursor = Cursor::new(body);
        let mut next = Next::First;
        while let Some(name) = cursor.member(&mut next)? {
            facts.member(name, &mut cursor)?;
        }
        cursor.is_at_end().then_some(facts)
    }

    fn member(&mut self, name: Text<'a>, cursor: &mut Cursor<'a>) -> Option<()> {
        match &*name.decode()? {
            b"TableName" => self.table = self.table.or(text(cursor)?),
            b"Item" => self.item = self.item.or(Some(cursor.span()?)),
            b"Key" => self.key = self.key.or(Some(cursor.span()?)),
            b"ConditionExpression" => self.has_condition |= says_something(cursor)?,
            b"Expected" => self.has_expected |= says_something(cursor)?,
            b"UpdateExpression" => self.has_update |= says_something(cursor)?,
            b"AttributeUpdates" => self.has_counting |= counts(cursor)?,
            b"ReturnValues" => self.return_values = self.return_values.or(text(cursor)?),
            _ => cursor.skip()?,
        }
        Some(())
    }
}

/// The string that the cursor is before; `None` within if it is before another value.
fn text<'a>(cursor: &mut Cursor<'a>) -> Option<Option<Text<'a>>> {
    match cursor.peek()? {
        b'"' => cursor.text().map(Some),
        _ => cursor.skip().map(|()| None),
    }
}

/// Whether a value is neither `null` nor empty. One of a wrong type is refused by a node, wherever it goes.
fn says_something(cursor: &mut Cursor<'_>) -> Option<bool> {
    match cursor.peek()? {
        b'"' => Some(!cursor.text()?.is_empty()),
        b'{' => {
            let has_members = cursor.clone().member(&mut Next::First)?.is_some();
            cursor.skip()?;
            Some(has_members)
        }
        byte => {
            cursor.skip()?;
            Some(byte != b'n')
        }
    }
}

/// Whether one of the updates is `ADD`, or `DELETE` of a value.
fn counts(updates: &mut Cursor<'_>) -> Option<bool> {
    if updates.peek()? != b'{' {
        updates.skip()?;
        return Some(false);
    }
    let mut counts = false;
    let mut next = Next::First;
    while updates.member(&mut next)?.is_some() {
        counts |= is_counting(updates)?;
    }
    Some(counts)
}

fn is_counting(update: &mut Cursor<'_>) -> Option<bool> {
    if update.peek()? != b'{' {
        update.skip()?;
        return Some(false);
    }
    let (mut action, mut has_value) = (None, false);
    let mut next = Next::First;
    while let Some(name) = update.member(&mut next)? {
        if name.is("Action") {
            action = action.or(text(update)?);
        } else {
            has_value |= name.is("Value");
            update.skip()?;
        }
    }
    Some(action.is_some_and(|action| action.is("ADD") || has_value && action.is("DELETE")))
}
