//! The servers' process: this program once more.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use tower_muster::BoxError;

use super::server::Nodes;

pub(super) const NODES: u8 = 9;

/// The servers, which end with this value.
pub(super) struct Server {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    nodes: Nodes,
}

impl Server {
    pub(super) fn start() -> Result<Self, BoxError> {
        let mut child = Command::new(env::current_exe()?)
            .args(["overhead-server", "--nodes", &NODES.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the servers cannot be talked to".into());
        };
        let mut server = Self {
            child,
            questions,
            answers: BufReader::new(answers),
            nodes: Nodes::default(),
        };
        server.nodes = serde_json::from_str(&server.line()?)?;
        Ok(server)
    }

    pub(super) fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// How many connections the servers have accepted so far.
    pub(super) fn accepted(&mut self) -> Result<u64, BoxError> {
        self.questions.write_all(b"\n")?;
        Ok(self.line()?.trim().parse()?)
    }

    fn line(&mut self) -> Result<String, BoxError> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err("the servers' process has ended".into()),
            _ => Ok(line),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing left to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
