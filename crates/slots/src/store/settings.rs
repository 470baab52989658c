//! A group's settings as they are written to Redis.

use std::{collections::HashMap, time::Duration};

use super::error::StoreError;
use crate::{Group, Spread};

/// The values, in the order in which the script `join` takes them.
pub(super) fn texts_of(group: &Group) -> [String; 7] {
    [
        group.slots().to_string(),
        group.replicas().to_string(),
        group.min_sites().to_string(),
        group.timeout().as_millis().to_string(),
        group.heartbeat().as_millis().to_string(),
        group.margin().as_millis().to_string(),
        spread_text(group.spread()),
    ]
}

fn spread_text(spread: &Spread) -> String {
    match spread {
        Spread::Anywhere => "anywhere".to_owned(),
        Spread::Racks => "racks".to_owned(),
        Spread::Strictly { racks } => format!("strictly:{racks}"),
    }
}

fn spread_of(text: &str) -> Option<Spread> {
    match text {
        "anywhere" => Some(Spread::Anywhere),
        "racks" => Some(Spread::Racks),
        _ => {
            let racks = text.strip_prefix("strictly:")?.parse().ok()?;
            Some(Spread::Strictly { racks })
        }
    }
}

/// The group with a name, of what Redis holds for it.
pub(super) fn parse(name: &str, fields: &HashMap<String, String>) -> Result<Group, StoreError> {
    let builder = Group::builder(name)
        .slots(number(fields, "slots")?)
        .replicas(number(fields, "replicas")?)
        .min_sites(number(fields, "min_sites")?)
        .timeout(millis(fields, "timeout")?)
        .heartbeat(millis(fields, "heartbeat")?)
        .margin(millis(fields, "margin")?);
    let spread = text(fields, "spread")?;
    let spread = spread_of(spread).ok_or_else(|| StoreError::malformed("spread", spread))?;
    let group = builder.spread(spread).build();
    group.map_err(|error| StoreError::malformed("the group,", &error.to_string()))
}

pub(super) fn text<'a>(
    fields: &'a HashMap<String, String>,
    field: &str,
) -> Result<&'a str, StoreError> {
    let value = fields.get(field).map(String::as_str);
    value.ok_or_else(|| StoreError::malformed(field, ""))
}

pub(super) fn number<N: std::str::FromStr>(
    fields: &HashMap<String, String>,
    field: &str,
) -> Result<N, StoreError> {
    let text = text(fields, field)?;
    let number = text.parse();
    number.map_err(|_| StoreError::malformed(field, text))
}

fn millis(fields: &HashMap<String, String>, field: &str) -> Result<Duration, StoreError> {
    number(fields, field).map(Duration::from_millis)
}
