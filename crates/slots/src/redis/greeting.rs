//! The first words of a connection: who speaks, in which protocol, and how old the server is.

use redis::{
    AsyncConnectionConfig, ErrorKind,
    ProtocolVersion::{RESP2, RESP3},
    PushInfo, RedisConnectionInfo, Value,
    aio::{MultiplexedConnection, SendError},
};
use tokio::task::JoinHandle;

use super::{
    RedisError,
    endpoint::{Credentials, Endpoint},
    fault,
    stream::Stream,
};

/// The oldest server that can be used: `CLIENT INFO` and `ZADD` with `GT` came with it
/// (<https://redis.io/docs/latest/commands/client-info/>, <https://redis.io/docs/latest/commands/zadd/>).
pub(super) const NEEDED: &str = "6.2";

/// Takes what the server says unasked, and must not block.
pub(super) type Pushes = Box<dyn Fn(PushInfo) -> Result<(), SendError> + Send + Sync>;

/// Greets in RESP3, so that answers have types, and messages may come among them.
pub(super) async fn greet(
    stream: Stream,
    credentials: &Credentials,
    pushes: Option<Pushes>,
) -> Result<(MultiplexedConnection, JoinHandle<()>), redis::RedisError> {
    // Timeouts are the link's, which knows what has been sent.
    let mut config = AsyncConnectionConfig::new()
        .set_response_timeout(None)
        .set_connection_timeout(None);
    if let Some(pushes) = pushes {
        config = config.set_push_sender(pushes);
    }
    let info = settings(credentials).set_protocol(RESP3);
    let greeted = MultiplexedConnection::new_with_config(&info, stream, config).await;
    greeted.map(|(connection, driver)| (connection, tokio::spawn(driver)))
}

/// Turns a greeting that failed into the error that says why.
pub(super) async fn misunderstood(
    endpoint: &Endpoint,
    credentials: &Credentials,
    error: redis::RedisError,
    again: Result<Stream, super::error::Source>,
) -> RedisError {
    let Ok(stream) = again else {
        return fault::at_greeting(endpoint, error);
    };
    // A server that knows no RESP3 may say how old it is, and is too old in any case.
    let found = version_of_the_old(stream, credentials).await;
    RedisError::TooOld {
        address: endpoint.to_string(),
        found: found.unwrap_or_else(|| "older than 6.0".to_owned()),
        needed: NEEDED,
    }
}

/// Whether the server did not understand the greeting, as those before 6.0.
pub(super) fn is_unknown(error: &redis::RedisError) -> bool {
    error.kind() == ErrorKind::RESP3NotSupported
}

async fn version_of_the_old(stream: Stream, credentials: &Credentials) -> Option<String> {
    let info = settings(credentials).set_protocol(RESP2);
    let greeted = MultiplexedConnection::new(&info, stream).await;
    let (mut connection, driver) = greeted.ok()?;
    let mut ask = redis::cmd("INFO");
    ask.arg("server");
    let answer = ask.query_async::<String>(&mut connection);
    let text = tokio::select! {
        answer = answer => answer.ok()?,
        () = driver => return None,
    };
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("redis_version:"))?;
    Some(line.trim().to_owned())
}

fn settings(credentials: &Credentials) -> RedisConnectionInfo {
    let mut info = RedisConnectionInfo::default()
        .set_db(credentials.database)
        .set_lib_name("tower-muster-slots", env!("CARGO_PKG_VERSION"));
    if let Some(user) = &credentials.user {
        info = info.set_username(user);
    }
    if let Some(password) = &credentials.password {
        info = info.set_password(password);
    }
    info
}

/// Refuses a server by the version in its answer to HELLO; one that keeps it to itself is taken.
pub(super) fn check_version(endpoint: &Endpoint, hello: &Value) -> Result<(), RedisError> {
    let Value::Map(fields) = hello else {
        return Ok(());
    };
    let version = fields
        .iter()
        .find_map(|(name, value)| match (text(name), text(value)) {
            (Some("version"), version) => version,
            _ => None,
        });
    match version {
        Some(version) if is_older(version) => Err(RedisError::TooOld {
            address: endpoint.to_string(),
            found: version.to_owned(),
            needed: NEEDED,
        }),
        _ => Ok(()),
    }
}

fn is_older(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (6, 2),
        _ => false,
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::is_older;

    #[test]
    fn versions_are_compared_by_number() {
        for old in ["4.0.0", "6.0.16", "6.1.240"] {
            assert!(is_older(old), "{old}");
        }
        for fine in [
            "6.2.0",
            "6.10.0",
            "7.0.15",
            "10.0.0",
            "255.255.255",
            "unstable",
        ] {
            assert!(!is_older(fine), "{fine}");
        }
    }
}
