//! A client that writes under an epoch that it once knew, many writes at a time over one connection.

use std::{
    collections::VecDeque,
    io,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tower_muster::BoxError;
use tower_muster_slots::{Epoch, Slot};

use super::answers::Answers;

/// Each write has a number of its own.
static WRITES: AtomicU64 = AtomicU64::new(1);

/// A connection, and the writes on it that are not answered yet.
pub(super) struct Writer {
    stream: BufReader<TcpStream>,
    slots: Arc<[(Slot, Epoch)]>,
    next: usize,
    waiting: VecDeque<u64>,
    pub(super) sent: Vec<u64>,
    pub(super) answers: Answers,
}

impl Writer {
    /// Connects to a site, to write to slots by turns from the one at `first` on.
    pub(super) async fn connect(
        port: u16,
        slots: &Arc<[(Slot, Epoch)]>,
        first: usize,
    ) -> Result<Self, BoxError> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            slots: Arc::clone(slots),
            next: first,
            waiting: VecDeque::new(),
            sent: Vec::new(),
            answers: Answers::default(),
        })
    }

    /// Sends writes without waiting for answers.
    pub(super) async fn send(&mut self, count: usize) -> io::Result<()> {
        let mut text = String::new();
        for _ in 0..count {
            let (slot, epoch) = self.slots[self.next % self.slots.len()];
            let write = WRITES.fetch_add(1, Relaxed);
            text.push_str(&format!(
                "POST / HTTP/1.1\r\nhost: site\r\nx-muster-slot: {slot}\r\nx-muster-epoch: {epoch}\r\n\
                 x-write: {write}\r\ncontent-length: 0\r\n\r\n"
            ));
            self.next += 1;
            self.waiting.push_back(write);
            self.sent.push(write);
        }
        self.answers.tried += count;
        self.stream.write_all(text.as_bytes()).await
    }

    /// Reads the answers to all that was sent; whether the connection can be used further.
    pub(super) async fn read(&mut self) -> bool {
        while let Some(write) = self.waiting.front().copied() {
            match self.answer().await {
                Ok(status) => self.answers.count(write, status),
                Err(_) => {
                    self.answers.unanswered += self.waiting.len();
                    self.waiting.clear();
                    return false;
                }
            }
            self.waiting.pop_front();
        }
        true
    }

    async fn answer(&mut self) -> Result<u16, BoxError> {
        let first = self.line().await?;
        let status = first.split(' ').nth(1).ok_or("no status")?.parse()?;
        let mut length = 0;
        loop {
            let header = self.line().await?.to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(status)
    }

    async fn line(&mut self) -> Result<String, BoxError> {
        let mut line = String::new();
        match self.stream.read_line(&mut line).await? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}
