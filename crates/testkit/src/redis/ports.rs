//! The ports of a server.

use std::{collections::BTreeSet, net::TcpListener, sync::Mutex};

use crate::sync::lock;

/// Below what systems give to outgoing connections, so that none of them has the port of a server that restarts.
/// The second port of a node, for the other nodes, is 10,000 higher (`CLUSTER_PORT_INCR` in Redis's `cluster.h`).
const PORTS: std::ops::Range<u16> = 10_000..22_000;
const BUS: u16 = 10_000;
/// How many ports are tried before one is taken that may not be free.
const TRIES: u32 = 1_000;

/// What this process has given out: a server that is down for a while wants its port again.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// Returns a port that was free a moment ago, as was the one for other nodes, and that no other server of this
/// process was given.
pub(super) fn free() -> u16 {
    for _ in 0..TRIES {
        let port = fastrand::u16(PORTS);
        if is_free(port) && is_free(port + BUS) && give(port) {
            return port;
        }
    }
    fastrand::u16(PORTS)
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

/// Takes a port and the one for other nodes, unless one of them is taken.
fn give(port: u16) -> bool {
    let mut given = lock(&GIVEN);
    let both = [port, port + BUS];
    let is_new = !both.iter().any(|port| given.contains(port));
    if is_new {
        given.extend(both);
    }
    is_new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_out_twice_also_when_nobody_listens_there() {
        let mut seen = BTreeSet::new();
        for _ in 0..500 {
            let port = free();
            assert!(seen.insert(port) && seen.insert(port + BUS), "{port}");
        }
    }
}
