//! What is done to the cluster as a whole.

use super::parameters::{only, required};
use super::{Refused, named};
use crate::node::TestNode;
use crate::query::Query;
use crate::split::{Split, sides};
use crate::sync::lock;

/// Does something to all nodes; false if there is nothing of this name.
pub(super) fn apply(nodes: &[TestNode], what: &str, query: &Query<'_>) -> Result<bool, Refused> {
    let Some(first) = nodes.first() else {
        return Ok(false);
    };
    match what {
        "partition" => {
            only(query, what, &["groups"])?;
            let text: String = required(query, "groups")?;
            let groups = text.split(';').map(|group| {
                let addresses = group.split(',').filter(|address| !address.is_empty());
                addresses.map(|address| named(nodes, address)).collect()
            });
            let groups = groups.collect::<Result<Vec<Vec<&TestNode>>, Refused>>()?;
            Split::cut(&first.shared, sides(nodes.len(), groups));
        }
        "heal" => {
            only(query, what, &[])?;
            Split::cut(&first.shared, Vec::new());
        }
        "secret" => {
            only(query, what, &["access_key", "secret"])?;
            let access_key: String = required(query, "access_key")?;
            let secret = required(query, "secret")?;
            if !lock(&first.shared.credentials).change(&access_key, secret) {
                return Err(Refused::bad_request(format!(
                    "nobody has the access_key {access_key}"
                )));
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}
