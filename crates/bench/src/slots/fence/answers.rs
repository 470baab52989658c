//! What became of writes.

use std::collections::BTreeSet;

use serde::Serialize;

/// What became of writes.
#[derive(Debug, Default, Serialize)]
pub(super) struct Answers {
    pub(super) tried: usize,
    /// With 200: by their numbers.
    #[serde(serialize_with = "count")]
    pub(super) accepted: BTreeSet<u64>,
    /// Logged by the site, whatever it answered.
    #[serde(serialize_with = "count")]
    pub(super) committed: BTreeSet<u64>,
    /// By the fence, with 421.
    pub(super) refused: usize,
    /// With 503: the grant ended while they were carried out.
    pub(super) lost: usize,
    /// By the application, which asked once more.
    pub(super) conflicts: usize,
    /// With anything else.
    pub(super) others: usize,
    /// Not at all: the connection ended.
    pub(super) unanswered: usize,
}

impl Answers {
    pub(super) fn count(&mut self, write: u64, status: u16) {
        match status {
            200 => drop(self.accepted.insert(write)),
            421 => self.refused += 1,
            503 => self.lost += 1,
            409 => self.conflicts += 1,
            _ => self.others += 1,
        }
    }

    pub(super) fn violations(&self) -> usize {
        self.accepted.union(&self.committed).count()
    }

    pub(super) fn add(&mut self, other: Self) {
        self.tried += other.tried;
        self.accepted.extend(other.accepted);
        self.committed.extend(other.committed);
        self.refused += other.refused;
        self.lost += other.lost;
        self.conflicts += other.conflicts;
        self.others += other.others;
        self.unanswered += other.unanswered;
    }
}

fn count<S: serde::Serializer>(writes: &BTreeSet<u64>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(writes.len() as u64)
}
