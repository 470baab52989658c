use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    rt::{Executor, Read, ReadBufCursor, Write},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connect, Connected, Connection},
    },
    rt::TokioIo,
};
use tokio::{
    io::{DuplexStream, duplex},
    sync::oneshot,
    time::advance,
};

use super::*;
use crate::ClientBuilder;

/// A connection without sockets, so that the clock may be paused.
struct Pipe {
    io: TokioIo<DuplexStream>,
    _open: Open,
}

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl Write for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// A node that answers at once, but for `/never`.
async fn serve(io: DuplexStream) {
    let service = service_fn(async |request: http::Request<Incoming>| {
        if request.uri().path() == "/never" {
            std::future::pending::<()>().await;
        }
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"served"))))
    });
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(io), service)
        .await;
}

/// A client, and how many connections it has opened.
fn client() -> (
    Client<impl Connect + Clone + Send + Sync + 'static, Full<Bytes>>,
    Arc<AtomicUsize>,
) {
    let opened = Arc::<AtomicUsize>::default();
    let (hosts, count) = (Arc::<Hosts>::default(), Arc::clone(&opened));
    let connector = tower::service_fn(move |uri: Uri| {
        let (hosts, count) = (Arc::clone(&hosts), Arc::clone(&count));
        Box::pin(async move {
            let host = hosts.of(&uri).expect("a host");
            host.wait().await;
            count.fetch_add(1, Relaxed);
            let (ours, theirs) = duplex(1 << 16);
            tokio::spawn(serve(theirs));
            Ok::<_, io::Error>(Pipe {
                io: TokioIo::new(ours),
                _open: host.opened(),
            })
        })
    });
    (ClientBuilder::new().build_over(connector), opened)
}

async fn get<C>(client: &Client<C, Full<Bytes>>, path: &str)
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let uri = format!("http://node{path}").parse().expect("a URI");
    let response = client.get(uri).await.expect("an answer");
    response.into_body().collect().await.expect("a body");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_comes_back_is_used_and_no_other_one_opened() {
    let (client, opened) = client();
    get(&client, "/").await;
    advance(Duration::from_secs(10)).await;
    let start = Instant::now();
    tokio::join!(get(&client, "/"), get(&client, "/"));
    assert_eq!(start.elapsed(), Duration::ZERO);
    // Time enough for what was begun to be finished behind the scenes.
    sleep(LIMIT * 10).await;
    assert_eq!(opened.load(Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_come_back_is_waited_for_but_shortly() {
    let (client, opened) = client();
    get(&client, "/").await;
    advance(Duration::from_secs(10)).await;
    let start = Instant::now();
    tokio::select! {
        // The first takes the connection.
        biased;
        () = get(&client, "/never") => panic!("it is answered"),
        () = get(&client, "/") => {}
    }
    assert!((LIMIT..LIMIT * 2).contains(&start.elapsed()));
    assert_eq!(opened.load(Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn where_no_connection_is_open_nothing_is_waited_for() {
    let (client, opened) = client();
    let start = Instant::now();
    tokio::join!(get(&client, "/"), get(&client, "/"));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(opened.load(Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn connections_that_are_too_few_become_more() {
    let (client, opened) = client();
    get(&client, "/").await;
    advance(Duration::from_secs(3600)).await;
    get(&client, "/").await;
    let start = Instant::now();
    // Each of them finds none that comes back, and keeps its own.
    for _ in 0..100 {
        let client = client.clone();
        tokio::spawn(async move { get(&client, "/never").await });
        tokio::task::yield_now().await;
    }
    while opened.load(Relaxed) < 100 {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(start.elapsed() < LIMIT * 3, "{:?}", start.elapsed());
}

#[tokio::test]
async fn hosts_without_connections_are_forgotten() {
    let hosts = Hosts::default();
    for n in 0..100 {
        let uri: Uri = format!("http://node{n}/").parse().expect("a URI");
        drop(hosts.of(&uri));
    }
    let kept: Uri = "http://node/".parse().expect("a URI");
    let host = hosts.of(&kept).expect("a host");
    assert!(Arc::ptr_eq(&host, &hosts.of(&kept).expect("a host")));
    assert_eq!(lock(&hosts.0).len(), 1);
    assert!(hosts.of(&Uri::from_static("/path")).is_none());
}

/// Is polled once here if it is to be moved, then in a task of a pool; ends only after two polls there.
async fn ends_in_a_task(is_moved: bool) -> bool {
    let (sender, receiver) = oneshot::channel();
    let mut future = Box::pin(async move {
        let first_poll = FirstPoll::now();
        let mut polls = 0;
        poll_fn(|cx| {
            first_poll.end_if_moved();
            polls += 1;
            cx.waker().wake_by_ref();
            if polls < 4 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        let _ = sender.send(());
    });
    if is_moved {
        poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await;
    }
    Background.execute(future);
    receiver.await.is_err()
}

#[tokio::test]
async fn what_was_moved_to_a_task_ends_there_and_what_began_there_does_not() {
    assert!(ends_in_a_task(true).await);
    assert!(!ends_in_a_task(false).await);
    Background.execute(async { panic!("a task's own bug") });
    tokio::task::yield_now().await;
    // Nothing of it is left on this thread.
    assert!(ends_in_a_task(true).await);
    assert!(!ends_in_a_task(false).await);
}
