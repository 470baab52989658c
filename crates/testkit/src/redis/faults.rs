//! What can be done to a server that runs.

use std::{fs, time::Duration};

use super::{RedisError, RedisServer};

/// How often, and how many times, it is looked whether the process has stopped.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const LOOK_TIMES: u32 = 1_000;

impl RedisServer {
    /// Stops it in the midst of whatever it does: connections stay open, new ones are accepted, nothing is answered.
    ///
    /// Returns when it has stopped, where the system tells (`/proc`).
    ///
    /// # Errors
    ///
    /// [`RedisError::Run`] if it has ended.
    pub async fn pause(&self) -> Result<(), RedisError> {
        self.process.signal("STOP")?;
        for _ in 0..LOOK_TIMES {
            if self.process.is_stopped().unwrap_or(true) {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Lets it go on after [`pause`](Self::pause), with all that it was sent in the meantime.
    ///
    /// # Errors
    ///
    /// [`RedisError::Run`] if it has ended.
    pub fn resume(&self) -> Result<(), RedisError> {
        self.process.signal("CONT")
    }

    /// Has it carry out no command for a while; it answers what it was sent afterwards.
    ///
    /// # Errors
    ///
    /// [`RedisError`] if it cannot be told.
    pub async fn client_pause(&self, duration: Duration) -> Result<(), RedisError> {
        let duration = duration.as_millis().to_string();
        self.tell(&["CLIENT", "PAUSE", &duration]).await.map(drop)
    }

    /// Ends all connections of clients, those that listen to channels, too.
    ///
    /// # Errors
    ///
    /// [`RedisError`] if it cannot be told.
    pub async fn drop_connections(&self) -> Result<(), RedisError> {
        self.tell(&["CLIENT", "KILL", "TYPE", "pubsub"]).await?;
        self.tell(&["CLIENT", "KILL", "TYPE", "normal"])
            .await
            .map(drop)
    }
}

impl super::process::Process {
    /// The third field, after a name that may hold anything; `None` where there is no such file.
    fn is_stopped(&self) -> Option<bool> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id())).ok()?;
        let (_, after) = stat.rsplit_once(") ")?;
        Some(after.starts_with('T'))
    }
}
