//! A provider whose credentials expire, and which can be slow, fail or lose its mind.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use tokio::time::Instant;

use super::{SECRET, now};

/// How the next questions are answered.
#[derive(Clone, Copy, Default)]
pub(crate) struct Answer {
    /// How long the credentials are valid from the moment they are given; `None` for ever.
    pub(crate) life: Option<Duration>,
    pub(crate) delay: Duration,
    pub(crate) fails: bool,
    pub(crate) panics: bool,
}

/// Numbers the credentials that it gives: their access keys are `key-1`, `key-2` and so on.
#[derive(Clone)]
pub(crate) struct Vault {
    answer: Arc<Mutex<Answer>>,
    asked: Arc<AtomicUsize>,
    start: Instant,
    /// Seconds that its clock has gone on beside the runtime's.
    jumped: Arc<AtomicU64>,
}

impl Vault {
    pub(crate) fn new(life: Duration) -> Self {
        let answer = Answer {
            life: Some(life),
            ..Answer::default()
        };
        Self {
            answer: Arc::new(Mutex::new(answer)),
            asked: Arc::default(),
            start: Instant::now(),
            jumped: Arc::default(),
        }
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut Answer)) {
        change(&mut self.answer.lock().expect("no panic under the lock"));
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }

    /// The time by the runtime's clock, which a test moves.
    pub(crate) fn clock(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static + use<> {
        let (start, jumped) = (self.start, Arc::clone(&self.jumped));
        move || now() + start.elapsed() + Duration::from_secs(jumped.load(SeqCst))
    }

    /// Moves the vault's clock and not the runtime's.
    pub(crate) fn jump(&self, span: Duration) {
        self.jumped.fetch_add(span.as_secs(), SeqCst);
    }

    async fn answer(&self) -> Result<Credentials, CredentialsError> {
        let number = self.asked.fetch_add(1, SeqCst) + 1;
        let answer = *self.answer.lock().expect("no panic under the lock");
        tokio::time::sleep(answer.delay).await;
        assert!(!answer.panics, "the vault lost its mind, as it was told to");
        if answer.fails {
            return Err(CredentialsError::provider_error("the vault is shut"));
        }
        let expiry = answer.life.map(|life| (self.clock())() + life);
        let key = format!("key-{number}");
        Ok(Credentials::new(key, SECRET, None, expiry, "vault"))
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({SECRET})")
    }
}

impl ProvideCredentials for Vault {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.answer())
    }
}
