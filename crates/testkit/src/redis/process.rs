//! One `redis-server` process.

use std::{
    fs, io,
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::{RedisError, folder::Folder, ports, spawner};

/// How often it is looked whether the server is there, and how many times: half a minute.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const LOOK_TIMES: u32 = 1_500;
/// How often another port is tried when somebody else was faster.
const PORTS: u32 = 10;

/// Its own words, when others can connect; a sentinel has others.
const READY: [&str; 2] = ["Ready to accept connections", "Sentinel ID is"];
/// The name of the file that it logs to.
const LOG: &str = "log";

/// One `redis-server` process in a folder of its own, both of which end when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    port: u16,
    tls_port: Option<u16>,
    options: Vec<String>,
    child: Child,
    folder: Folder,
}

impl Process {
    /// Starts a server in a folder, with more options of its command line.
    pub(super) async fn start(
        folder: Folder,
        tls: bool,
        options: Vec<String>,
    ) -> Result<Self, RedisError> {
        Self::start_on(ports::free, folder, tls, options).await
    }

    async fn start_on(
        mut ports: impl FnMut() -> u16,
        folder: Folder,
        tls: bool,
        options: Vec<String>,
    ) -> Result<Self, RedisError> {
        let mut tried = 0;
        loop {
            let (port, tls_port) = (ports(), tls.then(&mut ports));
            let mut child = spawn(port, tls_port, &folder, &options).await?;
            match wait(&mut child, &folder).await {
                Err(RedisError::Silent(log)) if is_taken(&log) && tried < PORTS => tried += 1,
                Err(error) => return Err(error),
                Ok(()) => {
                    return Ok(Self {
                        port,
                        tls_port,
                        options,
                        child,
                        folder,
                    });
                }
            }
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn tls_port(&self) -> Option<u16> {
        self.tls_port
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again on the same ports.
    pub(super) async fn restart(&mut self, keeps: bool) -> Result<(), RedisError> {
        self.kill();
        if !keeps {
            self.folder.empty().map_err(RedisError::Folder)?;
        }
        self.child = spawn(self.port, self.tls_port, &self.folder, &self.options).await?;
        wait(&mut self.child, &self.folder).await
    }

    /// Sends a signal, by the shell, which has a command for it everywhere.
    pub(super) fn signal(&self, name: &str) -> Result<(), RedisError> {
        let command = format!("kill -{name} {}", self.child.id());
        let mut shell = Command::new("sh");
        let shell = shell.args(["-c", &command]);
        let shell = shell
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let failed = |source| RedisError::Run {
            program: command.clone(),
            source,
        };
        match shell.status().map_err(failed)?.success() {
            true => Ok(()),
            false => Err(failed(io::Error::other("the process is gone"))),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn spawn(
    port: u16,
    tls_port: Option<u16>,
    folder: &Folder,
    options: &[String],
) -> Result<Child, RedisError> {
    let program = std::env::var("MUSTER_REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
    // What it said before is not what it says now.
    let _ = fs::remove_file(folder.path().join(LOG));
    let mut command = spawner::command(&program);
    // A file with settings comes before all of them.
    let file = options.first().filter(|first| !first.starts_with("--"));
    command.args(file);
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
    if let Some(port) = tls_port {
        command.args(["--tls-port", &port.to_string()]);
    }
    command.arg("--dir").arg(folder.path());
    command.arg("--logfile").arg(folder.path().join(LOG));
    command.args(options.iter().skip(usize::from(file.is_some())));
    let started = spawner::spawn(command).await;
    started.map_err(|source| RedisError::Run { program, source })
}

async fn wait(child: &mut Child, folder: &Folder) -> Result<(), RedisError> {
    let log = || fs::read_to_string(folder.path().join(LOG)).unwrap_or_default();
    for _ in 0..LOOK_TIMES {
        if let Ok(Some(status)) = child.try_wait() {
            // So says a shell, and whoever runs programs for others.
            if let (Some(126 | 127), true) = (status.code(), log().is_empty()) {
                return Err(RedisError::Run {
                    program: "redis-server".to_owned(),
                    source: io::ErrorKind::NotFound.into(),
                });
            }
            return Err(RedisError::Silent(log()));
        }
        if READY.iter().any(|ready| log().contains(ready)) {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let _ = child.kill();
    let _ = child.wait();
    Err(RedisError::Silent(log()))
}

fn is_taken(log: &str) -> bool {
    log.contains("Address already in use") || log.contains("Failed listening on port")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_port_that_somebody_else_has_taken_is_left_to_him() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
        let taken = taken.local_addr().map(|address| (taken, address.port()));
        let (_listener, port) = taken.expect("an address");
        let mut first = Some(port);
        let ports = || first.take().unwrap_or_else(ports::free);
        let folder = Folder::new().expect("a folder");
        let path = folder.path().to_owned();
        let process = Process::start_on(ports, folder, false, Vec::new()).await;
        let process = process.expect("a server on another port");
        assert_ne!(process.port(), port);
        drop(process);
        assert!(!path.exists(), "its folder goes with it");
    }
}
