use std::{error::Error, io, time::Duration};

use aws_smithy_runtime_api::client::{http::SharedHttpClient, result::ConnectorError};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::ServiceExt;
use tower_muster::{BoxError, Outcome, select::Classify};

use super::{SdkClient, SdkClientErrors};
use crate::Timeouts;

fn sdks_own() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
}

fn client(timeouts: Timeouts) -> SdkClient {
    SdkClient::new(&sdks_own(), timeouts).expect("a client")
}

fn post(uri: &str) -> Request<Full<Bytes>> {
    let request = Request::post(uri).header("x-one", "1");
    request.body(Full::from("a request")).expect("a request")
}

/// What a server does with a connection on which a request has begun.
#[derive(Clone, Copy)]
enum Server {
    Answers,
    Closes,
    IsSilent,
}

/// Serves connections, and returns its URI and what it reads.
async fn start(server: Server) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let uri = format!("http://{}/", listener.local_addr().expect("an address"));
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move { serve(stream, server, &tell).await });
        }
    });
    (uri, told)
}

async fn serve(
    mut stream: TcpStream,
    server: Server,
    tell: &tokio::sync::mpsc::UnboundedSender<String>,
) -> io::Result<()> {
    let mut request = String::new();
    while !request.ends_with("a request") {
        let mut buffer = [0; 1024];
        let length = stream.read(&mut buffer).await?;
        request.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    let _ = tell.send(request);
    match server {
        Server::Answers => {
            let answer = b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 8\r\n\r\nresponse";
            stream.write_all(answer).await
        }
        Server::Closes => Ok(()),
        Server::IsSilent => std::future::pending().await,
    }
}

async fn failed(uri: &str, timeouts: Timeouts) -> ConnectorError {
    let result = client(timeouts).oneshot(post(uri)).await;
    result.expect_err("it fails")
}

fn outcome(error: impl Into<BoxError>) -> Outcome {
    let error: BoxError = error.into();
    SdkClientErrors::default().error(&*error)
}

#[tokio::test]
async fn request_and_response_pass_whole() {
    let (uri, mut read) = start(Server::Answers).await;
    let response = client(Timeouts::default()).oneshot(post(&uri)).await;
    let response = response.expect("a response");
    assert_eq!(response.status(), 418);
    let body = response.into_body().collect().await.expect("a body");
    assert_eq!(body.to_bytes(), "response");
    let request = read.recv().await.expect("a request");
    assert!(request.starts_with("POST / HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("x-one: 1\r\n"), "{request}");
    assert!(request.contains("content-length: 9\r\n"), "{request}");
}

#[tokio::test]
async fn a_refused_connection_has_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let uri = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    let error = failed(&uri, Timeouts::default()).await;
    assert!(error.is_io(), "{error:?}");
    assert_eq!(outcome(error), Outcome::REFUSED);
}

#[tokio::test]
async fn a_connection_that_closes_under_a_request_may_have_carried_it_out() {
    let (uri, mut read) = start(Server::Closes).await;
    let error = failed(&uri, Timeouts::default()).await;
    assert!(read.recv().await.is_some());
    assert_eq!(outcome(error), Outcome::AMBIGUOUS);
}

#[tokio::test]
async fn a_read_timeout_is_kept_and_says_nothing_of_the_request() {
    let (uri, mut read) = start(Server::IsSilent).await;
    let timeouts = Timeouts::new(None, Some(Duration::from_millis(300)));
    let error = failed(&uri, timeouts).await;
    assert!(error.is_timeout(), "{error:?}");
    assert!(read.recv().await.is_some());
    assert_eq!(outcome(error), Outcome::AMBIGUOUS);
}

#[tokio::test]
async fn a_connect_timeout_is_kept_and_has_sent_nothing() {
    // A queue of one that is full: further connections are not taken.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a port");
    let listener = socket.listen(0).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let mut queued = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(address)).await
    {
        queued.push(stream);
        assert!(queued.len() < 16, "the queue is endless");
    }
    let timeouts = Timeouts::new(Some(Duration::from_millis(300)), None);
    let error = failed(&format!("http://{address}/"), timeouts).await;
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(outcome(error), Outcome::REFUSED);
}

#[test]
fn what_other_clients_say_is_taken_with_care() {
    let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    for (error, expected) in [
        (ConnectorError::io(refused.into()), Outcome::REFUSED),
        (
            ConnectorError::io("of what kind?".into()),
            Outcome::AMBIGUOUS,
        ),
        (
            ConnectorError::timeout("of what kind?".into()),
            Outcome::AMBIGUOUS,
        ),
        (
            ConnectorError::other("of what kind?".into(), None),
            Outcome::AMBIGUOUS,
        ),
        (ConnectorError::user("no request".into()), Outcome::FAILED),
    ] {
        let shown = format!("{error:?}");
        assert_eq!(outcome(error), expected, "{shown}");
    }
}

#[tokio::test]
async fn a_request_that_is_none_is_the_users() {
    let error = failed("/relative", Timeouts::default()).await;
    let text = format!("{error:?}");
    assert!(error.source().is_some());
    assert_eq!(outcome(error), Outcome::FAILED, "{text}");
}
