//! Listens in between a client and a node, and writes what it heard as a capture file.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use http::Uri;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What was said, in order: whether by the client, and what.
type Heard = Arc<Mutex<Vec<(bool, Vec<u8>)>>>;

/// Passes one connection on.
pub(crate) struct Tap {
    address: SocketAddr,
    heard: Heard,
}

impl Tap {
    pub(crate) async fn start(node: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Heard::default();
        let writer = Arc::clone(&heard);
        tokio::spawn(async move {
            let (client, _) = listener.accept().await.unwrap();
            relay(client, TcpStream::connect(node).await.unwrap(), &writer).await;
        });
        Self { address, heard }
    }

    pub(crate) fn uri(&self) -> Uri {
        format!("https://{}/", self.address).parse().unwrap()
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// A capture in libpcap's format, of packets that begin with their IPv4 header.
    pub(crate) fn capture(&self) -> Vec<u8> {
        const MAGIC: u32 = 0xa1b2_c3d4;
        const RAW_IP: u32 = 101;
        let mut file = Vec::new();
        file.extend(MAGIC.to_le_bytes());
        file.extend([2, 0, 4, 0]);
        for word in [0, 0, u32::from(u16::MAX), RAW_IP] {
            file.extend(word.to_le_bytes());
        }
        // By whom: the client's position, and the node's.
        let mut sent = [1_u32, 1];
        for (at, (is_client, bytes)) in (0_u32..).zip(self.heard.lock().unwrap().iter()) {
            for piece in bytes.chunks(1400) {
                let packet = self.packet(*is_client, sent, piece);
                let length = u32::try_from(packet.len()).unwrap();
                for word in [0, at, length, length] {
                    file.extend(word.to_le_bytes());
                }
                file.extend(packet);
                sent[usize::from(!is_client)] += u32::try_from(piece.len()).unwrap();
            }
        }
        file
    }

    /// One segment with its headers; the checksums are left out.
    fn packet(&self, is_client: bool, sent: [u32; 2], payload: &[u8]) -> Vec<u8> {
        const CLIENT_PORT: u16 = 50_000;
        let length = u16::try_from(40 + payload.len()).unwrap();
        let mut packet = vec![0x45, 0];
        packet.extend(length.to_be_bytes());
        packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
        let (ports, numbers) = if is_client {
            ([CLIENT_PORT, self.port()], sent)
        } else {
            ([self.port(), CLIENT_PORT], [sent[1], sent[0]])
        };
        packet.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
        packet.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
        // Five words of header, PSH and ACK, a whole window.
        packet.extend([0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]);
        packet.extend(payload);
        packet
    }
}

async fn relay(mut client: TcpStream, mut node: TcpStream, heard: &Heard) {
    let (mut from_client, mut from_node) = ([0; 4096], [0; 4096]);
    loop {
        let (is_client, bytes) = tokio::select! {
            read = client.read(&mut from_client) => (true, &from_client[..read.unwrap_or(0)]),
            read = node.read(&mut from_node) => (false, &from_node[..read.unwrap_or(0)]),
        };
        if bytes.is_empty() {
            return;
        }
        heard.lock().unwrap().push((is_client, bytes.to_vec()));
        let other = if is_client { &mut node } else { &mut client };
        if other.write_all(bytes).await.is_err() {
            return;
        }
    }
}
