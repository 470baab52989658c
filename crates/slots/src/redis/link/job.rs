//! What a link carries out.

use redis::{Cmd, Pipeline, ServerErrorKind, Value};

use crate::redis::{
    RedisError, Script,
    connection::Connected,
    fault::{self, Fault},
};

/// What a link carries out.
pub(super) enum Job<'a> {
    Script { script: &'a Script, command: Cmd },
    Transaction(Pipeline),
}

impl Job<'_> {
    pub(super) async fn at(&self, connected: &Connected) -> Result<Value, Fault> {
        let answer = match self {
            Self::Script { script, command } => run(connected, script, command).await,
            Self::Transaction(commands) => commands.query_async(&mut connected.connection()).await,
        };
        answer.map_err(|error| fault::of(connected.endpoint(), self.name(), error))
    }

    /// The error for when it has been sent from server to server for too long.
    pub(super) fn lost_its_way(&self, connected: &Connected) -> RedisError {
        RedisError::Unready {
            address: connected.endpoint().to_string(),
            code: "MOVED".to_owned(),
            detail: format!("too often, with {}", self.name()),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Script { script, .. } => script.name(),
            Self::Transaction(_) => "MULTI",
        }
    }
}

async fn run(connected: &Connected, script: &Script, command: &Cmd) -> redis::RedisResult<Value> {
    let answer = connected.ask(command).await;
    let missing = |error: &redis::RedisError| {
        error.kind() == redis::ErrorKind::Server(ServerErrorKind::NoScript)
    };
    match answer {
        Err(error) if missing(&error) => {
            connected.ask(&script.load()).await?;
            connected.ask(command).await
        }
        answer => answer,
    }
}
