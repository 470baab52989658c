//! A link to the server that takes writes.

mod current;
mod job;

use std::{sync::Arc, time::Duration};

use redis::{Pipeline, Value};
use tokio::time::{Instant, timeout_at};

pub(super) use self::current::Current;
use self::job::Job;
use super::{Listening, Redis, RedisError, Script, connection::Connected, fault::Fault};

/// Bounds how often one command follows the server that it belongs to.
const MOST_MOVES: u32 = 4;

/// Is a link to the server that takes writes, wherever that is at the time.
///
/// One connection, shared by all callers; another is made by whoever needs it when it is lost, or did not answer.
/// Each call ends within the timeout. A call is sent again only if the first was not carried out: never written, or
/// refused by a server that is not in charge. Whatever else fails is reported: see [`RedisError`] for what that leaves
/// open. What timed out can still be carried out until another call of this link has been answered, and not after
/// that: the server is told to end the old connection first, if it lets us.
///
/// # Clone
///
/// Shares the connection.
#[derive(Debug, Clone)]
pub(crate) struct Link(Arc<Current>);

impl Link {
    /// Connects, and makes sure that the server is new enough.
    pub(crate) async fn connect(redis: &Redis, timeout: Duration) -> Result<Self, RedisError> {
        let link = Self(Arc::new(Current::new(redis, timeout).await?));
        link.0.connected(link.deadline()).await?;
        Ok(link)
    }

    /// Runs a script.
    pub(crate) async fn run(
        &self,
        script: &Script,
        keys: &[&str],
        args: &[impl AsRef<[u8]>],
    ) -> Result<Value, RedisError> {
        let command = script.by_hash(keys, args);
        self.carry_out(&Job::Script { script, command }).await
    }

    /// Runs commands in one transaction, and returns their answers.
    pub(crate) async fn atomically(
        &self,
        mut commands: Pipeline,
    ) -> Result<Vec<Value>, RedisError> {
        commands.atomic();
        match self.carry_out(&Job::Transaction(commands)).await? {
            Value::Array(answers) => Ok(answers),
            other => Ok(vec![other]),
        }
    }

    /// Hears what is published on a channel, over a connection of its own.
    pub(crate) async fn listen(&self, channel: &str) -> Result<Listening, RedisError> {
        Listening::open(&self.0, channel, self.deadline()).await
    }

    async fn carry_out(&self, job: &Job<'_>) -> Result<Value, RedisError> {
        let deadline = self.deadline();
        let mut connected = self.0.connected(deadline).await?;
        let mut moves = 0;
        loop {
            let (unready, to) = match timeout_at(deadline, job.at(&connected)).await {
                Err(_) => return Err(self.silent(&connected)),
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(Fault::Answered(error))) => return Err(error),
                Ok(Err(Fault::Lost(error))) => {
                    self.0.forget(&connected);
                    return Err(error);
                }
                Ok(Err(Fault::Unready(error))) => (error, None),
                Ok(Err(Fault::Moved(to))) => (job.lost_its_way(&connected), Some(to)),
            };
            // A server that is busy or loads its data stays the one, and others wait for its answers.
            if !may_have_moved(&unready) {
                return Err(unready);
            }
            self.0.forget(&connected);
            moves += 1;
            if moves > MOST_MOVES {
                return Err(unready);
            }
            connected = match to {
                Some(to) => self.0.move_to(to, deadline).await?,
                None => self.0.another(&connected, deadline).await.ok_or(unready)?,
            };
        }
    }

    fn silent(&self, connected: &Arc<Connected>) -> RedisError {
        self.0.forget(connected);
        RedisError::Timeout {
            address: connected.endpoint().to_string(),
            after: self.0.timeout(),
        }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.0.timeout()
    }
}

/// Whether another server may be in charge, so that it is worth asking for it at once.
fn may_have_moved(error: &RedisError) -> bool {
    match error {
        RedisError::Unready { code, detail, .. } => {
            matches!(
                code.as_str(),
                "MOVED" | "READONLY" | "CLUSTERDOWN" | "MASTERDOWN"
            ) || detail.contains("-READONLY")
        }
        _ => false,
    }
}
