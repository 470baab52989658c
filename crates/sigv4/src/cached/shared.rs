//! What the handles of one cache share: the credentials held, and the refresh that runs.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use aws_credential_types::provider::{self, SharedCredentialsProvider, error::CredentialsError};

use super::held::{Held, later};
use super::refresh::{Joined, Refresh};
use super::{DEFAULT_LOAD_TIMEOUT, DEFAULT_REFRESH_AHEAD};
use crate::clock::Moment;

/// When credentials that name no end are asked for again: the AWS SDK for Rust takes 15 minutes.
const LIFE_WITHOUT_EXPIRY: Duration = Duration::from_secs(15 * 60);

/// The first and the longest time from one refresh that failed to the next.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    refresh_ahead: Duration,
    load_timeout: Duration,
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
        at: Moment,
        take: impl FnOnce(&Held) -> T,
    ) -> Option<T> {
        let held = this.held.load();
        let held = held.as_ref().filter(|held| held.is_usable(at))?;
        if held.is_due(at) {
            // What cannot be begun now is begun by a later request, or by one that has to wait.
            drop(Self::join(this, at));
        }
        held.uses();
        Some(take(held))
    }

    pub(super) async fn wait(this: Arc<Self>, at: Moment) -> Outcome {
        // A refresh is lost if its runtime ends or the provider panics: it is begun once more, not for ever.
        for _ in 0..2 {
            let mut outcome = match Self::join(&this, at)? {
                Joined::Fresh(held) => return Ok(held),
                Joined::Running(outcome) => outcome,
            };
            let ended = outcome.wait_for(Option::is_some).await;
            if let Some(outcome) = ended.ok().and_then(|ended| ended.clone()) {
                return outcome.inspect(|held| held.uses());
            }
        }
        Err(CredentialsError::unhandled("the refresh of the credentials was lost").into())
    }

    /// Begins a refresh, unless one runs or has ended in the meantime.
    fn join(this: &Arc<Self>, at: Moment) -> Result<Joined, SharedError> {
        let mut refresh = this.lock();
        if let Some(running) = refresh.running() {
            return Ok(Joined::Running(running));
        }
        let held = this.held.load_full();
        if let Some(held) = held.filter(|held| held.is_usable(at) && !held.is_due(at)) {
            return Ok(Joined::Fresh(held));
        }
        // Until it has ended no other request looks for it.
        this.postpone(later(at.ours, this.settings.load_timeout));
        let limit = this.settings.load_timeout;
        refresh.begin(this, &this.provider, limit, at)
    }

    /// Begins a refresh ahead of the end, if what is held has been used and is valid still.
    pub(super) fn renew(this: &Arc<Self>, at: Moment) {
        let held = this.held.load_full();
        if held.is_some_and(|held| held.is_used() && held.is_usable(at)) {
            drop(Self::join(this, at));
        }
    }

    /// Returns how long after `at` to look whether a refresh is due, the last of which was asked for then.
    pub(super) fn renews_in(&self, at: Moment, served: bool) -> Option<Duration> {
        let held = self.held.load_full()?;
        // Credentials without an end would have a provider that is gone asked for ever.
        (served || held.has_end()).then(|| held.due_in(at))
    }

    /// Takes in a provider's answer to what was asked at `asked`.
    pub(super) fn record(&self, answer: provider::Result, asked: Moment) -> Outcome {
        let outcome = match answer {
            Ok(credentials) => {
                let held = Arc::new(Held::new(credentials, asked, self.settings));
                self.held.store(Some(Arc::clone(&held)));
                Ok(held)
            }
            Err(error) => Err(error.into()),
        };
        let mut refresh = self.lock();
        let failures = refresh.end(outcome.is_ok());
        if failures > 0 {
            self.postpone(later(asked.ours, backoff(failures)));
        }
        outcome
    }

    /// Puts off the next refresh of what is held; the lock of the refresh is held meanwhile.
    fn postpone(&self, rest: SystemTime) {
        if let Some(held) = self.held.load_full() {
            self.held.store(Some(Arc::new(held.postponed(rest))));
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

    /// Draws when credentials are to be asked for again that live for as long as `life`.
    pub(super) fn due(self, expiry: SystemTime, life: Duration) -> SystemTime {
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

/// Draws how long credentials without an expiry are kept.
pub(super) fn life_without_expiry() -> Duration {
    jittered(LIFE_WITHOUT_EXPIRY)
}

fn backoff(failures: u32) -> Duration {
    let (first, longest) = BACKOFF;
    let factor = 1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX);
    jittered(first.saturating_mul(factor).min(longest))
}

/// Shortens by up to a half, at random.
fn jittered(span: Duration) -> Duration {
    span.mul_f64(1.0 - fastrand::f64() / 2.0)
}
