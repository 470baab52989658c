//! A node's way in: accept one connection after another.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;

use super::close::Close;
use super::counters::count;
use super::serve::serve;
use super::shared::Shared;
use crate::routes::Connection;
use crate::sync::lock;

/// After a failed accept (too many open files) the next one fails too; wait.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Accepts until this life of the node ends.
pub(super) async fn accept(
    shared: Arc<Shared>,
    node: usize,
    mut end: watch::Receiver<Option<Close>>,
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
                let connection = Arc::new(Connection::new(&shared, node, end.clone()));
                let orders = shared.nodes[node].orders.listen();
                tokio::spawn(serve(stream, connection, end.clone(), orders));
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
