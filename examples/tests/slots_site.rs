//! Sites that run as programs of their own: one joins another, and one leaves while it is counted.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a failed expectation is the report"
)]

use std::{
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

/// Longer than any machine needs.
const PATIENCE: Duration = Duration::from_secs(120);

const SITE: &str = env!("CARGO_BIN_EXE_slots_site");
const CLIENT: &str = env!("CARGO_BIN_EXE_slots_client");

/// A program, killed when this is dropped.
struct Program {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
    complained: Lines<BufReader<ChildStderr>>,
}

impl Program {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).kill_on_drop(true);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            said: BufReader::new(child.stdout.take().unwrap()).lines(),
            complained: BufReader::new(child.stderr.take().unwrap()).lines(),
            child,
        }
    }

    /// Starts a site; where its Redis is, once it has joined.
    async fn site(id: &str, redis: Option<&str>) -> (Self, String) {
        // Fewer slots to move, and silence that is none on a slow machine.
        let mut arguments = vec!["--id", id, "--slots", "64", "--timeout", "5000"];
        arguments.extend(redis.iter().flat_map(|url| ["--redis", url]));
        let mut site = Self::start(SITE, &arguments);
        let joined = line(&mut site.said).await;
        let Some(joined) = joined else {
            panic!("{id}: {}", rest(&mut site.complained).await);
        };
        let url = joined
            .split([' ', ';'])
            .find(|word| word.starts_with("redis://"));
        let url = url.unwrap_or_else(|| panic!("where Redis is: {joined}"));
        (site, url.to_owned())
    }

    /// Interrupts it, as ctrl-c does.
    async fn interrupt(&self) {
        let id = self.child.id().expect("it runs").to_string();
        let told = Command::new("kill").args(["-INT", &id]).status().await;
        assert!(told.unwrap().success(), "it runs");
    }

    /// How it ends, and what it says and complains of until then.
    async fn end(mut self) -> (ExitStatus, String, String) {
        let said = rest(&mut self.said).await;
        let complained = rest(&mut self.complained).await;
        let ended = timeout(PATIENCE, self.child.wait()).await;
        (ended.expect("it ends").unwrap(), said, complained)
    }
}

async fn line(lines: &mut Lines<BufReader<impl AsyncRead + Unpin>>) -> Option<String> {
    let line = timeout(PATIENCE, lines.next_line()).await;
    line.expect("a line, or the end").unwrap()
}

async fn rest(lines: &mut Lines<BufReader<impl AsyncRead + Unpin>>) -> String {
    let mut rest = String::new();
    while let Some(line) = line(lines).await {
        rest += &line;
        rest += "\n";
    }
    rest
}

#[tokio::test]
async fn a_site_that_is_interrupted_while_it_is_counted_leaves_and_nothing_is_lost() {
    let (_one, url) = Program::site("one", None).await;
    let (two, same) = Program::site("two", Some(&url)).await;
    assert_eq!(same, url);
    // Holds some of the slots, and takes over its share of those of the one that leaves.
    let (_three, _) = Program::site("three", Some(&url)).await;
    // More than anybody can count: it is interrupted, too.
    let arguments = ["--redis", &url, "--json", "--requests", "4000000000"];
    let mut client = Program::start(CLIENT, &arguments);
    let counts = line(&mut client.complained).await;
    let counts = counts.expect("every slot has its holders");
    assert!(counts.starts_with("counting"), "{counts}");

    two.interrupt().await;
    let (left, _, complained) = two.end().await;
    assert!(left.success(), "{complained}");

    client.interrupt().await;
    let (counted, said, complained) = client.end().await;
    assert!(counted.success(), "{complained}");
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_ne!(report["requests"], 0);
    for what in ["failed", "lost", "surplus"] {
        assert_eq!(report[what], 0, "{what}: {complained}");
    }
}

#[tokio::test]
async fn the_last_site_leaves_at_once_and_its_redis_ends_with_it() {
    let (one, url) = Program::site("one", None).await;
    one.interrupt().await;
    let (left, _, complained) = one.end().await;
    assert!(left.success(), "{complained}");
    let address = url.trim_start_matches("redis://");
    let reached = tokio::net::TcpStream::connect(address).await;
    assert!(reached.is_err(), "its Redis ends with it");
}
