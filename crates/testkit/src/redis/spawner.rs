//! Starting programs that end when this process does.

use std::{
    io,
    process::{Child, Command, Stdio},
    sync::{LazyLock, mpsc},
    thread,
};

use tokio::sync::oneshot;

type Job = (Command, oneshot::Sender<io::Result<Child>>);

/// Starts all programs: the system ends a program with the thread that has started it, and this one never ends.
static SPAWNER: LazyLock<mpsc::Sender<Job>> = LazyLock::new(|| {
    let (sender, jobs) = mpsc::channel::<Job>();
    thread::spawn(move || {
        for (mut command, answer) in jobs {
            let _ = answer.send(command.spawn());
        }
    });
    sender
});

/// Whether there is a program that has another end with its parent.
static HAS_SETPRIV: LazyLock<bool> = LazyLock::new(|| {
    let mut tried = Command::new("setpriv");
    let tried = tried.args(["--pdeathsig", "KILL", "true"]);
    let tried = tried.stdout(Stdio::null()).stderr(Stdio::null());
    tried.status().is_ok_and(|status| status.success())
});

/// Prepares a program.
pub(super) fn command(program: &str) -> Command {
    if !*HAS_SETPRIV {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", program]);
    command
}

/// Starts a program without input and output.
pub(super) async fn spawn(mut command: Command) -> io::Result<Child> {
    command.stdin(Stdio::null());
    command.stdout(Stdio::null());
    command.stderr(Stdio::null());
    let (answer, started) = oneshot::channel();
    let gone = |_| io::Error::other("the thread that starts programs is gone");
    SPAWNER.send((command, answer)).map_err(gone)?;
    started.await.map_err(io::Error::other)?
}
