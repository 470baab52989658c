//! Different names that came, a bounded number of them.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::sync::lock;

/// As many as the Host headers that a node keeps.
const MOST: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<BTreeSet<String>>);

impl Seen {
    pub(super) fn record(&self, name: &str) {
        let mut seen = lock(&self.0);
        if seen.len() < MOST && !seen.contains(name) {
            seen.insert(name.to_owned());
        }
    }

    pub(super) fn all(&self) -> Vec<String> {
        lock(&self.0).iter().cloned().collect()
    }
}
