//! The program, and sites for it to see.

use std::{
    convert::Infallible,
    process::{Output, Stdio},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};
use tower_muster_slots::{Acquire, Grant, Group, Handler, Member, Redis, Site, Slot};

/// Longer than any machine needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Has nothing to move.
pub(crate) struct Nothing;

impl Handler for Nothing {
    type Error = Infallible;

    async fn acquire(&self, _: Acquire) -> Result<(), Infallible> {
        Ok(())
    }

    async fn release(&self, _: Slot) {}

    async fn primary_changed(&self, _: Grant) {}
}

/// Joins a group of 16 slots, each to be held by two.
pub(crate) async fn join(url: &str, group: &str, number: u16) -> Site {
    let group = Group::builder(group)
        .slots(16)
        .replicas(2)
        .timeout(Duration::from_millis(500));
    let origin = format!("http://127.0.0.1:{}", 7_000 + number);
    let member = Member::new(&format!("site-{number}"), &origin).unwrap();
    let member = member.in_rack("dc1", format!("rack{number}")).unwrap();
    let redis = Redis::at(url).unwrap();
    let site = Site::builder(redis, group.build().unwrap(), member, Nothing);
    site.join().await.unwrap()
}

pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_muster-slots"));
    program.args(arguments).kill_on_drop(true);
    program.env_remove("MUSTER_REDIS_PASSWORD");
    program
}

pub(crate) async fn run(arguments: &[&str]) -> Output {
    finish(&mut program(arguments)).await
}

pub(crate) async fn finish(program: &mut Command) -> Output {
    let output = timeout(PATIENCE, program.output()).await;
    output.expect("it ends").unwrap()
}

/// Fails if the program succeeds; what it complains of.
pub(crate) fn complaint(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(output.stdout.is_empty(), "nothing is shown");
    complaint
}

/// `watch --json`, until this is dropped.
pub(crate) struct Watch {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watch {
    pub(crate) fn start(url: &str, group: &str) -> Self {
        let arguments = [
            "watch", "--redis", url, "--group", group, "--json", "--every", "0.1", "--wait", "60",
        ];
        let mut child = program(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        Self {
            child,
            lines: BufReader::new(stdout).lines(),
        }
    }

    /// The next line.
    pub(crate) async fn next(&mut self) -> Value {
        let line = timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.expect("a line").unwrap().expect("it goes on");
        serde_json::from_str(&line).unwrap()
    }

    /// Reads until a line is as it should be.
    pub(crate) async fn until(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let found = timeout(PATIENCE, async {
            loop {
                last = self.next().await;
                if is_it(&last) {
                    return;
                }
            }
        });
        let found = found.await;
        assert!(found.is_ok(), "{what}; the last line was {last}");
        last
    }

    /// Interrupts it, as ctrl-c does; whether it ends well.
    pub(crate) async fn interrupt(mut self) -> bool {
        let id = self.child.id().expect("it runs").to_string();
        let told = Command::new("kill").args(["-INT", &id]).status().await;
        assert!(told.unwrap().success(), "it runs");
        let ended = timeout(PATIENCE, self.child.wait()).await;
        ended.expect("it ends").unwrap().success()
    }
}
