//! A node's way in: accept, serve, and end a connection as a fault demands.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::counters::count;
use super::shared::{End, Shared};
use super::traffic::Traffic;
use crate::routes::{Connection, answer};
use crate::sync::lock;

/// After a failed accept (too many open files) the next one fails too; wait.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Accepts until this life of the node ends.
pub(super) async fn accept(
    shared: Arc<Shared>,
    node: usize,
    mut end: watch::Receiver<Option<End>>,
) {
    let mut deaf = shared.nodes[node].hearing.changes();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = end.wait_for(Option::is_some) => return,
            accepted = next(&shared, node, &mut deaf) => accepted,
        };
        match accepted {
            Some(Ok((_, peer))) if shared.nodes[node].hearing.is_filler(peer) => {}
            Some(Ok((stream, _))) => {
                count(&shared.nodes[node].counters.connections);
                let stream = Traffic::new(stream, &shared, node);
                let connection = Connection::new(&shared, node, end.clone());
                tokio::spawn(serve(stream, connection, end.clone()));
            }
            Some(Err(_)) => tokio::time::sleep(ACCEPT_PAUSE).await,
            None => return,
        }
    }
}

/// Waits for a connection while the node hears; none when the listener is closed.
async fn next(
    shared: &Shared,
    node: usize,
    deaf: &mut watch::Receiver<bool>,
) -> Option<io::Result<(TcpStream, SocketAddr)>> {
    loop {
        // The other end lives as long as the node.
        let _ = deaf.wait_for(|deaf| !deaf).await;
        let accept = poll_fn(|cx| match &lock(&shared.nodes[node].life).listener {
            Some(listener) => listener.poll_accept(cx).map(Some),
            None => Poll::Ready(None),
        });
        tokio::select! {
            biased;
            _ = deaf.wait_for(|deaf| *deaf) => {}
            accepted = accept => return accepted,
        }
    }
}

async fn serve(stream: Traffic, connection: Connection, mut end: watch::Receiver<Option<End>>) {
    // Without it a small answer waits for the acknowledgement of the one before.
    let _ = stream.stream().set_nodelay(true);
    let connection = Arc::new(connection);
    let per_request = Arc::clone(&connection);
    let service = service_fn(move |request| answer(Arc::clone(&per_request), request));
    let mut http = http1::Builder::new()
        // The Date header follows the node's own clock.
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service);
    let how = loop {
        tokio::select! {
            biased;
            how = end.wait_for(Option::is_some) => break how.ok().and_then(|how| *how),
            () = connection.broken() => break Some(End::Reset),
            // The answer's head is written, so it does not say that the connection closes.
            () = connection.last_answer() => std::pin::Pin::new(&mut http).graceful_shutdown(),
            _ = &mut http => return,
        }
    };
    let traffic = http.into_parts().io.into_inner();
    match how {
        Some(End::Finish) => finish(traffic.stream()),
        // Closing with nothing allowed to linger sends an RST.
        Some(End::Reset) | None => {
            let _ = SockRef::from(traffic.stream()).set_linger(Some(Duration::ZERO));
        }
    }
}

/// Sends a FIN. Unread bytes would turn the close into an RST, so they are read.
fn finish(stream: &TcpStream) {
    let _ = SockRef::from(stream).shutdown(std::net::Shutdown::Write);
    let mut unread = [0; 4096];
    while matches!(stream.try_read(&mut unread), Ok(1..)) {}
}
