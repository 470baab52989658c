//! What a test tells Redis itself.

use redis::{FromRedisValue, aio::MultiplexedConnection};

use crate::Result;

/// Is a connection of the test's own to one server, as the default user.
#[derive(Debug, Clone)]
pub struct Raw(MultiplexedConnection);

impl Raw {
    /// Connects.
    pub async fn to(url: &str) -> Result<Self> {
        let client = redis::Client::open(url)?;
        Ok(Self(client.get_multiplexed_async_connection().await?))
    }

    /// Tells the server something, and returns its answer.
    pub async fn tell<T: FromRedisValue>(&self, words: &[&str]) -> Result<T> {
        let mut command = redis::Cmd::new();
        words.iter().for_each(|word| {
            command.arg(word);
        });
        Ok(command.query_async(&mut self.0.clone()).await?)
    }

    /// Tells the server several things, of which it answers nothing.
    pub async fn pipe(&self, commands: &redis::Pipeline) -> Result {
        Ok(commands.query_async(&mut self.0.clone()).await?)
    }

    /// Returns what is under a key, byte by byte; `None` if there is nothing.
    pub async fn dump(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.tell(&["DUMP", key]).await
    }
}
