//! What is known of a group without reading it.

use redis::Value;

use super::{
    answer::{Seen, text},
    error::StoreError,
    keys::Keys,
};
use crate::redis::Link;

/// Reads the group's life and the number of its last notice; `None` if there is no group.
pub(super) async fn read(link: &Link, keys: &Keys) -> Result<Option<Seen>, StoreError> {
    let mut commands = redis::pipe();
    let fields = ["life", "version"];
    commands.atomic().cmd("HMGET").arg(&keys.group).arg(&fields);
    let answer = link.atomically(commands).await;
    match answer.map_err(StoreError::Redis)?.pop() {
        Some(Value::Array(fields)) => head(fields),
        _ => Err(StoreError::malformed("an answer", "to HMGET")),
    }
}

fn head(fields: Vec<Value>) -> Result<Option<Seen>, StoreError> {
    if fields.contains(&Value::Nil) {
        return Ok(None);
    }
    let words: Vec<_> = fields.into_iter().map(text).collect::<Result<_, _>>()?;
    let [life, version] = words.as_slice() else {
        return Err(StoreError::malformed("an answer", &words.join(" ")));
    };
    let number = version.parse();
    Ok(Some(Seen {
        life: life.as_str().into(),
        version: number.map_err(|_| StoreError::malformed("a version", version))?,
    }))
}
