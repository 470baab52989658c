//! A network that delivers late what it was given early.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
};
use tower_muster_testkit::redis::RedisServer;

use super::*;

/// Passes on what a client says, if it is not held; ends when the server has ended the connection.
async fn pass_on(client: TcpStream, port: u16, mut held: watch::Receiver<bool>) {
    let server = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("a server");
    let (mut from_server, mut to_server) = server.into_split();
    let (mut from_client, mut to_client) = client.into_split();
    let forth = async move {
        let mut bytes = [0; 4_096];
        while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
            held.wait_for(|held| !held).await.expect("the test goes on");
            if to_server.write_all(&bytes[..length]).await.is_err() {
                break;
            }
        }
        let _ = to_server.shutdown().await;
    };
    let back = async move {
        let _ = copy(&mut from_server, &mut to_client).await;
        // A client that is gone is no reason to stop reading.
        let _ = from_server.read_to_end(&mut Vec::new()).await;
    };
    tokio::join!(forth, back);
}

#[tokio::test]
async fn what_timed_out_is_not_carried_out_after_what_came_later() {
    let server = RedisServer::start().await.expect("a server");
    let port = server.port();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("an address"));
    let (hold, held) = watch::channel(false);
    let (_always, free) = watch::channel(false);
    let (first, mut ended) = mpsc::channel(1);
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.expect("the first");
        tokio::spawn(async move {
            pass_on(client, port, held).await;
            first.send(()).await.expect("the test goes on");
        });
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(pass_on(client, port, free.clone()));
        }
    });
    let link = Link::connect(&at(&url), SHORT).await.expect("a link");
    assert_eq!(swap(&link, "before").await.expect("an answer"), None);

    hold.send_replace(true);
    let error = swap(&link, "early").await.expect_err("silence");
    assert!(
        matches!(error, crate::RedisError::Timeout { .. }),
        "{error:?}"
    );
    assert_eq!(
        swap_in_the_end(&link, "later").await.as_deref(),
        Some("before")
    );

    // Now the first connection delivers what it was given.
    hold.send_replace(false);
    ended
        .recv()
        .await
        .expect("the server has ended the first connection");
    assert_eq!(
        swap_in_the_end(&link, "last").await.as_deref(),
        Some("later")
    );
}
