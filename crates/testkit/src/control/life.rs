//! What begins and ends a node, and what it is set to be.

use http::{HeaderName, HeaderValue};

use super::Refused;
use super::fault::failed;
use super::parameters::{milliseconds, only, required};
use crate::node::TestNode;
use crate::query::Query;

/// Begins, ends or sets the node; false if there is nothing of this name.
pub(super) async fn apply(node: &TestNode, what: &str, query: &Query<'_>) -> Result<bool, Refused> {
    match what {
        "kill" => {
            only(query, what, &[])?;
            node.kill();
        }
        "drain" => {
            only(query, what, &[])?;
            node.drain();
        }
        "restart" | "join" => {
            only(query, what, &["after_ms"])?;
            let after = milliseconds(query, "after_ms")?;
            let begun = match (what, after) {
                ("restart", None) => node.restart().await,
                ("restart", Some(window)) => node.restart_slowly(window).await,
                (_, None) => node.join().await,
                (_, Some(window)) => node.join_slowly(window).await,
            };
            begun.map_err(|error| failed(node, what, &error))?;
        }
        "decommission" => {
            only(query, what, &["streaming_ms", "unlisted_ms"])?;
            let time = |name| Ok(milliseconds(query, name)?.unwrap_or_default());
            node.decommission(time("streaming_ms")?, time("unlisted_ms")?);
        }
        _ => return set(node, what, query),
    }
    Ok(true)
}

fn set(node: &TestNode, what: &str, query: &Query<'_>) -> Result<bool, Refused> {
    match what {
        "version" => {
            only(query, what, &["is"])?;
            node.set_version(required(query, "is")?);
        }
        "compression" => {
            only(query, what, &["threshold", "level"])?;
            node.set_response_compression(required(query, "threshold")?, required(query, "level")?);
        }
        "clock" => {
            only(query, what, &["seconds"])?;
            node.set_clock_offset(required(query, "seconds")?);
        }
        "header" => {
            only(query, what, &["name", "value"])?;
            let name = required::<HeaderName>(query, "name")?;
            node.set_response_header(name, required::<HeaderValue>(query, "value")?);
        }
        _ => return Ok(false),
    }
    Ok(true)
}
