//! From a fault's name and parameters to the node's method.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use http::StatusCode;

use super::Refused;
use crate::node::TestNode;
use crate::query::Query;

const NAMES: &str = "kill, restart, drain, blackhole, slow, fail, reset, heal";

pub(super) async fn apply(node: &TestNode, fault: &str, query: &Query<'_>) -> Result<(), Refused> {
    let known: &[&str] = match fault {
        "slow" => &["ms"],
        "fail" => &["status", "type", "message"],
        "reset" => &["execute"],
        "kill" | "restart" | "drain" | "blackhole" | "heal" => &[],
        _ => {
            return Err(Refused::not_found(format!(
                "no fault {fault}; there is {NAMES}"
            )));
        }
    };
    if let Some(name) = query.names().find(|name| !known.contains(name)) {
        return Err(Refused::bad_request(format!(
            "fault {fault} has no parameter {name}"
        )));
    }
    match fault {
        "kill" => node.kill(),
        "restart" => node
            .restart()
            .await
            .map_err(|error| not_restarted(node, &error))?,
        "drain" => node.drain(),
        "blackhole" => node.black_hole(),
        "slow" => node.slow(Duration::from_millis(required(query, "ms")?)),
        "fail" => fail(node, query)?,
        "reset" if parameter(query, "execute")?.unwrap_or(true) => node.reset(),
        "reset" => node.reset_before_execution(),
        _ => node.heal(),
    }
    Ok(())
}

fn fail(node: &TestNode, query: &Query<'_>) -> Result<(), Refused> {
    let status = parameter(query, "status")?.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !status.is_client_error() && !status.is_server_error() {
        let text = format!("parameter status={status} is not an error; use 400 to 599");
        return Err(Refused::bad_request(text));
    }
    match (query.get("type"), query.get("message")) {
        (Some(error_type), Some(message)) => node.fail_with(status, error_type, message),
        (None, None) => node.fail(status),
        (Some(_), None) => return Err(missing("message")),
        (None, Some(_)) => return Err(missing("type")),
    }
    Ok(())
}

fn parameter<T: FromStr>(query: &Query<'_>, name: &str) -> Result<Option<T>, Refused> {
    let parse = |text: &str| {
        let wrong = || Refused::bad_request(format!("parameter {name}={text} cannot be read"));
        text.parse().map_err(|_| wrong())
    };
    query.get(name).map(parse).transpose()
}

fn required<T: FromStr>(query: &Query<'_>, name: &str) -> Result<T, Refused> {
    parameter(query, name)?.ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Refused {
    Refused::bad_request(format!("parameter {name} is missing"))
}

fn not_restarted(node: &TestNode, error: &dyn Error) -> Refused {
    let reason = error.source().map(ToString::to_string).unwrap_or_default();
    Refused {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        message: format!(
            "node {} does not restart: {error}: {reason}",
            node.address()
        ),
    }
}
