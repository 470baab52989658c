//! A node's way in: accept, serve, and end a connection as a fault demands.

use std::future::poll_fn;
use std::io;
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
    loop {
        let stream = tokio::select! {
            biased;
            _ = end.wait_for(Option::is_some) => return,
            stream = next(&shared, node) => stream,
        };
        match stream {
            Some(Ok(stream)) => {
                count(&shared.nodes[node].counters.connections);
                tokio::spawn(serve(stream, Connection::new(&shared, node), end.clone()));
            }
            Some(Err(_)) => tokio::time::sleep(ACCEPT_PAUSE).await,
            None => return,
        }
    }
}

/// Waits for a connection; none when the listener is closed.
async fn next(shared: &Shared, node: usize) -> Option<io::Result<TcpStream>> {
    poll_fn(|cx| match &lock(&shared.nodes[node].life).listener {
        Some(listener) => listener
            .poll_accept(cx)
            .map_ok(|(stream, _)| stream)
            .map(Some),
        None => Poll::Ready(None),
    })
    .await
}

async fn serve(stream: TcpStream, connection: Connection, mut end: watch::Receiver<Option<End>>) {
    // Without it a small answer waits for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let connection = Arc::new(connection);
    let per_request = Arc::clone(&connection);
    let service = service_fn(move |request| answer(Arc::clone(&per_request), request));
    let mut http = http1::Builder::new()
        // The Date header follows the node's own clock.
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service);
    let how = tokio::select! {
        biased;
        how = end.wait_for(Option::is_some) => how.ok().and_then(|how| *how),
        () = connection.broken() => Some(End::Reset),
        _ = &mut http => return,
    };
    let stream = http.into_parts().io.into_inner();
    match how {
        Some(End::Finish) => finish(&stream),
        // Closing with nothing allowed to linger sends an RST.
        Some(End::Reset) | None => {
            let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        }
    }
}

/// Sends a FIN. Unread bytes would turn the close into an RST, so they are read.
fn finish(stream: &TcpStream) {
    let _ = SockRef::from(stream).shutdown(std::net::Shutdown::Write);
    let mut unread = [0; 4096];
    while matches!(stream.try_read(&mut unread), Ok(1..)) {}
}
