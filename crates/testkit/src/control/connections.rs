//! What is done to a node's connections, and what it shows on those to come.

use http::StatusCode;

use super::Refused;
use super::fault::failed;
use super::parameters::{only, parameter};
use crate::node::{Close, TestNode};
use crate::query::Query;
use crate::tls::NodeCertificate;

/// Does it to the node; false if there is nothing of this name.
pub(super) fn apply(node: &TestNode, what: &str, query: &Query<'_>) -> Result<bool, Refused> {
    match what {
        "goaway" => {
            only(query, what, &[])?;
            node.goaway();
        }
        "closeconnections" => {
            only(query, what, &["how"])?;
            node.close_connections(how(query)?);
        }
        "certificate" => {
            only(query, what, &["name", "valid", "trusted"])?;
            let shown = node.set_certificate(certificate(query)?);
            shown.map_err(|error| Refused {
                status: StatusCode::BAD_REQUEST,
                ..failed(node, "show the certificate", &error)
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// With a FIN, unless it is asked otherwise.
pub(super) fn how(query: &Query<'_>) -> Result<Close, Refused> {
    match query.get("how") {
        None | Some("fin") => Ok(Close::Fin),
        Some("reset") => Ok(Close::Reset),
        Some(other) => Err(Refused::bad_request(format!(
            "parameter how={other} is neither fin nor reset"
        ))),
    }
}

fn certificate(query: &Query<'_>) -> Result<NodeCertificate, Refused> {
    let mut certificate = match query.get("name") {
        Some(name) => NodeCertificate::for_name(name),
        None => NodeCertificate::for_address(),
    };
    certificate = match query.get("valid") {
        None | Some("now") => certificate,
        Some("past") => certificate.expired(),
        Some("future") => certificate.not_yet_valid(),
        Some(other) => {
            let text = format!("parameter valid={other} is none of past, now and future");
            return Err(Refused::bad_request(text));
        }
    };
    if !parameter(query, "trusted")?.unwrap_or(true) {
        certificate = certificate.by_untrusted_authority();
    }
    Ok(certificate)
}
