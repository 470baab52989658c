//! Follows a group: whoever has a table of it is told of every change.

mod error;
mod redis;
mod source;
mod task;

use std::{sync::Arc, time::Duration};

use tokio::runtime::Handle;

pub use self::error::FollowError;
#[allow(unused_imports, reason = "for the site")]
pub(crate) use self::redis::RedisSource;
pub(crate) use self::source::{Head, Notices, Source};
use super::SlotTable;

/// How the task that follows paces itself; everything is jittered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// How often it asks for the number of the last notice, in case that one was lost.
    pub(crate) check: Duration,
    /// How soon after a notice that the table had already.
    pub(crate) doubt: Duration,
    /// How long it waits after a first failure.
    pub(crate) first_retry: Duration,
    /// How long it waits at most.
    pub(crate) last_retry: Duration,
}

impl Default for Pace {
    /// A check each 3 s, of two numbers: nothing beside the heartbeats of the sites. Retries from 50 ms up to 2 s, so
    /// that a Redis that is back is found within two seconds and not stormed.
    fn default() -> Self {
        Self {
            check: Duration::from_secs(3),
            doubt: Duration::from_millis(50),
            first_retry: Duration::from_millis(50),
            last_retry: Duration::from_secs(2),
        }
    }
}

impl SlotTable {
    /// Follows a source in the current runtime, until the last handle of the table is dropped.
    pub(crate) fn follow_source(source: impl Source, pace: Pace) -> Result<Self, FollowError> {
        let runtime = Handle::try_current().map_err(|_| FollowError::NoRuntime)?;
        let table = Self::empty();
        let task = runtime.spawn(task::run(Arc::downgrade(&table.0), source, pace));
        // It is the first and only one.
        let _ = table.0.task.set(task.abort_handle());
        Ok(table)
    }
}

#[cfg(test)]
mod tests;
