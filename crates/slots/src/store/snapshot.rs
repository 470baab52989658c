//! The whole group at one moment.

use std::collections::HashMap;

use redis::Value;

use super::{answer::text, error::StoreError, keys::Keys, line, member, settings};
use crate::{
    Slot,
    record::{MemberRecord, SlotRecord, Snapshot},
    redis::{Link, RedisError},
};

/// What the group's hash bears, and what the others do under a name that no site and no slot has.
const FORMAT: &str = "1";
const MARK: &str = "!format";

/// Reads it, in one transaction.
pub(super) async fn read(link: &Link, keys: &Keys) -> Result<Snapshot, StoreError> {
    let hashes = [&keys.group, &keys.sites, &keys.slots];
    let mut commands = redis::pipe();
    commands.atomic();
    for key in hashes {
        commands.cmd("HGETALL").arg(key);
    }
    match link.atomically(commands).await {
        Ok(values) => {
            let mut values = values.into_iter().map(fields);
            let mut next = || values.next().unwrap_or_else(|| Ok(HashMap::new()));
            let (group, sites, slots) = (next()?, next()?, next()?);
            whole(keys, &group, sites, slots)
        }
        Err(RedisError::Script { code, .. }) if code == "WRONGTYPE" => {
            Err(foreign(link, &hashes).await)
        }
        Err(error) => Err(StoreError::Redis(error)),
    }
}

/// Finds which of the keys is no hash.
async fn foreign(link: &Link, hashes: &[&String]) -> StoreError {
    let mut commands = redis::pipe();
    commands.atomic();
    for key in hashes {
        commands.cmd("TYPE").arg(key);
    }
    let types = match link.atomically(commands).await {
        Ok(types) => types,
        Err(error) => return StoreError::Redis(error),
    };
    let is_foreign = |value: Value| !matches!(text(value).as_deref(), Ok("hash" | "none"));
    let at = types.into_iter().position(is_foreign).unwrap_or_default();
    StoreError::Foreign {
        key: hashes.get(at).map(ToString::to_string).unwrap_or_default(),
    }
}

fn whole(
    keys: &Keys,
    group: &HashMap<String, String>,
    mut sites: HashMap<String, String>,
    mut slots: HashMap<String, String>,
) -> Result<Snapshot, StoreError> {
    let marks = [
        (&keys.group, group.get("format").cloned(), group.is_empty()),
        (&keys.sites, sites.remove(MARK), sites.is_empty()),
        (&keys.slots, slots.remove(MARK), slots.is_empty()),
    ];
    for (key, mark, is_empty) in &marks {
        if mark.as_deref() != Some(FORMAT) && !(mark.is_none() && *is_empty) {
            let key = (*key).clone();
            return Err(StoreError::Foreign { key });
        }
    }
    // Some of the keys were lost: the next site that joins makes the group anew.
    if marks.iter().any(|(_, mark, _)| mark.is_none()) {
        return Err(StoreError::NoGroup);
    }
    let settings = settings::parse(&keys.name, group)?;
    let mut slots = slots_of(slots)?;
    slots.retain(|record| record.slot.number() < settings.slots().get());
    Ok(Snapshot {
        life: settings::text(group, "life")?.into(),
        version: settings::number(group, "version")?,
        group: settings,
        members: members_of(sites)?,
        slots,
    })
}

fn members_of(sites: HashMap<String, String>) -> Result<Vec<MemberRecord>, StoreError> {
    let members = sites.into_iter().map(|(id, value)| {
        let id = super::answer::site_id(&id)?;
        member::parse(&id, &value)
    });
    let mut members = members.collect::<Result<Vec<_>, _>>()?;
    members.sort_unstable_by(|one, other| one.member.id().cmp(other.member.id()));
    Ok(members)
}

fn slots_of(slots: HashMap<String, String>) -> Result<Vec<SlotRecord>, StoreError> {
    let records = slots.into_iter().map(|(slot, line)| {
        let number = slot.parse();
        let number = number.map_err(|_| StoreError::malformed("a slot", &slot))?;
        line::parse(Slot::new(number), &line)
    });
    let mut records = records.collect::<Result<Vec<_>, _>>()?;
    records.sort_unstable_by_key(|record| record.slot);
    Ok(records)
}

/// A hash, whichever protocol it came by.
fn fields(value: Value) -> Result<HashMap<String, String>, StoreError> {
    let pairs: Vec<(Value, Value)> = match value {
        Value::Map(pairs) => pairs,
        Value::Array(values) => {
            let mut values = values.into_iter();
            let pair = || Some((values.next()?, values.next()?));
            std::iter::from_fn(pair).collect()
        }
        value => return Err(StoreError::malformed("a hash", &format!("{value:?}"))),
    };
    let fields = pairs.into_iter();
    fields
        .map(|(name, value)| Ok((text(name)?, text(value)?)))
        .collect()
}
