//! A group that is there.

use std::{error::Error, time::Duration};

use tower_muster_slots::{Redis, RedisError, SlotTable, TableError};

use crate::{args::Live, told};

/// How often it is looked whether there is a reason to wait no longer.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Follows the group, and waits until it is known.
pub(crate) async fn follow(live: &Live) -> Result<SlotTable, Box<dyn Error>> {
    let table = SlotTable::follow(&redis(live)?, &live.group)?;
    let wait = Duration::from(live.wait);
    tokio::select! {
        biased;
        () = table.ready() => return Ok(table),
        () = hopeless(&table) => {}
        () = tokio::time::sleep(wait) => {}
    }
    Err(unread(&live.group, wait, table.trouble()).into())
}

/// Ends when the reason is one that waiting does not mend.
async fn hopeless(table: &SlotTable) {
    let is_hopeless = |error: TableError| match error {
        TableError::Foreign { .. } => true,
        TableError::Redis(error) => matches!(
            *error,
            RedisError::Refused { .. } | RedisError::TooOld { .. } | RedisError::Setting { .. }
        ),
        _ => false,
    };
    while !table.trouble().is_some_and(is_hopeless) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Says why the group is not known.
fn unread(group: &str, wait: Duration, trouble: Option<TableError>) -> String {
    match trouble {
        None => format!("Redis said nothing of group {group:?} within {wait:?}"),
        Some(error @ TableError::NoGroup) => {
            format!("no group {group:?} was found within {wait:?}: {error}")
        }
        Some(error) => format!("group {group:?} cannot be read: {}", told(&error)),
    }
}

fn redis(live: &Live) -> Result<Redis, Box<dyn Error>> {
    let redis = match (&live.sentinel, live.cluster, &live.redis[..]) {
        (Some(name), _, urls) => Redis::sentinel(name, urls)?,
        (None, true, urls) => Redis::cluster(urls)?,
        (None, false, [url]) => Redis::at(url)?,
        (None, false, _) => return Err("several URLs are for --sentinel or --cluster".into()),
    };
    Ok(match std::env::var("MUSTER_REDIS_PASSWORD") {
        Ok(password) => redis.password(password),
        Err(_) => redis,
    })
}
