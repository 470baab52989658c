//! Second sends that did not help.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// How long a second send that did not help is remembered: 1 minute.
///
/// Not for ever, since a server may allow for less than 15 minutes, as many of AWS' do, and had another reason for
/// both refusals. A minute makes of a second send for each refusal one that does not count.
const REMEMBERED: Duration = Duration::from_secs(60);

/// Hosts that are remembered; when there are more, all are forgotten.
const MAX_HOSTS: usize = 1024;

/// When which host refused a second send as it had the first. Only refusals look here.
#[derive(Debug, Default)]
pub(super) struct Vain(Mutex<HashMap<Box<str>, SystemTime>>);

impl Vain {
    pub(super) fn note(&self, host: &str, now: SystemTime) {
        let mut hosts = self.hosts();
        if hosts.len() >= MAX_HOSTS {
            hosts.clear();
        }
        hosts.insert(host.into(), now);
    }

    pub(super) fn holds(&self, host: &str, now: SystemTime) -> bool {
        let age = self
            .hosts()
            .get(host)
            .map(|since| now.duration_since(*since));
        matches!(age, Some(Ok(age)) if age < REMEMBERED)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.hosts().len()
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<Box<str>, SystemTime>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
