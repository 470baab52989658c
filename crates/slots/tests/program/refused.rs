//! Groups that cannot be read: the program says why.

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tower_muster_testkit::redis::RedisServer;

use super::rig::{complaint, finish, program, run};

#[tokio::test]
async fn a_wrong_password_is_named_as_the_reason_and_not_shown() {
    let mut redis = RedisServer::start().await.unwrap();
    redis.set_password("right").await.unwrap();
    let url = redis.url();
    let arguments = ["table", "--redis", &url, "--group", "g", "--wait", "60"];
    let mut wrong = program(&arguments);
    let output = finish(wrong.env("MUSTER_REDIS_PASSWORD", "wr0ng")).await;
    let complaint_of_wrong = complaint(&output);
    let address = format!("redis at 127.0.0.1:{} refused: WRONGPASS", redis.port());
    assert!(
        complaint_of_wrong.contains(&address),
        "{complaint_of_wrong}"
    );
    assert!(
        !complaint_of_wrong.contains("wr0ng"),
        "{complaint_of_wrong}"
    );
    let none = complaint(&run(&arguments).await);
    assert!(none.contains("NOAUTH"), "{none}");
}

#[tokio::test]
async fn a_foreign_value_is_told_by_its_key() {
    let redis = RedisServer::start().await.unwrap();
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut set = redis::cmd("SET");
    set.arg("muster:{g}:sites").arg("a guest list");
    set.exec_async(&mut connection).await.unwrap();
    for command in ["table", "watch"] {
        let url = redis.url();
        let output = run(&[command, "--redis", &url, "--group", "g", "--wait", "60"]).await;
        let complaint = complaint(&output);
        let expected = "what is under the key muster:{g}:sites is not the group's";
        assert!(complaint.contains(expected), "{complaint}");
    }
}

#[tokio::test]
async fn where_nobody_listens_the_address_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("redis://:s3cret@127.0.0.1:{port}");
    let output = run(&["table", "--redis", &url, "--group", "g", "--wait", "3"]).await;
    let complaint = complaint(&output);
    let expected = format!("redis at 127.0.0.1:{port} cannot be reached: ");
    assert!(complaint.contains(&expected), "{complaint}");
    assert!(!complaint.contains("s3cret"), "{complaint}");
}

/// Greets as Redis 6.0 does, and says yes to everything else.
async fn greet(stream: TcpStream) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
        let words: usize = line.trim_start_matches('*').trim().parse().unwrap();
        let mut command = Vec::new();
        // Before each word stands its length.
        for _ in 0..words * 2 {
            line.clear();
            stream.read_line(&mut line).await.unwrap();
            command.push(line.trim().to_owned());
        }
        let answer: &[u8] = match command.get(1).map(String::as_str) {
            Some("HELLO") => b"%2\r\n$7\r\nversion\r\n$6\r\n6.0.16\r\n$5\r\nproto\r\n:3\r\n",
            _ => b"+OK\r\n",
        };
        if stream.write_all(answer).await.is_err() {
            return;
        }
        line.clear();
    }
}

#[tokio::test]
async fn a_redis_that_is_too_old_is_told_with_both_versions() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(greet(stream));
        }
    });
    let url = format!("redis://127.0.0.1:{port}");
    let output = run(&["table", "--redis", &url, "--group", "g", "--wait", "60"]).await;
    let complaint = complaint(&output);
    let expected = "is version 6.0.16, and must be at least 6.2";
    assert!(complaint.contains(expected), "{complaint}");
}
