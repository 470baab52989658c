//! One connection, from its acceptance to its end.

use std::pin::pin;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::close::Close;
use super::handshake::handshake;
use super::orders::Listening;
use super::traffic::Traffic;
use crate::routes::{Connection, answer};

/// Serves until the client leaves, or the connection is ended as a fault demands.
pub(super) async fn serve(
    stream: TcpStream,
    connection: Arc<Connection>,
    end: watch::Receiver<Option<Close>>,
    orders: Listening,
) {
    // Without it a small answer waits for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let Listening { go_away, close } = orders;
    let ended = async {
        let how = ended(&connection, end, close).await;
        // Before the stream is dropped, which is when it takes effect.
        connection.ends(how);
    };
    tokio::select! {
        biased;
        () = ended => {}
        () = speak(stream, &connection, go_away) => {}
    }
}

/// Waits until the node ends the connection.
async fn ended(
    connection: &Connection,
    mut end: watch::Receiver<Option<Close>>,
    mut close: watch::Receiver<Close>,
) -> Close {
    tokio::select! {
        biased;
        // A life that is gone altogether was ended by the cluster's own end.
        how = end.wait_for(Option::is_some) => how.ok().and_then(|how| *how).unwrap_or(Close::Reset),
        Ok(()) = close.changed() => *close.borrow(),
        how = connection.broken() => how,
    }
}

async fn speak(stream: TcpStream, connection: &Arc<Connection>, go_away: watch::Receiver<()>) {
    let stream = Traffic::new(stream, Arc::clone(connection));
    match connection.node().security.config() {
        None => http(stream, connection, go_away).await,
        Some(config) => {
            if let Some(stream) = handshake(stream, config, connection).await {
                http(stream, connection, go_away).await;
            }
        }
    }
}

async fn http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    connection: &Arc<Connection>,
    mut go_away: watch::Receiver<()>,
) {
    let per_request = Arc::clone(connection);
    let service = service_fn(move |request| answer(Arc::clone(&per_request), request));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    if !connection.shared().http2 {
        builder = builder.http1_only();
    }
    // The Date header follows the node's own clock.
    builder.http1().auto_date_header(false);
    builder.http2().auto_date_header(false);
    let mut http = pin!(builder.serve_connection(TokioIo::new(stream), service));
    loop {
        tokio::select! {
            biased;
            // The answer's head is written, so it does not say that the connection closes.
            () = connection.last_answer() => http.as_mut().graceful_shutdown(),
            Ok(()) = go_away.changed() => {
                if connection.is_http2() {
                    http.as_mut().graceful_shutdown();
                }
            }
            _ = &mut http => return,
        }
    }
}
