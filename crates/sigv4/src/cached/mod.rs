//! Credentials that are asked for once, and again before they expire.

mod held;
mod refresh;
mod shared;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
};

use self::shared::{Settings, Shared};
use crate::clock::{Moment, TimeSource, system_clock};

pub(crate) use self::held::Held;
pub(crate) use self::shared::SharedError;

/// How long before their end credentials are asked for again: 5 minutes.
///
/// The AWS SDK for Java 2.x fetches 5 minutes ahead (`prefetchTime`), botocore 15 (`RefreshableCredentials`), the
/// AWS SDK for Rust 10 seconds (`identity::cache::lazy`). Five minutes outlast a restart of most providers, and
/// leave credentials of 15 minutes, the shortest that AWS STS gives, two thirds of their life.
pub const DEFAULT_REFRESH_AHEAD: Duration = Duration::from_secs(5 * 60);

/// How long one answer of a provider is waited for: 25 seconds.
///
/// The AWS SDK for Rust (`aws-smithy-runtime`, `identity::cache::lazy`) leaves its providers time for each of their own attempts: 3 of 6.2 seconds and up to
/// 3 seconds between them. Less would cut off the last attempt, which may be the one that serves.
pub const DEFAULT_LOAD_TIMEOUT: Duration = Duration::from_secs(25);

/// Keeps the credentials of a slow provider, and asks it again ahead of their end.
///
/// Requests use what is held, without a lock. Ahead of the end a timer begins a refresh beside them, if there was
/// a request since the last one, and else the next request does, which goes on with the old credentials; there is
/// one refresh at a time. The moment is drawn from the second half of the margin, so that many clients do not ask
/// together. A refresh that fails leaves the old credentials in use until they expire, and is begun again after 1
/// second, then 2, up to 60, each shortened by up to a half. Without valid credentials a request waits for the
/// refresh, and all that wait share its answer, which is not kept if it is an error.
///
/// Credentials without an expiry are asked for again after 15 minutes, as the AWS SDK for Rust does, and used
/// until there are others. Of a short life, no more than the second half is given to refreshing.
///
/// Credentials end by the clock of the server, as far as a [`SigV4Layer`](crate::SigV4Layer) has learned of it, and
/// else by ours. Those that were given less than a minute ago are used whatever a clock says, and not asked for
/// again: whoever gave them took them for valid.
///
/// Refresh and timer are a task of the tokio runtime that the request runs in. It outlives the request that began
/// it, so a dropped request loses nothing, and ends with the last handle of the cache.
///
/// The runtime needs its timer enabled; without it a refresh ends with a panic of tokio's in the task, and the
/// requests that wait for it with an error.
///
/// # Clone
///
/// A clone shares the credentials and the refresh.
///
/// # Example
///
/// ```
/// use aws_credential_types::Credentials;
/// use aws_credential_types::provider::ProvideCredentials as _;
/// use tower_muster_sigv4::{CachedCredentials, SigV4Layer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let slow_provider = Credentials::from_keys("access", "secret", None);
/// let cached = CachedCredentials::new(slow_provider);
/// let tables = SigV4Layer::new(cached.clone(), "us-east-1", "dynamodb")?;
/// let streams = SigV4Layer::new(cached.clone(), "us-east-1", "dynamodb")?;
/// assert_eq!(cached.provide_credentials().await?.access_key_id(), "access");
/// # drop((tables, streams));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CachedCredentials {
    shared: Arc<Shared>,
    now: TimeSource,
}

impl CachedCredentials {
    /// Makes a cache over `provider`, which is not asked yet.
    pub fn new(provider: impl ProvideCredentials + 'static) -> Self {
        Self::over(SharedCredentialsProvider::new(provider))
    }

    pub(crate) fn over(provider: SharedCredentialsProvider) -> Self {
        Self {
            shared: Arc::new(Shared::new(provider, Settings::default())),
            now: Arc::new(system_clock),
        }
    }

    /// Sets how long before their end credentials are asked for again.
    ///
    /// The default is [`DEFAULT_REFRESH_AHEAD`]. Returns a cache that holds nothing yet and shares nothing with
    /// earlier clones.
    #[must_use]
    pub fn refresh_ahead(self, margin: Duration) -> Self {
        let settings = self.shared.settings().refresh_ahead(margin);
        self.with(settings)
    }

    /// Sets how long one answer of the provider is waited for.
    ///
    /// The default is [`DEFAULT_LOAD_TIMEOUT`]. Returns a cache that holds nothing yet and shares nothing with
    /// earlier clones.
    #[must_use]
    pub fn load_timeout(self, limit: Duration) -> Self {
        let settings = self.shared.settings().load_timeout(limit);
        self.with(settings)
    }

    /// Sets where the time comes from; the default is the system's clock.
    ///
    /// It serves those who ask this handle or its later clones; a [`SigV4Layer`](crate::SigV4Layer) has its own.
    #[must_use]
    pub fn time_source(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.now = Arc::new(now);
        self
    }

    fn with(self, settings: Settings) -> Self {
        let shared = Arc::new(Shared::new(self.shared.provider().clone(), settings));
        Self { shared, ..self }
    }

    /// Returns what is held, as `take` sees it, and begins a refresh if one is due.
    pub(crate) fn held<T>(&self, at: Moment, take: impl FnOnce(&Held) -> T) -> Option<T> {
        Shared::held(&self.shared, at, take)
    }

    /// Waits for credentials that are valid then, or were given just now.
    pub(crate) fn wait(
        &self,
        at: Moment,
    ) -> impl Future<Output = Result<Arc<Held>, SharedError>> + Send + 'static {
        Shared::wait(Arc::clone(&self.shared), at)
    }
}

impl ProvideCredentials for CachedCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let now = Moment::from((self.now)());
        if let Some(held) = self.held(now, Held::credentials) {
            return future::ProvideCredentials::ready(Ok(held));
        }
        let wait = self.wait(now);
        future::ProvideCredentials::new(async move {
            match wait.await {
                Ok(held) => Ok(held.credentials()),
                Err(source) => Err(CredentialsError::provider_error(source)),
            }
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.held((self.now)().into(), Held::credentials)
    }
}

impl fmt::Debug for CachedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The provider's own `Debug` may show a secret.
        let settings = self.shared.settings();
        f.debug_struct("CachedCredentials")
            .field("settings", &settings)
            .finish_non_exhaustive()
    }
}
