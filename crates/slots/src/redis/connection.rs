//! One connection to one server.

use redis::{Value, aio::MultiplexedConnection};
use tokio::task::JoinHandle;

use super::{
    Redis, RedisError,
    endpoint::{Credentials, Endpoint},
    fault::{self, Fault},
    greeting::{self, Pushes},
    stream::Stream,
};

#[cfg(feature = "tls")]
use super::tls::Tls;

/// Makes connections, all in the same way.
#[derive(Debug)]
pub(super) struct Dialer {
    credentials: Credentials,
    finders: Credentials,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

/// One connection to one server; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Connected {
    endpoint: Endpoint,
    connection: MultiplexedConnection,
    /// What moves the bytes; it ends with the connection, and thus tells of its end.
    driver: JoinHandle<()>,
    name: Option<Name>,
}

/// What a server calls a connection: its number, which a restarted server gives again, and its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    id: String,
    address: String,
}

impl Dialer {
    pub(super) async fn new(redis: &Redis) -> Result<Self, RedisError> {
        Ok(Self {
            credentials: redis.credentials.clone(),
            finders: redis.finders.clone(),
            #[cfg(feature = "tls")]
            tls: match redis.place.has_tls() {
                true => Some(redis.tls.finish().await?),
                false => None,
            },
        })
    }

    /// Connects to a server that is to carry out commands, or to tell of messages.
    pub(super) async fn server(
        &self,
        endpoint: &Endpoint,
        pushes: Option<Pushes>,
    ) -> Result<Connected, RedisError> {
        let mut connected = self.dial(endpoint, &self.credentials, pushes).await?;
        let (hello, me) = (redis::cmd("HELLO"), client(&["INFO"]));
        let (hello, me) = tokio::join!(connected.ask(&hello), connected.ask(&me));
        // Who may not ask is served all the same.
        greeting::check_version(endpoint, &hello.unwrap_or(Value::Nil))?;
        connected.name = me.ok().as_ref().and_then(Name::read);
        Ok(connected)
    }

    /// Connects to a sentinel.
    pub(super) async fn sentinel(&self, endpoint: &Endpoint) -> Result<Connected, RedisError> {
        self.dial(endpoint, &self.finders, None).await
    }

    async fn dial(
        &self,
        endpoint: &Endpoint,
        credentials: &Credentials,
        pushes: Option<Pushes>,
    ) -> Result<Connected, RedisError> {
        let stream = self.open(endpoint).await;
        let stream = stream.map_err(|error| RedisError::unreachable(endpoint, error))?;
        match greeting::greet(stream, credentials, pushes).await {
            Ok((connection, driver)) => Ok(Connected {
                endpoint: endpoint.clone(),
                connection,
                driver,
                name: None,
            }),
            Err(error) if greeting::is_unknown(&error) => {
                let again = self.open(endpoint).await;
                Err(greeting::misunderstood(endpoint, credentials, error, again).await)
            }
            Err(error) => Err(fault::at_greeting(endpoint, error)),
        }
    }

    async fn open(&self, endpoint: &Endpoint) -> Result<Stream, super::error::Source> {
        #[cfg(feature = "tls")]
        return Stream::open(endpoint, self.tls.as_ref()).await;
        #[cfg(not(feature = "tls"))]
        return Stream::open(endpoint).await;
    }
}

impl Connected {
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(super) fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// Returns what carries commands; commands of several callers share the connection.
    pub(super) fn connection(&self) -> MultiplexedConnection {
        self.connection.clone()
    }

    /// Whether the connection is known to have ended: what is sent now would not be written.
    pub(super) fn has_ended(&self) -> bool {
        self.driver.is_finished()
    }

    pub(super) async fn ask(&self, command: &redis::Cmd) -> Result<Value, redis::RedisError> {
        command.query_async(&mut self.connection()).await
    }

    /// As [`ask`](Self::ask), for what is part of finding a server.
    pub(super) async fn find(
        &self,
        name: &'static str,
        command: &redis::Cmd,
    ) -> Result<Value, RedisError> {
        let answer = self.ask(command).await;
        answer.map_err(|error| match fault::of(&self.endpoint, name, error) {
            Fault::Moved(to) => RedisError::unreachable(&self.endpoint, format!("moved to {to}")),
            Fault::Lost(error) | Fault::Unready(error) | Fault::Answered(error) => error,
        })
    }

    /// Has the server end another connection, with all that it has not read of it yet.
    pub(super) async fn end(&self, other: &Name) {
        let kill = client(&["KILL", "ID", &other.id, "ADDR", &other.address]);
        // Who may not, or comes too late, is no worse off than before.
        let _ = self.ask(&kill).await;
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Name {
    fn read(info: &Value) -> Option<Self> {
        let text: String = redis::from_redis_value(info.clone()).ok()?;
        let field = |name: &str| {
            let mut fields = text.split_whitespace();
            fields
                .find_map(|field| field.strip_prefix(name))
                .map(ToOwned::to_owned)
        };
        let (id, address) = (field("id=")?, field("addr=")?);
        Some(Self { id, address })
    }
}

fn client(words: &[&str]) -> redis::Cmd {
    let mut command = redis::cmd("CLIENT");
    command.arg(words);
    command
}
