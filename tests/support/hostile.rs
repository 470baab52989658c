//! A server that answers every request in the same bad way.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

/// Sends the same bytes to whoever asks, as often as it was told, and counts those that were taken.
#[derive(Debug)]
pub struct Hostile {
    address: SocketAddr,
    sent: Arc<AtomicU64>,
    asked: Arc<AtomicU64>,
    task: AbortHandle,
}

impl Hostile {
    /// Starts one that answers with `head` and `times` times with `piece`.
    pub async fn start(head: impl Into<Vec<u8>>, piece: impl Into<Vec<u8>>, times: u64) -> Self {
        Self::with(head.into(), piece.into(), times, true).await
    }

    /// Starts one that answers with `head` and then falls silent, its connections being open.
    pub async fn stalling(head: impl Into<Vec<u8>>) -> Self {
        Self::with(head.into(), Vec::new(), 0, false).await
    }

    async fn with(head: Vec<u8>, piece: Vec<u8>, times: u64, ends: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.79:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sent, asked) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (counted, came) = (Arc::clone(&sent), Arc::clone(&asked));
        let answer = Arc::new((head, piece));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                came.fetch_add(1, Relaxed);
                let (answer, sent) = (Arc::clone(&answer), Arc::clone(&counted));
                tokio::spawn(async move {
                    let _ = reply(stream, &answer.0, &answer.1, times, ends, &sent).await;
                });
            }
        });
        Self {
            address,
            sent,
            asked,
            task: task.abort_handle(),
        }
    }

    /// Returns its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns how many bytes it could send.
    pub fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    /// Returns how many connections were made to it.
    pub fn asked(&self) -> u64 {
        self.asked.load(Relaxed)
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn reply(
    mut stream: TcpStream,
    head: &[u8],
    piece: &[u8],
    times: u64,
    ends: bool,
    sent: &AtomicU64,
) -> std::io::Result<()> {
    // What comes first of the request; the rest is not waited for.
    let _ = stream.read(&mut [0; 4096]).await?;
    stream.write_all(head).await?;
    for _ in 0..times {
        stream.write_all(piece).await?;
        sent.fetch_add(piece.len() as u64, Relaxed);
    }
    if ends {
        stream.shutdown().await?;
    }
    // A close before all is read would reset what was sent.
    while stream.read(&mut [0; 4096]).await? > 0 {}
    Ok(())
}
