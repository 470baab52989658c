//! HTTP/2 with a node that has gone silent.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use tokio::{
    io::DuplexStream,
    io::duplex,
    time::{Instant, timeout},
};
use tower::service_fn;
use tower_muster_client::ClientBuilder;

use crate::get;

/// A connection without sockets, so that the clock may be paused.
struct Pipe(TokioIo<DuplexStream>);

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
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl Write for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_no_longer_answers_over_http2_is_given_up() {
    let silent = Arc::new(Mutex::new(Vec::new()));
    let connector = service_fn(move |_: Uri| {
        let (ours, theirs) = duplex(1 << 20);
        silent.lock().unwrap().push(theirs);
        std::future::ready(Ok::<_, io::Error>(Pipe(TokioIo::new(ours))))
    });
    let settings = ClientBuilder::new().http2_prior_knowledge();
    let start = Instant::now();
    let client = settings.build_over(connector);
    let asked = get(&client, Uri::from_static("http://node/"));
    let ended = timeout(Duration::from_secs(3600), asked).await;
    let error = ended.expect("it is given up").unwrap_err();
    let cause = error.source().unwrap();
    let cause = cause.downcast_ref::<hyper::Error>().unwrap();
    assert!(cause.is_timeout(), "{cause:?}");
    // Asked after 30 s, and given up 20 s later.
    assert!(start.elapsed() >= Duration::from_secs(50));
}
