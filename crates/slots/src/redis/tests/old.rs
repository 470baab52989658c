//! Servers that are too old, and places where there is none.

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::{Acquire, Grant, Group, Handler, Member, RedisError, Site, SiteError, Slot};

/// A server of which nothing works but these two.
#[derive(Debug, Clone, Copy, Default)]
struct Old {
    /// The version that it tells in its answer to `HELLO`, if it knows that.
    hello: Option<&'static str>,
    info: Option<&'static str>,
}

impl Old {
    fn answer(self, command: &[String]) -> String {
        let bulk = |text: &str| format!("${}\r\n{text}\r\n", text.len());
        let first = command.first().map(String::as_str).unwrap_or_default();
        match (first, self) {
            // The fields of 6.0.16, <https://redis.io/docs/latest/commands/hello/>.
            (
                "HELLO",
                Self {
                    hello: Some(version),
                    ..
                },
            ) => [
                "%7\r\n",
                &bulk("server"),
                &bulk("redis"),
                &bulk("version"),
                &bulk(version),
                &bulk("proto"),
                ":3\r\n",
                &bulk("id"),
                ":7\r\n",
                &bulk("mode"),
                &bulk("standalone"),
                &bulk("role"),
                &bulk("master"),
                &bulk("modules"),
                "*0\r\n",
            ]
            .concat(),
            (
                "INFO",
                Self {
                    info: Some(info), ..
                },
            ) => bulk(info),
            _ => format!("-ERR unknown command `{first}`\r\n"),
        }
    }

    async fn serve(self, stream: TcpStream) {
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
            // Who has heard enough may be gone.
            if stream
                .write_all(self.answer(&command).as_bytes())
                .await
                .is_err()
            {
                return;
            }
            line.clear();
        }
    }

    async fn start(self) -> Redis {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(self.serve(stream));
            }
        });
        at(&format!("redis://127.0.0.1:{port}"))
    }
}

/// An application that is asked for nothing.
struct Idle;

impl Handler for Idle {
    type Error = &'static str;

    async fn acquire(&self, _: Acquire) -> Result<(), Self::Error> {
        Err("nobody can join")
    }

    async fn release(&self, _: Slot) {}

    async fn primary_changed(&self, _: Grant) {}
}

#[tokio::test]
async fn a_server_that_is_too_old_is_refused_with_both_versions() {
    let info = Some("# Server\r\nredis_version:4.0.0\r\nos:none\r\n");
    let old = Old { info, hello: None };
    let error = Link::connect(&old.start().await, PATIENCE).await;
    let shown = error.expect_err("too old").to_string();
    assert!(
        shown.ends_with("is version 4.0.0, and must be at least 6.2"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_server_that_knows_no_greeting_and_hides_its_version_is_too_old_too() {
    let old = Old::default();
    let error = Link::connect(&old.start().await, PATIENCE).await;
    let shown = error.expect_err("too old").to_string();
    assert!(shown.contains("older than 6.0"), "{shown}");
}

#[tokio::test]
async fn a_server_that_knows_the_greeting_and_not_all_commands_is_refused_by_what_it_says() {
    for (version, is_fine) in [
        ("6.0.0", false),
        ("6.0.16", false),
        ("6.1.240", false),
        ("6.2.0", true),
        ("7.0.15", true),
    ] {
        let hello = Some(version);
        let old = Old { hello, info: None };
        match Link::connect(&old.start().await, PATIENCE).await {
            Ok(_) => assert!(is_fine, "{version} was taken"),
            Err(RedisError::TooOld { found, needed, .. }) => {
                assert_eq!((found.as_str(), needed, is_fine), (version, "6.2", false));
            }
            Err(error) => panic!("{version}: {error:?}"),
        }
    }
}

#[tokio::test]
async fn a_site_does_not_join_by_a_server_that_is_too_old_and_says_so() {
    for old in [
        Old {
            hello: Some("6.0.16"),
            info: None,
        },
        Old {
            hello: None,
            info: Some("redis_version:6.0.16\r\n"),
        },
    ] {
        let redis = old.start().await;
        let group = Group::builder("g").timeout(PATIENCE).build();
        let member = Member::new("a", "http://127.0.0.1:7000").expect("a member");
        let site = Site::builder(redis, group.expect("a group"), member, Idle);
        let error = site.join().await.expect_err("too old");
        assert!(matches!(error, SiteError::Redis(_)), "{error:?}");
        let source = std::error::Error::source(&error).expect("a source");
        let Some(RedisError::TooOld {
            address,
            found,
            needed,
            ..
        }) = source.downcast_ref()
        else {
            panic!("{source:?}");
        };
        assert!(address.starts_with("127.0.0.1:"), "{address}");
        assert_eq!((found.as_str(), *needed), ("6.0.16", "6.2"));
    }
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
    assert!(matches!(error, RedisError::Unreachable { .. }), "{error:?}");
}
