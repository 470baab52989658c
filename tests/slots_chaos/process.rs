//! The processes of sites, seen from the test.

use std::{
    env,
    io::Write,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::time::{sleep, timeout};
use tower_muster_tests::Result;

use super::{
    PATIENCE,
    site::{TEST, VARIABLE},
};

/// How sites are started.
#[derive(Debug)]
pub(crate) struct Launcher {
    url: String,
    log: PathBuf,
    started: usize,
    has_setpriv: bool,
}

impl Launcher {
    pub(crate) fn new(url: String, log: PathBuf) -> Self {
        let mut tried = Command::new("setpriv");
        let tried = tried.args(["--pdeathsig", "KILL", "true"]);
        let tried = tried.stdout(Stdio::null()).stderr(Stdio::null());
        Self {
            url,
            log,
            started: 0,
            has_setpriv: tried.status().is_ok_and(|status| status.success()),
        }
    }

    /// Starts a site: from the test's own thread, since the system ends a process with the thread that started it.
    pub(crate) fn start(&mut self, id: &str, kind: &str) -> Result<Process> {
        self.started += 1;
        let name = format!("{id}.{}", self.started);
        let program = env::current_exe()?;
        let mut command = match self.has_setpriv {
            // A process that is stopped does not see the end of its input.
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--pdeathsig", "KILL"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        command.args(["--exact", TEST, "--ignored", "--nocapture"]);
        let log = self.log.display();
        command.env(VARIABLE, format!("{id} {name} {} {log} {kind}", self.url));
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Process { name, child })
    }
}

/// One site; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) name: String,
    child: Child,
}

impl Process {
    /// Sends a signal, by the shell, which has a command for it everywhere.
    pub(crate) fn signal(&self, name: &str) -> Result {
        let command = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &command]).status()?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("{} is gone before its time", self.name).into()),
        }
    }

    /// Tells it what to do.
    pub(crate) fn tell(&mut self, what: &str) -> Result {
        let input = self.child.stdin.as_mut().ok_or("no input")?;
        Ok(input.write_all(format!("{what}\n").as_bytes())?)
    }

    /// Sees that it has not ended.
    pub(crate) fn is_there(&mut self) -> Result {
        match self.child.try_wait()? {
            Some(status) => Err(format!("{} has ended: {status}", self.name).into()),
            None => Ok(()),
        }
    }

    /// Waits until it has left.
    pub(crate) async fn left(mut self) -> Result {
        let end = timeout(PATIENCE, async {
            loop {
                match self.child.try_wait()? {
                    Some(status) => return Ok(status),
                    None => sleep(Duration::from_millis(20)).await,
                }
            }
        });
        let status: Result<_> = end
            .await
            .map_err(|_| format!("{} does not leave", self.name))?;
        match status?.success() {
            true => Ok(()),
            false => Err(format!("{} has failed", self.name).into()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
