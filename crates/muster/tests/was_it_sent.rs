//! Holds the table of what was sent and what never was against hyper-util's client and real sockets.
//!
//! hyper-util does not promise where it attaches what the table is read from: should one of these fail
//! after an update, requests would be repeated that may have been carried out.
#![cfg(all(feature = "select", feature = "hyper-util"))]
#![allow(
    clippy::expect_used,
    reason = "a failed expectation is the report of a test"
)]

mod support;

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Version};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, combinators::BoxBody};
use hyper_util::{
    client::legacy::{Builder, Client},
    rt::TokioExecutor,
};
use support::{Pipes, Sockets};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Builder as Runtimes, Handle},
    sync::mpsc,
};
use tower::{Layer, Service, ServiceExt};
use tower_muster::{
    AttemptError, Blame, BoxError, Cluster, Kind, Node, Outcome, SelectLayer, policy::RoundRobin,
};

type Body = BoxBody<Bytes, BoxError>;

/// A body that fails half way.
struct Half {
    sent: bool,
}

impl http_body::Body for Half {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(Some(match std::mem::replace(&mut self.sent, true) {
            false => Ok(Frame::data(Bytes::from_static(b"half"))),
            true => Err("disk on fire".into()),
        }))
    }
}

fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed()
}

fn post(body: Body) -> Request<Body> {
    Request::post("/").body(body).expect("a request")
}

fn builder() -> Builder {
    Client::builder(TokioExecutor::new())
}

/// A node's socket, and a cluster of that node.
async fn listening() -> (TcpListener, Cluster) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    let node = Node::new(&format!("http://{address}")).expect("an origin");
    (listener, Cluster::fixed([node]).expect("a cluster"))
}

/// Sends one request through `Select` and reads its answer.
async fn send<C>(cluster: &Cluster, client: &C, request: Request<Body>) -> Result<(), AttemptError>
where
    C: Service<Request<Body>, Response = http::Response<hyper::body::Incoming>> + Clone,
    C::Error: Into<BoxError>,
{
    let select = SelectLayer::new(cluster.clone(), RoundRobin::new()).layer(client.clone());
    let answer = tokio::time::timeout(Duration::from_secs(20), select.oneshot(request)).await;
    let response = answer.expect("an answer in time")?;
    response.into_body().collect().await.expect("a body");
    Ok(())
}

async fn failing<C>(cluster: &Cluster, client: &C, request: Request<Body>) -> Outcome
where
    C: Service<Request<Body>, Response = http::Response<hyper::body::Incoming>> + Clone,
    C::Error: Into<BoxError>,
{
    let error = send(cluster, client, request).await.expect_err("no answer");
    assert!(matches!(error, AttemptError::Node { .. }), "{error:?}");
    error.outcome()
}

/// Reads one request without a body, up to the end of its head.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a request"));
    }
}

async fn answer(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    read_head(stream).await;
    let response = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(response).await.expect("sent");
}

/// Answers so many requests on one connection, and does as told with the next.
fn serve<F>(
    listener: TcpListener,
    answers: usize,
    then: impl FnOnce(TcpStream) -> F + Send + 'static,
) where
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        for _ in 0..answers {
            answer(&mut stream).await;
        }
        then(stream).await;
        // Nobody else is let in, and nobody is turned away.
        std::future::pending::<()>().await;
        drop(listener);
    });
}

#[tokio::test]
async fn a_refused_connection_sent_nothing() {
    let (listener, cluster) = listening().await;
    drop(listener);
    let client = builder().build(Sockets::default());
    assert_eq!(
        failing(&cluster, &client, post(empty())).await,
        Outcome::REFUSED
    );
    let client = builder().build_http();
    assert_eq!(
        failing(&cluster, &client, post(empty())).await,
        Outcome::REFUSED
    );
    assert!(cluster.nodes()[0].is_set_aside());
}

#[tokio::test]
async fn a_node_that_went_while_its_connection_was_idle_was_sent_nothing() {
    let (listener, cluster) = listening().await;
    let sockets = Sockets::default();
    let gone = sockets.gone.clone();
    let client = builder().build(sockets);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let node = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        answer(&mut stream).await;
        stopped.await.expect("stopped");
    });
    send(&cluster, &client, post(empty()))
        .await
        .expect("answered");
    stop.send(()).expect("the node runs");
    node.await.expect("no panic");
    gone.notified().await;
    assert_eq!(
        failing(&cluster, &client, post(empty())).await,
        Outcome::REFUSED
    );
}

#[tokio::test]
async fn a_fresh_connection_that_is_closed_at_once_was_sent_nothing() {
    let (listener, cluster) = listening().await;
    serve(listener, 0, async |stream| drop(stream));
    let sockets = Sockets {
        closed_first: true,
        ..Sockets::default()
    };
    let client = builder().build(sockets);
    assert_eq!(
        failing(&cluster, &client, post(empty())).await,
        Outcome::REFUSED
    );
}

