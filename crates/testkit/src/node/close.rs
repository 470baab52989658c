//! How a connection ends by the node's doing, and that it does.

use std::net::Shutdown;
use std::time::Duration;

use serde::Serialize;
use socket2::SockRef;
use tokio::net::TcpStream;

/// How a node closes a connection without a word.
///
/// Over TLS neither is announced by a `close_notify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Close {
    /// With a FIN: the client reads the end of the stream.
    Fin,
    /// With an RST: the client's reads and writes fail.
    Reset,
}

impl Close {
    /// Has the stream end so when it is dropped.
    pub(super) fn prepare(self, stream: &TcpStream) {
        match self {
            Self::Fin => finish(stream),
            // Closing with nothing allowed to linger sends an RST.
            Self::Reset => {
                let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
            }
        }
    }
}

/// Sends a FIN. Unread bytes would turn the close into an RST, so they are read.
fn finish(stream: &TcpStream) {
    let _ = SockRef::from(stream).shutdown(Shutdown::Write);
    let mut unread = [0; 4096];
    while matches!(stream.try_read(&mut unread), Ok(1..)) {}
}
