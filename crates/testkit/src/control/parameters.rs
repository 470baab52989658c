//! Reading the parameters of a request, and naming what is wrong with one.

use std::str::FromStr;
use std::time::Duration;

use super::Refused;
use crate::query::Query;

/// Refuses parameters that mean nothing where they are.
pub(super) fn only(query: &Query<'_>, what: &str, known: &[&str]) -> Result<(), Refused> {
    match query.names().find(|name| !known.contains(name)) {
        Some(name) => Err(Refused::bad_request(format!(
            "{what} has no parameter {name}"
        ))),
        None => Ok(()),
    }
}

pub(super) fn parameter<T: FromStr>(query: &Query<'_>, name: &str) -> Result<Option<T>, Refused> {
    let parse = |text: &str| {
        let wrong = || Refused::bad_request(format!("parameter {name}={text} cannot be read"));
        text.parse().map_err(|_| wrong())
    };
    query.get(name).map(parse).transpose()
}

pub(super) fn required<T: FromStr>(query: &Query<'_>, name: &str) -> Result<T, Refused> {
    parameter(query, name)?.ok_or_else(|| missing(name))
}

/// A time in milliseconds, none if it is not given.
pub(super) fn milliseconds(query: &Query<'_>, name: &str) -> Result<Option<Duration>, Refused> {
    Ok(parameter(query, name)?.map(Duration::from_millis))
}

pub(super) fn missing(name: &str) -> Refused {
    Refused::bad_request(format!("parameter {name} is missing"))
}
