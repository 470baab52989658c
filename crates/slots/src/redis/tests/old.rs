//! Servers that are too old, and places where there is none.

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::*;

/// Serves as a server that knows `INFO`, if it is to be known, and nothing else.
async fn serve(stream: TcpStream, info: Option<String>) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream
        .read_line(&mut line)
        .await
        .is_ok_and(|length| length > 0)
    {
        // Lines of lengths are no words; the first word of each command stands after two of them.
        let words: usize = line.trim_start_matches('*').trim().parse().unwrap_or(0);
        let mut command = Vec::new();
        for _ in 0..words {
            line.clear();
            stream.read_line(&mut line).await.expect("a length");
            line.clear();
            stream.read_line(&mut line).await.expect("a word");
            command.push(line.trim().to_owned());
        }
        let answer = match (command.first().map(String::as_str), &info) {
            (Some("INFO"), Some(info)) => format!("${}\r\n{info}\r\n", info.len()),
            (first, _) => format!("-ERR unknown command `{}`\r\n", first.unwrap_or_default()),
        };
        stream.write_all(answer.as_bytes()).await.expect("written");
        line.clear();
    }
}

async fn old(info: Option<&str>) -> Redis {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let info = info.map(ToOwned::to_owned);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, info.clone()));
        }
    });
    at(&format!("redis://127.0.0.1:{port}"))
}

#[tokio::test]
async fn a_server_that_is_too_old_is_refused_with_both_versions() {
    let redis = old(Some("# Server\r\nredis_version:4.0.0\r\nos:none\r\n")).await;
    let error = Link::connect(&redis, PATIENCE).await.expect_err("too old");
    let shown = error.to_string();
    assert!(
        shown.ends_with("is version 4.0.0, and must be at least 6.2"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_server_that_knows_no_greeting_and_hides_its_version_is_too_old_too() {
    let redis = old(None).await;
    let error = Link::connect(&redis, PATIENCE).await.expect_err("too old");
    let shown = error.to_string();
    assert!(shown.contains("older than 6.0"), "{shown}");
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let redis = at(&format!("redis://:s3cret@127.0.0.1:{port}"));
    let error = Link::connect(&redis, PATIENCE).await.expect_err("nobody");
    assert_eq!(
        error.to_string(),
        format!("redis at 127.0.0.1:{port} cannot be reached")
    );
    assert!(std::error::Error::source(&error).is_some());
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_waited_for_no_longer_than_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let redis = at(&format!("redis://127.0.0.1:{port}"));
    let error = Link::connect(&redis, SHORT).await.expect_err("silence");
    assert!(
        matches!(error, crate::RedisError::Unreachable { .. }),
        "{error:?}"
    );
}
