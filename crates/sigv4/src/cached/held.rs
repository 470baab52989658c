//! Credentials that are held, and when there should be others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity;

use super::shared::{Settings, life_without_expiry};
use crate::clock::Moment;

/// How long credentials that were just given are used whatever a clock says, and are not asked for again.
///
/// Who gave them takes them for valid. So a clock that is wrong has the provider asked once a minute and not with
/// each request, and a request can go out whose refusal tells the time.
const NEW: Duration = Duration::from_secs(60);

/// Credentials, and when they are to be asked for again.
pub(crate) struct Held {
    identity: Arc<Identity>,
    credentials: Credentials,
    /// When they were asked for, by our clock, and for how long they are new.
    asked: SystemTime,
    new: Duration,
    /// From when on there should be others, by the clock of who ends them.
    due: SystemTime,
    /// Until when they are not asked for, by our clock.
    rest: SystemTime,
    /// Whether a request has used them.
    used: AtomicBool,
}

impl Held {
    pub(super) fn new(credentials: Credentials, asked: Moment, settings: Settings) -> Self {
        let (due, new, rest) = match credentials.expiry() {
            Some(expiry) => {
                let life = [asked.theirs, asked.ours].map(|now| expiry.duration_since(now).ok());
                let life = life.into_iter().flatten().find(|life| !life.is_zero());
                let new = life.map_or(NEW, |life| NEW.min(life / 2));
                let due = settings.due(expiry, life.unwrap_or_default());
                (due, new, later(asked.ours, new))
            }
            // Nobody's clock ends them.
            None => {
                let rest = later(asked.ours, life_without_expiry());
                (SystemTime::UNIX_EPOCH, NEW, rest)
            }
        };
        Self {
            identity: Arc::new(credentials.clone().into()),
            credentials,
            asked: asked.ours,
            new,
            due,
            rest,
            used: AtomicBool::new(false),
        }
    }

    /// Returns the same, not to be asked for again before `rest`.
    pub(super) fn postponed(&self, rest: SystemTime) -> Self {
        Self {
            identity: Arc::clone(&self.identity),
            credentials: self.credentials.clone(),
            used: AtomicBool::new(self.is_used()),
            rest,
            ..*self
        }
    }

    #[inline]
    pub(super) fn is_usable(&self, at: Moment) -> bool {
        match self.credentials.expiry() {
            Some(expiry) => at.theirs < expiry || self.is_new(at.ours),
            None => true,
        }
    }

    fn is_new(&self, ours: SystemTime) -> bool {
        let age = ours.duration_since(self.asked);
        age.is_ok_and(|age| age < self.new)
    }

    #[inline]
    pub(super) fn is_due(&self, at: Moment) -> bool {
        self.due <= at.theirs && self.rest <= at.ours
    }

    /// Returns how long after `at` they are due.
    pub(super) fn due_in(&self, at: Moment) -> Duration {
        let due = self.due.duration_since(at.theirs).unwrap_or_default();
        due.max(self.rest.duration_since(at.ours).unwrap_or_default())
    }

    pub(super) fn has_end(&self) -> bool {
        self.credentials.expiry().is_some()
    }

    /// Notes that a request uses them. It writes once: what many threads read stays in their caches.
    #[inline]
    pub(super) fn uses(&self) {
        if !self.is_used() {
            self.used.store(true, Relaxed);
        }
    }

    #[inline]
    pub(super) fn is_used(&self) -> bool {
        self.used.load(Relaxed)
    }

    pub(crate) fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.identity)
    }

    pub(crate) fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }
}

/// Stays where it is if there is no later time.
pub(super) fn later(time: SystemTime, by: Duration) -> SystemTime {
    time.checked_add(by).unwrap_or(time)
}
