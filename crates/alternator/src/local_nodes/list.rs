//! Reads the list that a node answers with.

use std::net::IpAddr;

use tower_muster::{Node, Origin, Place};

use super::error::Cause;

/// The nodes of a list: a JSON array of IP addresses, without ports and brackets.
///
/// An entry that is no address is left out: while a node's address is not known to its peers, some
/// versions list its host id instead (`gossiper::get_rpc_address`), and a name that anything may resolve
/// is no node of this cluster. Entries may be listed twice.
pub(super) fn nodes(body: &[u8], asked: &Origin, place: &Place) -> Result<Vec<Node>, Cause> {
    let entries: Vec<String> =
        serde_json::from_slice(body).map_err(|error| Cause::Failed(error.into()))?;
    let nodes: Vec<_> = entries
        .iter()
        .filter_map(|entry| node(entry, asked, place))
        .collect();
    if nodes.is_empty() && !entries.is_empty() {
        return Err(Cause::NoAddress {
            entries: entries.len(),
        });
    }
    Ok(nodes)
}

fn node(entry: &str, asked: &Origin, place: &Place) -> Option<Node> {
    let address: IpAddr = entry.parse().ok()?;
    if address.is_unspecified() || address.is_multicast() {
        return None;
    }
    let port = match asked.authority().port_u16() {
        Some(port) => format!(":{port}"),
        None => String::new(),
    };
    let scheme = asked.scheme();
    let node = match address {
        IpAddr::V4(address) => Node::new(&format!("{scheme}://{address}{port}")),
        IpAddr::V6(address) => Node::new(&format!("{scheme}://[{address}]{port}")),
    };
    let node = node.ok()?;
    match place {
        Place::Rack { datacenter, rack } => node.in_rack(datacenter, rack).ok(),
        Place::Datacenter { datacenter } => node.in_datacenter(datacenter).ok(),
        _ => Some(node),
    }
}
