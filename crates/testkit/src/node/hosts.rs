//! Which Host headers a node has been sent.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderValue;

use crate::sync::lock;

/// Values kept beside the node's own; a client has one per node it mistakes.
const MOST_OTHERS: usize = 64;

#[derive(Debug)]
pub(crate) struct Hosts {
    own: String,
    own_seen: AtomicBool,
    others: Mutex<BTreeSet<String>>,
}

impl Hosts {
    pub(crate) fn new(own: String) -> Self {
        Self {
            own,
            own_seen: AtomicBool::new(false),
            others: Mutex::default(),
        }
    }

    /// Takes a lock only for a value that is not the node's own.
    pub(crate) fn record(&self, host: Option<&HeaderValue>) {
        let host = host.map_or(&b""[..], HeaderValue::as_bytes);
        if host == self.own.as_bytes() {
            if !self.own_seen.load(Ordering::Relaxed) {
                self.own_seen.store(true, Ordering::Relaxed);
            }
            return;
        }
        let mut others = lock(&self.others);
        if others.len() < MOST_OTHERS {
            others.insert(String::from_utf8_lossy(host).into_owned());
        }
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        let own = self
            .own_seen
            .load(Ordering::Relaxed)
            .then(|| self.own.clone());
        own.into_iter()
            .chain(lock(&self.others).iter().cloned())
            .collect()
    }
}