#[tokio::test]
async fn a_node_that_reads_the_request_and_closes_may_have_carried_it_out() {
    let (listener, cluster) = listening().await;
    serve(listener, 0, async |mut stream| read_head(&mut stream).await);
    let client = builder().build(Sockets::default());
    assert_eq!(
        failing(&cluster, &client, post(empty())).await,
        Outcome::AMBIGUOUS
    );
    assert!(!cluster.nodes()[0].is_set_aside());
}

#[tokio::test]
async fn a_node_that_reads_the_request_and_resets_may_have_carried_it_out() {
    let (listener, cluster) = listening().await;
    serve(listener, 0, async |mut stream| {
        read_head(&mut stream).await;
        stream.set_zero_linger().expect("a reset");
    });
    let client = builder().build(Sockets::default());
    assert_eq!(
        failing(&cluster, &client, post(empty())).await,
        Outcome::AMBIGUOUS
    );
}

#[tokio::test]
async fn a_node_that_breaks_off_its_answer_may_have_carried_it_out() {
    let (listener, cluster) = listening().await;
    serve(listener, 0, async |mut stream| {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 O").await.expect("sent");
    });
    let client = builder().build(Sockets::default());
    assert_eq!(
        failing(&cluster, &client, post(empty())).await,
        Outcome::AMBIGUOUS
    );
}

#[tokio::test]
async fn a_reused_connection_that_closes_as_the_request_comes_may_have_carried_it() {
    for reset in [false, true] {
        let (listener, cluster) = listening().await;
        serve(listener, 1, async move |mut stream| {
            read_head(&mut stream).await;
            if reset {
                stream.set_zero_linger().expect("a reset");
            }
        });
        let client = builder().build(Sockets::default());
        send(&cluster, &client, post(empty()))
            .await
            .expect("answered");
        let outcome = failing(&cluster, &client, post(empty())).await;
        assert_eq!(outcome, Outcome::AMBIGUOUS, "reset: {reset}");
    }
}

#[tokio::test]
async fn a_message_that_comes_back_was_not_sent_and_nobody_is_to_blame() {
    let (_listener, cluster) = listening().await;
    let (open, mut opened) = mpsc::unbounded_channel();
    let client = builder().retry_canceled_requests(false).build(Pipes(open));
    let (first, mut node) = tokio::join!(send(&cluster, &client, post(empty())), async {
        let mut node = opened.recv().await.expect("a connection");
        answer(&mut node).await;
        node
    });
    first.expect("answered");
    // The client's end becomes idle, and hears of the close only together with the request.
    tokio::task::yield_now().await;
    node.shutdown().await.expect("closed");
    drop(node);
    let outcome = failing(&cluster, &client, post(empty())).await;
    assert_eq!(outcome, Outcome::REFUSED.blaming(Blame::Nobody));
    assert!(!cluster.nodes()[0].is_set_aside());
}

#[tokio::test]
async fn a_connection_whose_runtime_ends_may_have_carried_the_request() {
    #[derive(Clone)]
    struct Elsewhere(Handle);
    impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Elsewhere {
        fn execute(&self, connection: F) {
            self.0.spawn(connection);
        }
    }

    let (listener, cluster) = listening().await;
    let other = Runtimes::new_multi_thread().worker_threads(1).build();
    let other = other.expect("a runtime");
    let client = Client::builder(Elsewhere(other.handle().clone())).build(Sockets::default());
    serve(listener, 0, async |mut stream| {
        read_head(&mut stream).await;
        other.shutdown_background();
        std::future::pending::<()>().await;
    });
    assert_eq!(
        failing(&cluster, &client, post(empty())).await,
        Outcome::AMBIGUOUS.blaming(Blame::Nobody)
    );
}

#[tokio::test]
async fn a_version_that_the_client_does_not_speak_fails_everywhere() {
    let (_listener, cluster) = listening().await;
    let client = builder().build(Sockets::default());
    let mut request = post(empty());
    *request.version_mut() = Version::HTTP_2;
    let outcome = failing(&cluster, &client, request).await;
    assert_eq!(
        (outcome.kind(), outcome.blame()),
        (Kind::Failed, Blame::Request)
    );
}

#[tokio::test]
async fn a_body_of_the_callers_that_fails_is_the_callers_fault() {
    let (listener, cluster) = listening().await;
    serve(listener, 0, async |stream| {
        let _held = stream;
        std::future::pending::<()>().await;
    });
    let client = builder().build(Sockets::default());
    let body = Half { sent: false };
    assert_eq!(
        failing(&cluster, &client, post(body.boxed())).await,
        Outcome::FAILED
    );
    assert!(!cluster.nodes()[0].is_set_aside());
}
