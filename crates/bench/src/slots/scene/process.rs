//! One site's process: this program once more.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tower_muster::BoxError;

use crate::slots::site::{Arguments, Joined};

/// A site's process, which ends with this value.
pub(in crate::slots) struct SiteProcess {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    port: u16,
}

impl SiteProcess {
    /// Starts it; [`joined`](Self::joined) waits for it.
    pub(super) fn start(arguments: &Arguments) -> Result<Self, BoxError> {
        let group = &arguments.group;
        let mut child = Command::new(env::current_exe()?)
            .args(["slots-site", "--redis", &arguments.redis])
            .args(["--id", &arguments.id])
            .args(["--port", &arguments.port.to_string()])
            .args(["--slots", &group.slots.to_string()])
            .args(["--replicas", &group.replicas.to_string()])
            .args(["--min-sites", &group.min_sites.to_string()])
            .args(["--timeout-ms", &group.timeout_ms.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a site cannot be talked to".into());
        };
        Ok(Self {
            child,
            questions,
            answers: BufReader::new(answers),
            port: 0,
        })
    }

    /// Waits until it is a member.
    pub(super) fn joined(&mut self) -> Result<(), BoxError> {
        let joined: Joined = serde_json::from_str(&self.line()?)?;
        self.port = joined.port;
        Ok(())
    }

    pub(in crate::slots) fn port(&self) -> u16 {
        self.port
    }

    /// The numbers of the writes that it has committed since it was last asked.
    pub(in crate::slots) fn commits(&mut self) -> Result<Vec<u64>, BoxError> {
        self.questions.write_all(b"\n")?;
        Ok(serde_json::from_str(&self.line()?)?)
    }

    /// Ends it at once, and waits until it is gone.
    pub(in crate::slots) fn kill(&mut self) -> Result<(), BoxError> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Stops all its threads where they are, and waits until they stand.
    pub(in crate::slots) fn pause(&self) -> Result<(), BoxError> {
        kill_process(self.id(), Signal::STOP)?;
        match waitpid(Some(self.id()), WaitOptions::UNTRACED)? {
            Some((_, status)) if status.stopped() => Ok(()),
            _ => Err("a site has ended that was to be stopped".into()),
        }
    }

    pub(in crate::slots) fn resume(&self) -> Result<(), BoxError> {
        Ok(kill_process(self.id(), Signal::CONT)?)
    }

    fn id(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn line(&mut self) -> Result<String, BoxError> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err("a site's process has ended".into()),
            _ => Ok(line),
        }
    }
}

impl Drop for SiteProcess {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
