//! The `muster-cluster` program beside this one, for as long as a script talks to it.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use crate::failure::Failure;
use crate::process::Run;
use crate::steps::clients::probe::answers_unsigned;

/// Enough nodes that one can be asked about the others.
const NODES: usize = 3;

/// The program ends by itself after this, so that a script that hangs loses its nodes and fails.
const SECONDS: &str = "300";

/// Generous for a program that binds a few sockets, so that only one that hangs exceeds it.
const START_LIMIT: Duration = Duration::from_secs(30);

/// The keys that a script signs with; they open nothing but this cluster.
const KEYS: [&str; 2] = ["muster", "not-a-secret"];

/// Whether the nodes verify signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// They do.
    Signed,
    /// They do not, and take a request with any signature or none.
    Unsigned,
}

impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signed => "signed",
            Self::Unsigned => "unsigned",
        })
    }
}

/// A running cluster; dropping it ends the process, by its id.
#[derive(Debug)]
pub(crate) struct Cluster {
    process: Child,
    endpoints: Vec<String>,
}

impl Cluster {
    /// Starts the program and waits until it has said where its nodes are.
    ///
    /// The program chooses free addresses itself, so that two runs on one machine do not meet.
    pub(crate) fn start(root: &Path, program: &Path, auth: Auth) -> Result<Self, Failure> {
        let topology = format!("--topology dc1:rack1={NODES}");
        let mut run = Run::new(program, root)
            .words(&topology)
            .words("--port 0 --for-seconds")
            .arg(SECONDS);
        if auth == Auth::Signed {
            run = run.arg("--credentials").arg(KEYS.join(":"));
        }
        let spawned = run
            .into_command()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut process = spawned.map_err(|error| Failure::file(program, &error))?;
        let output = process.stdout.take();
        let mut cluster = Self {
            process,
            endpoints: Vec::new(),
        };
        if let Some(output) = output {
            cluster.endpoints = endpoints(&lines(output), NODES, START_LIMIT)?;
        }
        cluster.verifies_as_told(auth)?;
        Ok(cluster)
    }

    /// Returns the arguments of a script: each endpoint, the access key, the secret.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        self.endpoints
            .iter()
            .map(String::as_str)
            .chain(KEYS)
            .collect()
    }

    /// Makes sure that each node verifies, or does not, as it was told.
    fn verifies_as_told(&self, auth: Auth) -> Result<(), Failure> {
        for endpoint in &self.endpoints {
            if answers_unsigned(endpoint)? != (auth == Auth::Unsigned) {
                return Err(Failure::new(format!(
                    "{endpoint} was started {auth} and does not act so"
                )));
            }
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads to the end on a thread of its own, so that the program never waits for a reader.
fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody listens once the endpoints are known.
            let _ = sender.send(line);
        }
    });
    receiver
}

/// Collects the URLs of the nodes from what the program says.
fn endpoints(
    lines: &Receiver<String>,
    count: usize,
    limit: Duration,
) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    while found.len() < count {
        let line = lines.recv_timeout(limit).map_err(|_| {
            Failure::new(format!(
                "muster-cluster named {} of {count} nodes, and no more",
                found.len()
            ))
        })?;
        println!("{line}");
        found.extend(
            line.split_whitespace()
                .filter(|word| word.starts_with("http://"))
                .map(str::to_owned),
        );
    }
    found.truncate(count);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &'static str) -> Result<Vec<String>, Failure> {
        endpoints(&lines(text.as_bytes()), 2, Duration::from_secs(5))
    }

    #[test]
    fn nodes_are_found_in_what_the_program_says() {
        let found = said(
            "starting\nnode http://127.0.0.1:8000 dc1 rack1\nnode http://127.0.0.2:8000 dc1 rack1\n",
        );
        assert_eq!(
            found.unwrap(),
            ["http://127.0.0.1:8000", "http://127.0.0.2:8000"]
        );
    }

    #[test]
    fn a_program_that_ends_early_is_a_failure_that_counts_its_nodes() {
        let failure = said("node http://127.0.0.1:8000 dc1 rack1\n")
            .unwrap_err()
            .to_string();
        assert!(failure.contains("1 of 2"), "{failure}");
    }

    #[test]
    fn a_script_is_given_the_endpoints_and_then_the_keys() {
        let process = Run::new("true", Path::new("."))
            .into_command()
            .spawn()
            .unwrap();
        let cluster = Cluster {
            process,
            endpoints: vec!["http://a".to_owned(), "http://b".to_owned()],
        };
        assert_eq!(
            cluster.arguments(),
            ["http://a", "http://b", KEYS[0], KEYS[1]]
        );
    }
}
