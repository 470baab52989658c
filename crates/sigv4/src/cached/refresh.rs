//! One refresh at a time, in a task that ends with the cache.

use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::{
    ProvideCredentials as _, SharedCredentialsProvider, error::CredentialsError,
};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::shared::{Held, Outcome, Shared, SharedError};

/// The refresh that runs, if one does, and how many have failed in a row.
#[derive(Default)]
pub(super) struct Refresh {
    running: Option<Running>,
    failures: u32,
}

struct Running {
    outcome: watch::Receiver<Option<Outcome>>,
    task: AbortHandle,
}

/// What a request that asks for a refresh finds.
pub(super) enum Joined {
    Fresh(Arc<Held>),
    Running(watch::Receiver<Option<Outcome>>),
}

impl Refresh {
    /// Returns the refresh that runs; one whose task is gone does not.
    pub(super) fn running(&self) -> Option<watch::Receiver<Option<Outcome>>> {
        let outcome = &self.running.as_ref()?.outcome;
        outcome.has_changed().is_ok().then(|| outcome.clone())
    }

    pub(super) fn begin(
        &mut self,
        shared: &Arc<Shared>,
        provider: &SharedCredentialsProvider,
        limit: Duration,
        now: SystemTime,
    ) -> Result<Joined, SharedError> {
        let runtime = Handle::try_current().map_err(CredentialsError::unhandled)?;
        let (done, outcome) = watch::channel(None);
        let shared = Arc::downgrade(shared);
        let task = runtime.spawn(refresh(shared, provider.clone(), limit, now, done));
        let task = task.abort_handle();
        self.running = Some(Running {
            outcome: outcome.clone(),
            task,
        });
        Ok(Joined::Running(outcome))
    }

    /// Ends the refresh that runs, and returns how many have failed since the last that did not.
    pub(super) fn end(&mut self, served: bool) -> u32 {
        self.running = None;
        self.failures = if served {
            0
        } else {
            self.failures.saturating_add(1)
        };
        self.failures
    }
}

impl Drop for Refresh {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.task.abort();
        }
    }
}

/// Holds the cache weakly: the last handle ends it.
async fn refresh(
    shared: Weak<Shared>,
    provider: SharedCredentialsProvider,
    limit: Duration,
    asked: SystemTime,
    done: watch::Sender<Option<Outcome>>,
) {
    let answer = timeout(limit, provider.provide_credentials()).await;
    let answer = answer.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(limit)));
    if let Some(shared) = shared.upgrade() {
        done.send_replace(Some(shared.record(answer, asked)));
    }
}
