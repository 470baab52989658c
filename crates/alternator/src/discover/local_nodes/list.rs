//! Reads the list that a node answers with.

use std::{borrow::Cow, net::IpAddr};

use tower_muster::{MAX_NODES, Node, Origin, Place};

use super::{super::seeds::at, error::Cause};

/// The nodes of a list: a JSON array of IP addresses, without ports and brackets.
///
/// An entry that is no address is left out: while a node's address is not known to its peers, some
/// versions list its host id instead (`gossiper::get_rpc_address`), and a name that anything may resolve
/// is no node of this cluster. Entries may be listed twice.
pub(super) fn nodes(body: &[u8], asked: &Origin, place: &Place) -> Result<Vec<Node>, Cause> {
    let entries = entries(body)?;
    if entries.len() > MAX_NODES {
        return Err(Cause::TooMany {
            entries: entries.len(),
        });
    }
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

/// Whether the list has no entries, whatever they are.
pub(super) fn is_empty(body: &[u8]) -> Result<bool, Cause> {
    Ok(entries(body)?.is_empty())
}

fn entries(body: &[u8]) -> Result<Vec<Cow<'_, str>>, Cause> {
    serde_json::from_slice(body).map_err(|error| Cause::Failed(error.into()))
}

fn node(entry: &str, asked: &Origin, place: &Place) -> Option<Node> {
    let address: IpAddr = entry.parse().ok()?;
    let node = Node::at(at(asked, address)?);
    match place {
        Place::Rack { datacenter, rack } => node.in_rack(datacenter, rack).ok(),
        Place::Datacenter { datacenter } => node.in_datacenter(datacenter).ok(),
        _ => Some(node),
    }
}
