//! One server.

use super::{
    RedisError, RedisTls,
    folder::Folder,
    process::Process,
    reply::{self, Reply},
};

/// Each command is in a file before it is answered. Nothing waits for the disk: only the process is going to be killed.
const KEEPING: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "no"];

/// Is one `redis-server` on loopback, with a folder of its own; it ends when this is dropped.
///
/// ```
/// use tower_muster_testkit::redis::RedisServer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut server = RedisServer::start().await?;
/// assert_eq!(server.url(), format!("redis://127.0.0.1:{}", server.port()));
///
/// // It is stopped while its connections stay open, goes on, is killed, and comes back with what it knew.
/// server.pause().await?;
/// server.resume()?;
/// server.kill();
/// server.restart().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RedisServer {
    pub(super) process: Process,
    /// The default user's.
    pub(super) password: Option<String>,
}

impl RedisServer {
    /// Starts a server on a port that is free, which keeps what it is told on disk.
    ///
    /// # Errors
    ///
    /// [`RedisError`] if it cannot be run or does not come up within 30 seconds.
    pub async fn start() -> Result<Self, RedisError> {
        Self::with(KEEPING).await
    }

    /// Starts a server with more options of its command line.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn with<O: Into<String>>(
        options: impl IntoIterator<Item = O>,
    ) -> Result<Self, RedisError> {
        let folder = Folder::new().map_err(RedisError::Folder)?;
        Self::within(folder, false, options.into_iter().map(Into::into)).await
    }

    /// Starts a server that speaks TLS on a second port, and keeps what it is told on disk.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start); and if the server was built without TLS.
    pub async fn with_tls(tls: &RedisTls) -> Result<Self, RedisError> {
        let folder = Folder::new().map_err(RedisError::Folder)?;
        let mut options: Vec<_> = KEEPING.map(ToOwned::to_owned).into();
        options.extend(tls.options(folder.path())?);
        Self::within(folder, true, options).await
    }

    pub(super) async fn within(
        folder: Folder,
        tls: bool,
        options: impl IntoIterator<Item = String>,
    ) -> Result<Self, RedisError> {
        // Snapshots would be written at times of their own.
        let mut all = vec!["--save".to_owned(), String::new()];
        all.extend(options);
        Ok(Self {
            process: Process::start(folder, tls, all).await?,
            password: None,
        })
    }

    /// Returns its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.process.port()
    }

    /// Returns its address as the URL that clients take.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// Returns its address for TLS, if it was started [with TLS](Self::with_tls).
    #[must_use]
    pub fn tls_url(&self) -> Option<String> {
        let port = self.process.tls_port()?;
        Some(format!("rediss://127.0.0.1:{port}"))
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again where it was, with what it had written to disk.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn restart(&mut self) -> Result<(), RedisError> {
        // A password is not on disk.
        self.password = None;
        self.process.restart(true).await
    }

    /// Starts it again where it was, with nothing of what it knew.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn restart_empty(&mut self) -> Result<(), RedisError> {
        self.password = None;
        self.process.restart(false).await
    }

    /// Tells it something as the default user, and returns the reply.
    pub(super) async fn tell(&self, words: &[&str]) -> Result<Reply, RedisError> {
        match &self.password {
            Some(password) => reply::tell(self.port(), &[&["AUTH", password], words]).await,
            None => reply::tell(self.port(), &[words]).await,
        }
    }
}
