//! What the handles of one cache share: the credentials held, and the refresh that runs.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, SharedCredentialsProvider, error::CredentialsError};
use aws_smithy_runtime_api::client::identity::Identity;

use super::refresh::{Joined, Refresh};
use super::{DEFAULT_LOAD_TIMEOUT, DEFAULT_REFRESH_AHEAD};

/// When credentials that name no end are asked for again: the AWS SDK for Rust takes 15 minutes.
const LIFE_WITHOUT_EXPIRY: Duration = Duration::from_secs(15 * 60);

/// The first and the longest time from one refresh that failed to the next.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    refresh_ahead: Duration,
    load_timeout: Duration,
}

/// Credentials, and when they are to be asked for again.
#[derive(Clone)]
pub(crate) struct Held {
    identity: Arc<Identity>,
    credentials: Credentials,
    due: SystemTime,
}

/// Why a refresh gave nothing, for each request that waited for it.
#[derive(Debug, Clone)]
pub(crate) struct SharedError(Arc<CredentialsError>);

pub(super) type Outcome = Result<Arc<Held>, SharedError>;

pub(super) struct Shared {
    provider: SharedCredentialsProvider,
    settings: Settings,
    held: ArcSwapOption<Held>,
    refresh: Mutex<Refresh>,
}

impl Shared {
    pub(super) fn new(provider: SharedCredentialsProvider, settings: Settings) -> Self {
        Self {
            provider,
            settings,
            held: ArcSwapOption::empty(),
            refresh: Mutex::default(),
        }
    }

    pub(super) const fn settings(&self) -> Settings {
        self.settings
    }

    pub(super) const fn provider(&self) -> &SharedCredentialsProvider {
        &self.provider
    }

    pub(super) fn held<T>(
        this: &Arc<Self>,
        now: SystemTime,
        take: impl FnOnce(&Held) -> T,
    ) -> Option<T> {
        let held = this.held.load();
        let held = held.as_ref().filter(|held| held.is_valid(now))?;
        if held.due <= now {
            // What cannot be begun now is begun by a later request, or by one that has to wait.
            drop(Self::join(this, now));
        }
        Some(take(held))
    }

    pub(super) async fn wait(this: Arc<Self>, now: SystemTime) -> Outcome {
        // A refresh is lost if its runtime ends or the provider panics: it is begun once more, not for ever.
        for _ in 0..2 {
            let mut outcome = match Self::join(&this, now)? {
                Joined::Fresh(held) => return Ok(held),
                Joined::Running(outcome) => outcome,
            };
            let ended = outcome.wait_for(Option::is_some).await;
            if let Some(outcome) = ended.ok().and_then(|ended| ended.clone()) {
                return outcome;
            }
        }
        Err(CredentialsError::unhandled("the refresh of the credentials was lost").into())
    }

    /// Begins a refresh, unless one runs or has ended in the meantime.
    fn join(this: &Arc<Self>, now: SystemTime) -> Result<Joined, SharedError> {
        let mut refresh = this.lock();
        if let Some(running) = refresh.running() {
            return Ok(Joined::Running(running));
        }
        let held = this.held.load_full();
        if let Some(held) = held.filter(|held| held.is_valid(now) && held.due > now) {
            return Ok(Joined::Fresh(held));
        }
        // Until it has ended no other request looks for it.
        this.postpone(later(now, this.settings.load_timeout));
        let limit = this.settings.load_timeout;
        refresh.begin(this, &this.provider, limit, now)
    }

    /// Takes in a provider's answer to what was asked at `asked`.
    pub(super) fn record(&self, answer: provider::Result, asked: SystemTime) -> Outcome {
        let outcome = match answer {
            Ok(credentials) => {
                let due = self.settings.due(asked, credentials.expiry());
                let held = Arc::new(Held::new(credentials, due));
                self.held.store(Some(Arc::clone(&held)));
                Ok(held)
            }
            Err(error) => Err(error.into()),
        };
        let mut refresh = self.lock();
        let failures = refresh.end(outcome.is_ok());
        if failures > 0 {
            self.postpone(later(asked, backoff(failures)));
        }
        outcome
    }

    /// Puts off the next refresh of what is held; the lock of the refresh is held meanwhile.
    fn postpone(&self, due: SystemTime) {
        if let Some(held) = self.held.load_full() {
            let held = Held {
                due,
                ..Held::clone(&held)
            };
            self.held.store(Some(Arc::new(held)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Refresh> {
        self.refresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Settings {
    pub(super) const fn refresh_ahead(self, refresh_ahead: Duration) -> Self {
        Self {
            refresh_ahead,
            ..self
        }
    }

    pub(super) const fn load_timeout(self, load_timeout: Duration) -> Self {
        Self {
            load_timeout,
            ..self
        }
    }

    fn due(self, asked: SystemTime, expiry: Option<SystemTime>) -> SystemTime {
        let Some(expiry) = expiry else {
            return later(asked, jittered(LIFE_WITHOUT_EXPIRY));
        };
        let life = expiry.duration_since(asked).unwrap_or_default();
        expiry - jittered(self.refresh_ahead.min(life / 2))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            refresh_ahead: DEFAULT_REFRESH_AHEAD,
            load_timeout: DEFAULT_LOAD_TIMEOUT,
        }
    }
}

impl Held {
    fn new(credentials: Credentials, due: SystemTime) -> Self {
        Self {
            identity: Arc::new(credentials.clone().into()),
            credentials,
            due,
        }
    }

    fn is_valid(&self, now: SystemTime) -> bool {
        self.credentials.expiry().is_none_or(|expiry| now < expiry)
    }

    pub(crate) fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.identity)
    }

    pub(crate) fn credentials(&self) -> Credentials {
        self.credentials.clone()
    }
}

impl From<CredentialsError> for SharedError {
    fn from(error: CredentialsError) -> Self {
        Self(Arc::new(error))
    }
}

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for SharedError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

fn backoff(failures: u32) -> Duration {
    let (first, longest) = BACKOFF;
    let factor = 1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX);
    jittered(first.saturating_mul(factor).min(longest))
}

/// Stays where it is if there is no later time.
fn later(time: SystemTime, by: Duration) -> SystemTime {
    time.checked_add(by).unwrap_or(time)
}

/// Shortens by up to a half, at random.
fn jittered(span: Duration) -> Duration {
    span.mul_f64(1.0 - fastrand::f64() / 2.0)
}
