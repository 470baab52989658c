//! Which requests are sent by their key.

use super::scan::{Facts, Text};

/// Says which writes go to the node of their key; reads never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// Takes those that look at the item before they write it.
    ///
    /// They are lightweight transactions where the server's write isolation is `only_rmw_uses_lwt`. As in
    /// ScyllaDB's own clients that is a little more than what the server tests for
    /// (`alternator/executor.cc`, `needs_read_before_write`): it takes in any `UpdateExpression`, and
    /// `ReturnValues` that the server refuses. An `Expected` that is empty is left out.
    ReadModifyWrite,
    /// Takes all that name the keys of what they write.
    ///
    /// For clusters with the isolation `always_use_lwt`, and where two writes of one item are not to be put
    /// into the wrong order by the clocks of two nodes.
    AnyWrite,
}

/// The operations that may be sent by a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    Put,
    Update,
    Delete,
    Batch,
}

impl Mode {
    /// The write that an operation is, if it may be sent by its key.
    pub(super) fn write(self, operation: &str) -> Option<Write> {
        match operation {
            "PutItem" => Some(Write::Put),
            "UpdateItem" => Some(Write::Update),
            "DeleteItem" => Some(Write::Delete),
            // A batch has no conditions, so that nothing in it is read before it is written.
            "BatchWriteItem" if self == Self::AnyWrite => Some(Write::Batch),
            _ => None,
        }
    }

    /// Whether a write of one item is sent by its key.
    pub(super) fn takes(self, write: Write, facts: &Facts<'_>) -> bool {
        self == Self::AnyWrite || reads_before(write, facts)
    }
}

fn reads_before(write: Write, facts: &Facts<'_>) -> bool {
    if facts.has_condition || facts.has_expected {
        return true;
    }
    let returns = |values: &[&str]| {
        let is_one = |text: Text<'_>| values.iter().any(|value| text.is(value));
        facts.return_values.map(is_one)
    };
    match write {
        Write::Put | Write::Delete => returns(&["NONE"]) == Some(false),
        Write::Update => {
            facts.has_update
                || facts.has_counting
                || returns(&["ALL_OLD", "UPDATED_OLD", "ALL_NEW"]) == Some(true)
        }
        Write::Batch => false,
    }
}

#[cfg(test)]
mod tests;
