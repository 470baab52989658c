//! What a row of a system table says of a node.

use std::net::IpAddr;

use serde::Deserialize;
use tower_muster::{Node, Origin};

use super::super::seeds::at;

/// A row, whose columns are strings or missing.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Row {
    rpc_address: Option<Text>,
    preferred_ip: Option<Text>,
    broadcast_address: Option<Text>,
    peer: Option<Text>,
    data_center: Option<Text>,
    rack: Option<Text>,
}

/// A value of DynamoDB's type for strings; other types are passed over.
#[derive(Debug, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: Option<String>,
}

impl Row {
    /// The node that was asked: at least where it was asked it can be reached.
    pub(super) fn contacted(&self, asked: &Origin) -> Option<Node> {
        let said = [&self.rpc_address, &self.broadcast_address];
        let origin = said.into_iter().find_map(|said| origin(said, asked));
        self.placed(origin.unwrap_or_else(|| asked.clone()))
    }

    /// Another node; `None` if it has no address or no place yet, as one has that only joins.
    pub(super) fn peer(&self, asked: &Origin) -> Option<Node> {
        let said = [&self.rpc_address, &self.preferred_ip, &self.peer];
        let origin = said.into_iter().find_map(|said| origin(said, asked))?;
        self.placed(origin)
    }

    fn placed(&self, origin: Origin) -> Option<Node> {
        let text = |column: &Option<Text>| column.as_ref()?.text.clone();
        let (datacenter, rack) = (text(&self.data_center)?, text(&self.rack)?);
        Node::at(origin).in_rack(datacenter, rack).ok()
    }
}

fn origin(said: &Option<Text>, asked: &Origin) -> Option<Origin> {
    let address: IpAddr = said.as_ref()?.text.as_ref()?.parse().ok()?;
    at(asked, address)
}
