//! One refresh at a time, in a task that ends with the cache.

use std::sync::{Arc, Weak};
use std::time::Duration;

use aws_credential_types::provider::{
    ProvideCredentials as _, SharedCredentialsProvider, error::CredentialsError,
};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

use super::held::Held;
use super::shared::{Outcome, Shared, SharedError};
use crate::clock::Moment;

/// The refresh that runs, if one does, and how many have failed in a row.
#[derive(Default)]
pub(super) struct Refresh {
    running: Option<watch::Receiver<Option<Outcome>>>,
    /// The task that runs it, or that has and waits until the next is due.
    task: Option<AbortHandle>,
    failures: u32,
}

/// What a request that asks for a refresh finds.
pub(super) enum Joined {
    Fresh(Arc<Held>),
    Running(watch::Receiver<Option<Outcome>>),
}

impl Refresh {
    /// Returns the refresh that runs; one whose task is gone does not.
    pub(super) fn running(&self) -> Option<watch::Receiver<Option<Outcome>>> {
        let outcome = self.running.as_ref()?;
        outcome.has_changed().is_ok().then(|| outcome.clone())
    }

    pub(super) fn begin(
        &mut self,
        shared: &Arc<Shared>,
        provider: &SharedCredentialsProvider,
        limit: Duration,
        at: Moment,
    ) -> Result<Joined, SharedError> {
        let runtime = Handle::try_current().map_err(CredentialsError::unhandled)?;
        let (done, outcome) = watch::channel(None);
        let shared = Arc::downgrade(shared);
        let task = runtime.spawn(refresh(shared, provider.clone(), limit, at, done));
        self.abort();
        self.task = Some(task.abort_handle());
        self.running = Some(outcome.clone());
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

    fn abort(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Drop for Refresh {
    fn drop(&mut self) {
        self.abort();
    }
}

/// Asks, and once more when that is due: nobody need come for it, so that nobody has to wait.
///
/// Holds the cache weakly: the last handle ends it.
async fn refresh(
    shared: Weak<Shared>,
    provider: SharedCredentialsProvider,
    limit: Duration,
    asked: Moment,
    done: watch::Sender<Option<Outcome>>,
) {
    let begun = Instant::now();
    let answer = timeout(limit, provider.provide_credentials()).await;
    let answer = answer.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(limit)));
    let due = shared.upgrade().and_then(|shared| {
        let outcome = shared.record(answer, asked);
        let due = shared.renews_in(asked, outcome.is_ok());
        done.send_replace(Some(outcome));
        due
    });
    // As long as it is there, the refresh runs.
    drop(done);
    let Some(due) = due else {
        return;
    };
    sleep(due.saturating_sub(begun.elapsed())).await;
    if let Some(shared) = shared.upgrade() {
        Shared::renew(&shared, asked.after(begun.elapsed()));
    }
}
