//! `GET /localnodes`: whom the contacted node believes alive in one datacenter.
//!
//! `alternator/server.cc`, `local_nodelist_handler`, as of 2025.1: `dc` defaults
//! to the node's own, `rack` to all; an unknown name makes an empty list; the
//! order is that of an unordered set. Before 2025.1 the query is not looked at.

use bytes::Bytes;
use http::Uri;

use crate::node::Shared;
use crate::query::Query;
use crate::sync::lock;
use crate::version::Version;

pub(super) fn list(shared: &Shared, index: usize, version: Version, uri: &Uri) -> Bytes {
    let own = &shared.nodes[index];
    let view = lock(&own.view);
    if let Some(answer) = &view.answer {
        return answer.clone();
    }
    let query = uri.query().filter(|_| version.filters_local_nodes());
    let query = Query::parse(query);
    let datacenter = query.get("dc").unwrap_or(&own.place.datacenter);
    let rack = query.get("rack");
    let nodes = shared.nodes.iter().enumerate();
    let mut addresses: Vec<String> = nodes
        .filter(|(_, node)| node.place.datacenter == datacenter)
        .filter(|(_, node)| rack.is_none_or(|rack| node.place.rack == rack))
        .filter(|(other, _)| view.lists(*other))
        .map(|(_, node)| lock(&node.advertised).clone())
        .collect();
    fastrand::shuffle(&mut addresses);
    // Strings always serialize.
    serde_json::to_vec(&addresses).unwrap_or_default().into()
}
