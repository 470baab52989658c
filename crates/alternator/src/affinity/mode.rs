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

/// The operations that name the keys of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyed {
    Put,
    Update,
    Delete,
    Batch,
    Get,
}

/// Of which requests the keys are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interest {
    /// Which of them are sent by their key.
    pub(super) mode: Mode,
    /// Whether those of the others are told all the same.
    pub(super) tells_all: bool,
}

impl Interest {
    /// What an operation is, if its keys may be of interest.
    pub(super) fn of(self, operation: &str) -> Option<Keyed> {
        match operation {
            "PutItem" => Some(Keyed::Put),
            "UpdateItem" => Some(Keyed::Update),
            "DeleteItem" => Some(Keyed::Delete),
            // A batch has no conditions, so that nothing in it is read before it is written.
            "BatchWriteItem" if self.mode == Mode::AnyWrite => Some(Keyed::Batch),
            "GetItem" if self.tells_all => Some(Keyed::Get),
            _ => None,
        }
    }

    /// Whether a request of one item is sent by its key.
    pub(super) fn sends(self, keyed: Keyed, facts: &Facts<'_>) -> bool {
        match (keyed, self.mode) {
            (Keyed::Get, _) => false,
            (_, Mode::AnyWrite) => true,
            (_, Mode::ReadModifyWrite) => reads_before(keyed, facts),
        }
    }
}

impl From<Mode> for Interest {
    fn from(mode: Mode) -> Self {
        Self {
            mode,
            tells_all: false,
        }
    }
}

fn reads_before(keyed: Keyed, facts: &Facts<'_>) -> bool {
    if facts.has_condition || facts.has_expected {
        return true;
    }
    let returns = |values: &[&str]| {
        let is_one = |text: Text<'_>| values.iter().any(|value| text.is(value));
        facts.return_values.map(is_one)
    };
    match keyed {
        Keyed::Put | Keyed::Delete => returns(&["NONE"]) == Some(false),
        Keyed::Update => {
            facts.has_update
                || facts.has_counting
                || returns(&["ALL_OLD", "UPDATED_OLD", "ALL_NEW"]) == Some(true)
        }
        Keyed::Batch | Keyed::Get => false,
    }
}

#[cfg(test)]
mod tests;
