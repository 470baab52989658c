//! Whether a node hears who knocks: a full queue of connections, and SYNs that are dropped.

use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::TestNode;
use crate::address::BACKLOG;
use crate::sync::lock;

/// On loopback a connection that is not made at once is not made.
const AT_ONCE: Duration = Duration::from_millis(50);

/// More than a queue of length 0 holds on any system.
const MOST_FILLERS: usize = 8;

#[derive(Debug)]
pub(crate) struct Hearing {
    deaf: watch::Sender<bool>,
    /// The connections that fill the queue.
    fillers: Mutex<Fillers>,
}

#[derive(Debug, Default)]
struct Fillers {
    open: Vec<TcpStream>,
    /// Where they and those before them come from, so that the node does not count them.
    addresses: Vec<SocketAddr>,
}

impl Default for Hearing {
    fn default() -> Self {
        Self {
            deaf: watch::channel(false).0,
            fillers: Mutex::default(),
        }
    }
}

impl Hearing {
    /// A listener that is new has a queue of its own.
    pub(super) fn reset(&self) {
        *lock(&self.fillers) = Fillers::default();
        self.deaf.send_replace(false);
    }

    pub(super) fn is_deaf(&self) -> bool {
        *self.deaf.borrow()
    }

    pub(super) fn changes(&self) -> watch::Receiver<bool> {
        self.deaf.subscribe()
    }

    /// True for a connection of the node to itself, which is then forgotten.
    pub(super) fn is_filler(&self, peer: SocketAddr) -> bool {
        let mut fillers = lock(&self.fillers);
        let found = fillers.addresses.iter().position(|own| *own == peer);
        found
            .map(|index| fillers.addresses.swap_remove(index))
            .is_some()
    }

    /// Connects until that is no longer possible.
    async fn fill(&self, address: SocketAddr) -> io::Result<()> {
        for _ in 0..MOST_FILLERS {
            match tokio::time::timeout(AT_ONCE, TcpStream::connect(address)).await {
                Ok(Ok(filler)) => {
                    let mut fillers = lock(&self.fillers);
                    fillers.addresses.push(filler.local_addr()?);
                    fillers.open.push(filler);
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => return Ok(()),
            }
        }
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl TestNode {
    pub(super) async fn stop_hearing(&self) -> io::Result<()> {
        if !self.set_queue(0)? {
            return Ok(());
        }
        let hearing = &self.node().hearing;
        hearing.deaf.send_replace(true);
        let filled = hearing.fill(self.address()).await;
        if filled.is_err() {
            self.hear_again();
        }
        filled
    }

    pub(super) fn hear_again(&self) {
        let hearing = &self.node().hearing;
        if hearing.deaf.send_replace(false) {
            // A listener that is gone has no queue to mend.
            let _ = self.set_queue(BACKLOG);
            lock(&hearing.fillers).open.clear();
        }
    }

    /// Sets how many connections may wait to be accepted; false if the node does not listen.
    fn set_queue(&self, length: i32) -> io::Result<bool> {
        match &lock(&self.node().life).listener {
            Some(listener) => SockRef::from(listener).listen(length).map(|()| true),
            None => Ok(false),
        }
    }
}
