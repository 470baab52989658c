//! From a fault's name and parameters to the node's method.

use std::error::Error;
use std::time::Duration;

use http::StatusCode;

use super::Refused;
use super::connections;
use super::parameters::{missing, only, parameter, required};
use crate::node::{Fault, Injection, Reset, TestNode};
use crate::query::Query;

/// Does a fault to the node; false if there is none of this name.
pub(super) async fn apply(
    node: &TestNode,
    fault: &str,
    query: &Query<'_>,
) -> Result<bool, Refused> {
    match fault {
        "heal" => {
            only(query, fault, &[])?;
            node.heal();
        }
        "overload" => {
            only(query, fault, &["max"])?;
            node.overload(required(query, "max")?);
        }
        "dropsyns" => {
            only(query, fault, &[])?;
            let dropped = node.drop_syns().await;
            dropped.map_err(|error| failed(node, "drop SYNs", &error))?;
        }
        _ => match named(fault, query)? {
            Some(fault) => node.inject(scoped(fault, query)?),
            None => return Ok(false),
        },
    }
    Ok(true)
}

/// A fault that hits requests; these know `next` and `share` too.
fn named(fault: &str, query: &Query<'_>) -> Result<Option<Fault>, Refused> {
    let own: &[&str] = match fault {
        "slow" => &["ms"],
        "fail" => &["status", "type", "message"],
        "reset" => &["execute"],
        "closeonarrival" | "closeafterhead" => &["how"],
        "closeafteranswer" | "blackhole" | "refuse" | "ratelimit" | "ambiguous" | "truncate" => &[],
        _ => return Ok(None),
    };
    only(query, fault, &[own, &["next", "share"]].concat())?;
    Ok(Some(match fault {
        "blackhole" => Fault::BlackHole,
        "slow" => Fault::Slow(Duration::from_millis(required(query, "ms")?)),
        "fail" => failure(query)?,
        "reset" if parameter(query, "execute")?.unwrap_or(true) => {
            Fault::Reset(Reset::AfterExecution)
        }
        "reset" => Fault::Reset(Reset::BeforeExecution),
        "closeonarrival" => Fault::CloseOnArrival(connections::how(query)?),
        "closeafterhead" => Fault::CloseAfterHead(connections::how(query)?),
        "closeafteranswer" => Fault::CloseAfterAnswer,
        "refuse" => Fault::Refuse,
        "ratelimit" => Fault::RateLimit,
        "ambiguous" => Fault::Ambiguous,
        _ => Fault::Truncate,
    }))
}

fn scoped(fault: Fault, query: &Query<'_>) -> Result<Injection, Refused> {
    match (parameter(query, "next")?, parameter(query, "share")?) {
        (None, None) => Ok(fault.into()),
        (Some(next), None) => Ok(fault.for_next(next)),
        (None, Some(share)) if (0.0..=1.0).contains(&share) => Ok(fault.for_share(share)),
        (None, Some(share)) => Err(Refused::bad_request(format!(
            "parameter share={share} is not from 0 to 1"
        ))),
        (Some(_), Some(_)) => Err(Refused::bad_request(
            "parameters next and share exclude each other".to_owned(),
        )),
    }
}

fn failure(query: &Query<'_>) -> Result<Fault, Refused> {
    let status = parameter(query, "status")?.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !status.is_client_error() && !status.is_server_error() {
        let text = format!("parameter status={status} is not an error; use 400 to 599");
        return Err(Refused::bad_request(text));
    }
    match (query.get("type"), query.get("message")) {
        (Some(error_type), Some(message)) => Ok(Fault::fail_with(status, error_type, message)),
        (None, None) => Ok(Fault::fail(status)),
        (Some(_), None) => Err(missing("message")),
        (None, Some(_)) => Err(missing("type")),
    }
}

pub(super) fn failed(node: &TestNode, what: &str, error: &dyn Error) -> Refused {
    let mut message = format!("node {} does not {what}: {error}", node.address());
    if let Some(source) = error.source() {
        message = format!("{message}: {source}");
    }
    Refused {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        message,
    }
}
