//! Real servers, and what is done to them.
#![allow(clippy::expect_used, reason = "a failed expectation is the report")]

use std::time::Duration;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tower_muster_testkit::redis::{RedisError, RedisServer};

async fn connect(server: &RedisServer) -> TcpStream {
    let connecting = TcpStream::connect(("127.0.0.1", server.port()));
    connecting.await.expect("a connection")
}

async fn say(stream: &mut TcpStream, line: &str) -> String {
    stream.write_all(line.as_bytes()).await.expect("written");
    let mut answer = [0; 256];
    let length = stream.read(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn a_server_keeps_what_it_knew_when_it_is_killed_and_restarted() {
    let mut server = RedisServer::start().await.expect("a server");
    assert_eq!(
        say(&mut connect(&server).await, "SET a 1\r\n").await,
        "+OK\r\n"
    );
    server.kill();
    server.restart().await.expect("a server");
    assert_eq!(
        say(&mut connect(&server).await, "GET a\r\n").await,
        "$1\r\n1\r\n"
    );
    server.restart_empty().await.expect("a server");
    assert_eq!(
        say(&mut connect(&server).await, "GET a\r\n").await,
        "$-1\r\n"
    );
}

#[tokio::test]
async fn a_server_that_is_paused_answers_when_it_goes_on() {
    let server = RedisServer::start().await.expect("a server");
    let mut stream = connect(&server).await;
    server.pause().await.expect("paused");
    let asking = say(&mut stream, "PING\r\n");
    tokio::pin!(asking);
    let soon = tokio::time::timeout(Duration::from_millis(200), &mut asking).await;
    assert!(soon.is_err(), "a paused server answers nothing: {soon:?}");
    server.resume().expect("resumed");
    assert_eq!(asking.await, "+PONG\r\n");
}

#[tokio::test]
async fn all_connections_can_be_dropped_and_a_password_be_asked_for() {
    let mut server = RedisServer::start().await.expect("a server");
    let mut stream = connect(&server).await;
    assert_eq!(say(&mut stream, "PING\r\n").await, "+PONG\r\n");
    server.drop_connections().await.expect("dropped");
    let mut rest = Vec::new();
    assert_eq!(stream.read_to_end(&mut rest).await.expect("the end"), 0);

    server.set_password("secret").await.expect("a password");
    let answer = say(&mut connect(&server).await, "GET a\r\n").await;
    assert!(answer.starts_with("-NOAUTH"), "{answer}");
    server
        .set_user("reader", "pass", ["+get", "~*"])
        .await
        .expect("a user");
    let mut stream = connect(&server).await;
    assert_eq!(say(&mut stream, "AUTH reader pass\r\n").await, "+OK\r\n");
    assert_eq!(say(&mut stream, "GET a\r\n").await, "$-1\r\n");
    let answer = say(&mut stream, "SET a 1\r\n").await;
    assert!(answer.starts_with("-NOPERM"), "{answer}");

    let error = server
        .set_user("reader", "s3cret", ["nonsense"])
        .await
        .expect_err("no rule");
    assert!(matches!(error, RedisError::Refused { .. }), "{error:?}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_server_that_does_not_start_says_why() {
    let error = RedisServer::with(["--no-such-option", "1"])
        .await
        .expect_err("no such option");
    assert!(matches!(error, RedisError::Silent(_)), "{error:?}");
}

/// Set in the process that is killed.
const CHILD: &str = "MUSTER_TEST_IS_KILLED";

#[tokio::test]
async fn a_server_ends_with_the_process_that_has_started_it() {
    if std::env::var_os(CHILD).is_some() {
        let server = RedisServer::start().await.expect("a server");
        println!("port {}", server.port());
        std::future::pending::<()>().await;
    }
    let mut setpriv = tokio::process::Command::new("setpriv");
    if setpriv
        .args(["--pdeathsig", "KILL", "true"])
        .status()
        .await
        .is_err()
    {
        // Nothing ends it then, as the documentation says.
        return;
    }
    let program = std::env::current_exe().expect("a path");
    let name = "a_server_ends_with_the_process_that_has_started_it";
    let mut child = tokio::process::Command::new(program)
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a process");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let port: u16 = loop {
        let line = lines.next_line().await.expect("a line").expect("a port");
        if let Some((_, port)) = line.split_once("port ") {
            break port.parse().expect("a number");
        }
    };
    TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("a server");
    let folder = format!("muster-redis-{}-0", child.id().expect("a number"));
    child.kill().await.expect("killed");
    while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Nobody is left to do it.
    let _ = std::fs::remove_dir_all(std::env::temp_dir().join(folder));
}
