//! One `redis-server` process.

use std::{
    fs, io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::RedisError;

/// How often the server is asked whether it is there, and how many times.
const ASK_EVERY: Duration = Duration::from_millis(20);
const ASK_TIMES: u32 = 1_500;

/// Servers that this process has started, so that each gets a folder of its own.
static SERVERS: AtomicU32 = AtomicU32::new(0);

/// Is one `redis-server` on loopback, with a folder of its own; it ends when this is dropped.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    folder: PathBuf,
    options: Vec<String>,
    process: Child,
}

impl RedisServer {
    /// Starts a server on a port that is free, which keeps what it is told on disk.
    ///
    /// # Errors
    ///
    /// [`RedisError`] if it cannot be run or does not answer within 30 seconds.
    pub async fn start() -> Result<Self, RedisError> {
        Self::with(["--appendonly", "yes"]).await
    }

    /// Starts a server with more options of its command line.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn with<O: Into<String>>(
        options: impl IntoIterator<Item = O>,
    ) -> Result<Self, RedisError> {
        let number = SERVERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("muster-redis-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).map_err(RedisError::Folder)?;
        let port = free_port().map_err(RedisError::Folder)?;
        let options: Vec<String> = options.into_iter().map(Into::into).collect();
        let process = spawn(port, &folder, &options)?;
        let mut server = Self {
            port,
            folder,
            options,
            process,
        };
        server.wait().await?;
        Ok(server)
    }

    /// Returns its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns its address as the URL that clients take.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it at once, as a crash does.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it again where it was, with what it had written to disk.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn restart(&mut self) -> Result<(), RedisError> {
        self.kill();
        self.process = spawn(self.port, &self.folder, &self.options)?;
        self.wait().await
    }

    /// Starts it again where it was, with nothing of what it knew.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn restart_empty(&mut self) -> Result<(), RedisError> {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
        fs::create_dir_all(&self.folder).map_err(RedisError::Folder)?;
        self.process = spawn(self.port, &self.folder, &self.options)?;
        self.wait().await
    }

    async fn wait(&mut self) -> Result<(), RedisError> {
        for _ in 0..ASK_TIMES {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                break;
            }
            if pongs(self.port).await.unwrap_or(false) {
                return Ok(());
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(RedisError::Silent(log))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn spawn(port: u16, folder: &Path, options: &[String]) -> Result<Child, RedisError> {
    let program = std::env::var("MUSTER_REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
    let log = folder.join("log");
    Command::new(&program)
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
        ])
        .arg("--dir")
        .arg(folder)
        .arg("--logfile")
        .arg(log)
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| RedisError::Run { program, source })
}

/// A port that nobody listens on, and that was free a moment ago.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Whether the server answers, and has loaded what it had on disk.
async fn pongs(port: u16) -> io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(b"PING\r\n").await?;
    let mut answer = [0; 16];
    let length = stream.read(&mut answer).await?;
    // A server that asks for a password is there, too.
    Ok(answer[..length].starts_with(b"+PONG") || answer[..length].starts_with(b"-NOAUTH"))
}
