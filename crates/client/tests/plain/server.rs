//! A node without TLS, and how many connections it has seen come and go.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Response, Uri};
use http_body_util::Full;
use hyper::{body::Incoming, rt, server::conn, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

/// What became of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Opened,
    Closed,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    events: mpsc::UnboundedReceiver<Event>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::speaking(false).await
    }

    #[cfg(feature = "http2")]
    pub(crate) async fn start_http2() -> Self {
        Self::speaking(true).await
    }

    async fn speaking(is_http2: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, events) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let sender = sender.clone();
                tokio::spawn(async move {
                    let _ = sender.send(Event::Opened);
                    serve(TokioIo::new(tcp), is_http2).await;
                    let _ = sender.send(Event::Closed);
                });
            }
        });
        Self { address, events }
    }

    pub(crate) fn uri(&self) -> Uri {
        format!("http://{}/", self.address).parse().unwrap()
    }

    pub(crate) async fn event(&mut self) -> Event {
        // Far more than it takes: a test that waits for what does not come should say so.
        let event = timeout(Duration::from_secs(60), self.events.recv()).await;
        event.expect("something happens").expect("the server runs")
    }

    /// Whether nothing else has happened.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.events.try_recv().is_err()
    }
}

/// Serves one connection to its end.
pub(crate) async fn serve<I>(io: I, is_http2: bool)
where
    I: rt::Read + rt::Write + Unpin + Send + 'static,
{
    let service = service_fn(async |request: http::Request<Incoming>| {
        let said = format!("served by {:?}", request.version());
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(said))))
    });
    // How it ends is the client's to say.
    if is_http2 {
        let builder = conn::http2::Builder::new(TokioExecutor::new());
        let _ = builder.serve_connection(io, service).await;
    } else {
        let builder = conn::http1::Builder::new();
        let _ = builder.serve_connection(io, service).await;
    }
}
