//! A line between a site and its Redis, which can be cut.

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
    is_cut: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Line {
    /// Lays a line to a port of this machine.
    pub async fn to(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let own = listener.local_addr()?.port();
        let is_cut = watch::Sender::new(false);
        let task = tokio::spawn(serve(listener, port, is_cut.subscribe()));
        Ok(Self {
            port: own,
            is_cut,
            task,
        })
    }

    /// Returns the address of its near end.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Lets nothing through.
    pub fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    /// Lets everything through again.
    pub fn mend(&self) {
        self.is_cut.send_replace(false);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, port: u16, is_cut: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
            continue;
        };
        let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
        connections.spawn(carry(from_near, to_far, is_cut.clone()));
        connections.spawn(carry(from_far, to_near, is_cut.clone()));
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut is_cut: watch::Receiver<bool>) {
    let mut some = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut some).await {
        if is_cut.wait_for(|is_cut| !is_cut).await.is_err() {
            break;
        }
        if to.write_all(&some[..length]).await.is_err() {
            // So that whoever sends is not held up by what nobody reads.
            let _ = copy(&mut from, &mut tokio::io::sink()).await;
        }
    }
}
