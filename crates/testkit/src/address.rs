//! Which loopback addresses the nodes get, and how a node listens on its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

use socket2::{Domain, Protocol, Socket, Type};

use crate::error::StartError;

/// How many blocks of addresses, or ports, are tried before giving up.
const TRIES: u32 = 64;

/// Connections that wait to be accepted; more than any test opens at once.
pub(crate) const BACKLOG: i32 = 1024;

/// Clusters that this process has started, so that each gets a block of its own.
static CLUSTERS: AtomicU32 = AtomicU32::new(0);

/// Listens on an address that an earlier listener may have just left.
pub(crate) fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let socket = bind(address)?;
    let listening = socket.listen(BACKLOG);
    listening.map_err(|source| StartError::Listen { address, source })?;
    Ok(socket.into())
}

/// Takes an address; until the socket listens, connections to it are refused.
pub(crate) fn bind(address: SocketAddr) -> Result<Socket, StartError> {
    let open = || -> io::Result<Socket> {
        let domain = Domain::for_address(address);
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        // Connections of the node's earlier life may still be in TIME_WAIT.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        Ok(socket)
    };
    open().map_err(|source| StartError::Listen { address, source })
}

/// Listens on `count` addresses in a row with one common port.
pub(crate) fn listen_all(
    first: Option<Ipv4Addr>,
    port: u16,
    count: usize,
) -> Result<Vec<TcpListener>, StartError> {
    let cluster = CLUSTERS.fetch_add(1, Ordering::Relaxed);
    let mut tried = 0;
    loop {
        let start = first.unwrap_or_else(|| block(cluster, tried));
        tried += 1;
        match listen_from(start, port, count) {
            // With a block and a port given there is nothing else to try.
            Err(StartError::Listen { source, .. })
                if source.kind() == io::ErrorKind::AddrInUse
                    && (first.is_none() || port == 0)
                    && tried < TRIES => {}
            result => return result,
        }
    }
}

fn listen_from(
    first: Ipv4Addr,
    mut port: u16,
    count: usize,
) -> Result<Vec<TcpListener>, StartError> {
    let mut listeners = Vec::with_capacity(count);
    for address in in_a_row(first, count)? {
        let address = SocketAddr::V4(SocketAddrV4::new(address, port));
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback { address });
        }
        let listener = listen(address)?;
        if port == 0 {
            let bound = listener.local_addr();
            port = bound
                .map_err(|source| StartError::Listen { address, source })?
                .port();
        }
        listeners.push(listener);
    }
    Ok(listeners)
}

fn in_a_row(first: Ipv4Addr, count: usize) -> Result<impl Iterator<Item = Ipv4Addr>, StartError> {
    let no_room = StartError::NoRoom {
        first,
        nodes: count,
    };
    let start = u32::from(first);
    let last = u32::try_from(count)
        .ok()
        .and_then(|count| start.checked_add(count.max(1) - 1));
    match last {
        // 127.255.255.255 is the broadcast address of the loopback network.
        Some(last)
            if !first.is_loopback() || last < u32::from(Ipv4Addr::new(127, 255, 255, 255)) =>
        {
            Ok((start..=last).map(Ipv4Addr::from))
        }
        _ => Err(no_room),
    }
}

/// A block 127.x.y.0/24 that differs by process and by cluster; x is never 0,
/// where people and resolvers put their own services.
fn block(cluster: u32, tried: u32) -> Ipv4Addr {
    let blocks = 254 * 256;
    let mixed = std::process::id()
        .wrapping_mul(151)
        .wrapping_add(cluster + tried * 4099)
        % blocks;
    let [.., high, low] = mixed.to_be_bytes();
    Ipv4Addr::new(127, 1 + high, low, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_of_one_process_get_different_blocks() {
        let blocks: std::collections::HashSet<_> = (0..1000).map(|n| block(n, 0)).collect();
        assert_eq!(blocks.len(), 1000);
    }

    #[test]
    fn addresses_that_run_past_the_loopback_network_are_refused() {
        let error = listen_all(Some(Ipv4Addr::new(127, 255, 255, 253)), 0, 3).unwrap_err();
        assert!(
            matches!(error, StartError::NoRoom { nodes: 3, .. }),
            "{error}"
        );
    }

    #[test]
    fn an_address_that_others_could_reach_is_refused() {
        let error = listen_all(Some(Ipv4Addr::new(10, 0, 0, 1)), 8000, 1).unwrap_err();
        assert!(error.to_string().contains("10.0.0.1:8000"), "{error}");
    }
}
