//! The ports of a server.

use std::net::TcpListener;

/// Below what systems give to outgoing connections, so that none of them has the port of a server that restarts.
/// The second port of a node, for the other nodes, is 10,000 higher (`CLUSTER_PORT_INCR` in Redis's `cluster.h`).
const PORTS: std::ops::Range<u16> = 10_000..22_000;
const BUS: u16 = 10_000;
/// How many ports are tried before one is taken that may not be free.
const TRIES: u32 = 1_000;

/// Returns a port that was free a moment ago, as was the one for other nodes.
pub(super) fn free() -> u16 {
    let mut port = fastrand::u16(PORTS);
    for _ in 0..TRIES {
        if is_free(port) && is_free(port + BUS) {
            break;
        }
        port = fastrand::u16(PORTS);
    }
    port
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
