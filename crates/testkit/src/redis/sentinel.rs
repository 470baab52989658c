//! A master and a replica that sentinels watch.

use std::{
    fs,
    io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof},
    time::Duration,
};

use super::{
    RedisError, RedisServer,
    folder::Folder,
    process::Process,
    reply::{self, Reply},
};

/// The name under which the sentinels know the master.
const NAME: &str = "muster";
/// How many of the three have to agree.
const QUORUM: &str = "2";
/// For how long the master has to be silent, and within what time another is made, in milliseconds.
const DOWN_AFTER: &str = "1000";
const FAILOVER_TIMEOUT: &str = "5000";
/// How often it is asked whether all is as it should be, and how many times: two minutes.
const ASK_EVERY: Duration = Duration::from_millis(50);
const ASK_TIMES: u32 = 2_400;

/// Is a master, a replica and three sentinels, two of which have to agree; they end when this is dropped.
///
/// ```
/// use tower_muster_testkit::redis::RedisSentinels;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut redis = RedisSentinels::start().await?;
/// assert_eq!(redis.urls().len(), 3);
///
/// let before = redis.master().url();
/// redis.fail_over().await?;
/// assert_ne!(redis.master().url(), before);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RedisSentinels {
    servers: Vec<RedisServer>,
    master: usize,
    sentinels: Vec<Process>,
}

impl RedisSentinels {
    /// Starts them, and waits until all know each other and the replica has what the master has.
    ///
    /// # Errors
    ///
    /// [`RedisError`] if one cannot be started, or they do not find each other within two minutes.
    pub async fn start() -> Result<Self, RedisError> {
        // A replica that comes late is not waited for.
        let master = RedisServer::with(["--repl-diskless-sync-delay", "0"]).await?;
        let port = master.port().to_string();
        let replica = RedisServer::with([
            "--replicaof",
            "127.0.0.1",
            &port,
            "--repl-diskless-sync-delay",
            "0",
        ]);
        let servers = vec![master, replica.await?];
        let mut sentinels = Vec::new();
        for _ in 0..3 {
            sentinels.push(sentinel(&port).await?);
        }
        let started = Self {
            servers,
            master: 0,
            sentinels,
        };
        started.settle().await?;
        Ok(started)
    }

    /// Returns the name under which the sentinels know the master.
    #[must_use]
    pub fn name(&self) -> &'static str {
        NAME
    }

    /// Returns the sentinels' addresses as the URLs that clients take.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        let url = |sentinel: &Process| format!("redis://127.0.0.1:{}", sentinel.port());
        self.sentinels.iter().map(url).collect()
    }

    /// Returns the master, as far as [`fail_over`](Self::fail_over) knows.
    #[must_use]
    pub fn master(&self) -> &RedisServer {
        &self.servers[self.master]
    }

    /// Returns the other server.
    #[must_use]
    pub fn other(&self) -> &RedisServer {
        &self.servers[1 - self.master]
    }

    /// Kills the master, and waits until all sentinels name the other server, which has become it.
    ///
    /// # Errors
    ///
    /// [`RedisError`] if that does not happen within two minutes.
    pub async fn fail_over(&mut self) -> Result<(), RedisError> {
        self.servers[self.master].kill();
        self.until_replaced().await
    }

    /// Starts the server that was killed, and waits until it has become a replica.
    ///
    /// # Errors
    ///
    /// [`RedisError`] if that does not happen within two minutes.
    pub async fn restore(&mut self) -> Result<(), RedisError> {
        self.servers[1 - self.master].restart().await?;
        self.settle().await
    }

    /// Waits until all sentinels name the other server, which has become the master, whyever that is.
    ///
    /// # Errors
    ///
    /// [`RedisError`] if that does not happen within two minutes.
    pub async fn until_replaced(&mut self) -> Result<(), RedisError> {
        let next = 1 - self.master;
        let port = self.servers[next].port().to_string();
        let mut said = String::new();
        for _ in 0..ASK_TIMES {
            let role = unless_cut_off(self.servers[next].tell(&["ROLE"]).await)?.list();
            let mut agree = usize::from(role.first().is_some_and(|role| role.text() == "master"));
            for sentinel in &self.sentinels {
                let known = reply::tell(sentinel.port(), &[&["SENTINEL", "MASTER", NAME]]).await?;
                agree += usize::from(known.field("port") == port);
                said = format!("{known:?}");
            }
            if agree == 1 + self.sentinels.len() {
                self.master = next;
                return Ok(());
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        Err(RedisError::Silent(said))
    }

    async fn settle(&self) -> Result<(), RedisError> {
        let mut said = String::new();
        for _ in 0..ASK_TIMES {
            let info = unless_cut_off(self.other().tell(&["INFO", "replication"]).await)?;
            let mut well = usize::from(info.text().contains("master_link_status:up"));
            for sentinel in &self.sentinels {
                let known = reply::tell(sentinel.port(), &[&["SENTINEL", "MASTER", NAME]]).await?;
                let knows = known.field("num-slaves") == "1"
                    && known.field("num-other-sentinels") == "2"
                    && known.field("flags") == "master";
                well += usize::from(knows);
                said = format!("{known:?}");
            }
            if well == 1 + self.sentinels.len() {
                return Ok(());
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        Err(RedisError::Silent(said))
    }
}

/// A sentinel that gives a server another role ends the connections to it; the server is to be asked again.
fn unless_cut_off(told: Result<Reply, RedisError>) -> Result<Reply, RedisError> {
    match told {
        Err(RedisError::Unreachable { source, .. })
            if matches!(source.kind(), UnexpectedEof | ConnectionReset | BrokenPipe) =>
        {
            Ok(Reply::Nothing)
        }
        told => told,
    }
}

/// A sentinel writes what it learns into the file that its settings come from.
async fn sentinel(master: &str) -> Result<Process, RedisError> {
    let folder = Folder::new().map_err(RedisError::Folder)?;
    let path = folder.path().join("sentinel.conf");
    let settings = [
        format!("sentinel monitor {NAME} 127.0.0.1 {master} {QUORUM}"),
        format!("sentinel down-after-milliseconds {NAME} {DOWN_AFTER}"),
        format!("sentinel failover-timeout {NAME} {FAILOVER_TIMEOUT}"),
    ];
    fs::write(&path, settings.join("\n") + "\n").map_err(RedisError::Folder)?;
    let options = vec![path.display().to_string(), "--sentinel".to_owned()];
    Process::start(folder, false, options).await
}
