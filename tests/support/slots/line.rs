//! A line between a site and its Redis, which can be cut, or lose the connections that it carries.

use std::net::Ipv4Addr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::Result;

/// Is a line to a Redis, which can be cut: then nothing comes through, and nobody is told.
///
/// What was sent meanwhile arrives when it is mended.
#[derive(Debug)]
pub struct Line {
    port: u16,
    state: watch::Sender<State>,
    task: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    is_cut: bool,
    /// How often all connections were lost.
    losses: u32,
}

impl Line {
    /// Lays a line to a port of this machine.
    pub async fn to(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let own = listener.local_addr()?.port();
        let state = watch::Sender::default();
        let task = tokio::spawn(serve(listener, port, state.subscribe()));
        Ok(Self {
            port: own,
            state,
            task,
        })
    }

    /// Returns the address of its near end.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Lets nothing through.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.is_cut = true);
    }

    /// Lets everything through again.
    pub fn mend(&self) {
        self.state.send_modify(|state| state.is_cut = false);
    }

    /// Lets nothing through any more on the connections that there are, and tells nobody; others are as good as ever.
    pub fn lose(&self) {
        self.state.send_modify(|state| state.losses += 1);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, port: u16, state: watch::Receiver<State>) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
            continue;
        };
        let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
        let losses = state.borrow().losses;
        connections.spawn(carry(from_near, to_far, state.clone(), losses));
        connections.spawn(carry(from_far, to_near, state.clone(), losses));
    }
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    losses: u32,
) {
    let mut some = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut some).await {
        let Ok(is_lost) = state
            .wait_for(|state| !state.is_cut)
            .await
            .map(|state| state.losses > losses)
        else {
            break;
        };
        if is_lost || to.write_all(&some[..length]).await.is_err() {
            // So that whoever sends is not held up by what nobody reads.
            let _ = copy(&mut from, &mut tokio::io::sink()).await;
        }
    }
}
